#pragma once

#include <cstdint>
#include <functional>

#include "systems/stage/visitor.hpp"

namespace weir::stage {

// A modest stream of visitors: so many a second, never more than so many at once, so that watching
// an outage does not become one. Counts what they get.
class load {
 public:
  struct second {
    std::uint64_t answered = 0;
    std::uint64_t failed = 0;   // no answer, or 5xx
    std::uint64_t partial = 0;  // answered, but not with everything
    std::uint64_t skipped = 0;  // not sent: too many were under way
    duration slowest{};
  };
  struct options {
    question what;
    unsigned rate = 100;
    unsigned at_once = 64;
    std::function<bool(const answer&)> is_partial;
    std::function<void(const second&)> each_second;
  };

  load(io::loop& on, visitor& by, options with);

  void start();
  void stop();
  bool running() const noexcept { return running_; }

 private:
  void tick();

  io::loop& loop_;
  visitor& visitor_;
  const options options_;
  io::timer timer_;
  bool running_ = false;
  unsigned under_way_ = 0;
  unsigned sent_this_second_ = 0;
  time_point second_began_{};
  second now_;
};

}  // namespace weir::stage
