#pragma once

#include <mutex>

#include "weir/base/delegate.hpp"
#include "weir/base/intrusive_list.hpp"
#include "weir/io/loop.hpp"

namespace weir::io {

// How one loop's work is woken by other threads, though it may be gone before the word is heard: a
// sleeper that is destroyed in between is simply not called. Outlives its sleepers and whatever was
// posted to the loop.
class wake_queue {
 public:
  explicit wake_queue(loop& on) noexcept : loop_(on) {}
  wake_queue(const wake_queue&) = delete;
  wake_queue& operator=(const wake_queue&) = delete;

  // Made, told and destroyed on the loop's thread.
  class sleeper : private list_hook<> {
   public:
    sleeper(wake_queue& in, delegate<void()> woken) noexcept : in_(in), woken_(woken) {}
    ~sleeper();
    sleeper(const sleeper&) = delete;
    sleeper& operator=(const sleeper&) = delete;

    // Any thread, as often as it likes; `woken` is called once for all calls before it. May be
    // called under a lock that the loop's thread takes, too. Never at the same time as the
    // destructor.
    void wake();

   private:
    friend class wake_queue;
    friend class intrusive_list<sleeper>;
    wake_queue& in_;
    delegate<void()> woken_;
  };

 private:
  void tell();

  loop& loop_;
  std::mutex mutex_;
  intrusive_list<sleeper> woken_;
  bool posted_ = false;
};

}  // namespace weir::io
