#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "support/interleavings/choices.hpp"
#include "support/interleavings/fiber.hpp"
#include "support/interleavings/memory.hpp"
#include "support/interleavings/races.hpp"

namespace interleavings {

// What a run of the machine may do, and how it may be broken to see that somebody notices.
struct rules {
  // Loads of one execution that may read an older value than the newest, as the memory model lets
  // them. None: sequential consistency.
  unsigned stale_reads = 0;
  bool locks_exclude = true;   // false: a lock lets everybody in
  bool releases_order = true;  // false: a release is as good as relaxed
};

// Runs a few virtual threads on one thread of the machine, one step (an access to an atomic or a
// lock) at a time, in an order that `choices` decides. Whoever is about to make a step stops before
// it and says what it is; so the steps that could come next are known.
class machine {
 public:
  static machine& the() {
    static machine one;
    return one;
  }

  // Called whenever another virtual thread runs: 0 is the one outside, 1… those of run().
  using listener = void (*)(unsigned thread);

  void begin(const rules& how, listener entered) {
    rules_ = how;
    entered_ = entered;
    memory_.clear();
    races_.clear();
    trouble_.clear();
    trace_.clear();
    stale_ = 0;
    redundant_ = false;
    asleep_ = 0;
    ways_.rewind();
    enter(outside);
  }
  // To their ends, unless they block each other.
  void run(const std::vector<std::function<void()>>& bodies) {
    while (threads_.size() < bodies.size()) threads_.emplace_back(*this);
    count_ = static_cast<unsigned>(bodies.size());
    const view known = memory_.newest();
    for (unsigned i = 0; i < count_; ++i) {
      runner& t = threads_[i];
      t.body = &bodies[i];
      t.done = false;
      t.knows = known;
      t.first_step = t.last_step = 0;
      // Up to the first step: until there it touches nothing that others see.
      starting_ = running_ = true;
      go_to(i);
    }
    starting_ = false;
    if (const unsigned first = choose(0); first != outside) go_to(first);
    running_ = false;
    for (unsigned i = 0; i < count_; ++i) {
      if (threads_[i].done) continue;
      stuck_.push_back(std::move(threads_));
      threads_.clear();
      break;
    }
  }

  choices& ways() noexcept { return ways_; }
  bool redundant() const noexcept { return redundant_; }
  const std::string& trouble() const noexcept { return trouble_; }
  void report(const std::string& what) {
    if (trouble_.empty()) trouble_ = what + "\n  " + story();
  }
  std::uint64_t steps() const noexcept { return trace_.size(); }
  // Of those that were made since begin(): who is left over is a leak.
  std::size_t living_locks() const noexcept { return memory_.living_locks(); }
  void pretend(unsigned thread) { enter(thread); }

  // For the virtual thread that runs: from now on its steps belong to another call…
  void mark() noexcept { threads_[self_].first_step = 0; }
  // …whose first and last step these were, counted from one.
  std::pair<std::uint64_t, std::uint64_t> marked() const noexcept {
    return {threads_[self_].first_step, threads_[self_].last_step};
  }

  // --- For the stand-ins of std::atomic and std::mutex.
  void create(const void* at, std::uint64_t bits) { memory_.create(at, bits); }
  void create_lock(const void* at) { memory_.create(at, 0, true); }
  void destroy(const void* at) noexcept { memory_.destroy(at); }

  std::uint64_t load(const void* at, std::memory_order order) {
    memory::location& l = arrive(at, access::load);
    const auto newest = static_cast<std::uint32_t>(l.stores.size() - 1);
    if (!running_) return l.stores[newest].bits;
    view& mine = threads_[self_].knows;
    const std::uint32_t oldest = mine.of(l.number);
    std::uint32_t read = newest;
    if (stale_ < rules_.stale_reads && oldest < newest && !redundant_ &&
        order != std::memory_order_seq_cst) {
      read = newest - ways_.value(newest - oldest + 1);
      if (read != newest) ++stale_;
    }
    know(l, read, order);
    return l.stores[read].bits;
  }
  void store(const void* at, std::uint64_t bits, std::memory_order order) {
    put(arrive(at, access::change), bits, order, nullptr);
  }
  // f(bits) says what takes its place, and whether it does.
  template <class F>
  std::uint64_t update(const void* at, std::memory_order order, const F& f) {
    memory::location& l = arrive(at, access::change);
    const memory::store before = l.stores.back();
    if (running_) know(l, static_cast<std::uint32_t>(l.stores.size() - 1), order);
    std::uint64_t next = before.bits;
    if (f(next)) put(l, next, order, &before.released);
    return before.bits;
  }
  void lock(const void* at) {
    if (!rules_.locks_exclude) return;
    memory::location& l = arrive(at, access::lock);
    l.locked = true;
    if (running_) threads_[self_].knows.join(l.released);
  }
  void unlock(const void* at) {
    if (!rules_.locks_exclude) return;
    memory::location& l = arrive(at, access::unlock);
    l.locked = false;
    if (running_ && rules_.stale_reads != 0) l.released = threads_[self_].knows;
  }

 private:
  static constexpr unsigned outside = ~0U;
  static constexpr std::size_t most_steps = 20'000;

  struct step {
    const void* at;
    access how;
  };
  struct runner {
    explicit runner(machine& m) : owner(&m), stack(&runner::live, this) {}
    static void live(void* self) {
      auto& t = *static_cast<runner*>(self);
      for (;;) {
        try {
          (*t.body)();
        } catch (...) {
          t.owner->report("a virtual thread threw");
        }
        t.owner->ended();
      }
    }

    machine* owner;
    fiber stack;
    const std::function<void()>* body = nullptr;
    bool done = true;
    step next{};
    view knows;
    std::uint64_t first_step = 0;
    std::uint64_t last_step = 0;
  };
  struct made {
    unsigned thread;
    access how;
    std::uint32_t location;
    std::size_t point;
  };

  // Waits for the turn of this thread's next step.
  memory::location& arrive(const void* at, access how) {
    if (running_) {
      threads_[self_].next = {at, how};
      if (starting_) {
        go_to(outside);
      } else if (const unsigned next = choose(self_); next != self_) {
        go_to(next);
      }
      memory::location& l = memory_.at(at);
      trace_.push_back({self_, how, l.number, point_});
      if (!redundant_) {
        // What comes of steps that are only made again was seen the first time.
        const bool again = ways_.replaying();
        races_.add(self_, how, l.number, [&](std::uint32_t other, thread_set first) {
          if (!again) ways_.also(trace_[other - 1].point, first);
        });
      }
      runner& t = threads_[self_];
      if (t.first_step == 0) t.first_step = trace_.size();
      t.last_step = trace_.size();
      if (l.dead) report("an atomic or a lock is used after its end");
      return l;
    }
    memory::location& l = memory_.at(at);
    if (l.dead) report("an atomic or a lock is used after its end");
    return l;
  }

  void ended() {
    threads_[self_].done = true;
    go_to(starting_ ? outside : choose(self_));
  }

  bool able(unsigned i) {
    const runner& t = threads_[i];
    return !t.done && (t.next.how != access::lock || !memory_.at(t.next.at).locked);
  }
  static bool independent(const step& a, const step& b) noexcept {
    return a.at != b.at || (a.how == access::load && b.how == access::load);
  }

  // Whose step comes next.
  unsigned choose(unsigned preferred) {
    thread_set ready = 0;
    bool all_done = true;
    for (unsigned i = 0; i < count_; ++i) {
      if (able(i)) ready |= choices::bit(i);
      all_done = all_done && threads_[i].done;
    }
    if (all_done) return outside;
    if (ready == 0 || trace_.size() > most_steps) {
      report(ready == 0 ? "the threads wait for each other" : "it does not come to an end");
      return outside;
    }
    if (!redundant_ && !ways_.replaying() && (ready & ~asleep_) == 0) redundant_ = true;
    // An order that was tried already, but for independent steps, is led to its end somehow.
    if (redundant_) return choices::lowest(ready);
    const choices::turn t = ways_.thread(ready, asleep_, preferred);
    point_ = t.point;
    asleep_ = 0;
    for (unsigned i = 0; i < count_; ++i) {
      if ((t.asleep >> i & 1U) != 0 && i != t.thread &&
          independent(threads_[i].next, threads_[t.thread].next)) {
        asleep_ |= choices::bit(i);
      }
    }
    return t.thread;
  }

  void know(const memory::location& l, std::uint32_t read, std::memory_order order) {
    if (rules_.stale_reads == 0) return;
    view& mine = threads_[self_].knows;
    mine.raise(l.number, read);
    if (acquires(order)) mine.join(l.stores[read].released);
  }
  // `kept`: an update goes on with what the store before it released.
  void put(memory::location& l, std::uint64_t bits, std::memory_order order, const view* kept) {
    if (!running_ || rules_.stale_reads == 0) {
      l.stores.assign(1, {bits, {}});
      return;
    }
    view released;
    if (kept) released = *kept;
    const auto number = static_cast<std::uint32_t>(l.stores.size());
    view& mine = threads_[self_].knows;
    mine.raise(l.number, number);
    if (rules_.releases_order && releases(order)) released.join(mine);
    l.stores.push_back({bits, std::move(released)});
  }

  void enter(unsigned thread) {
    self_ = thread;
    if (entered_) entered_(thread == outside ? 0 : thread + 1);
  }
  void go_to(unsigned thread) {
    fiber& from = self_ == outside ? home_ : threads_[self_].stack;
    enter(thread);
    from.switch_to(thread == outside ? home_ : threads_[thread].stack);
  }

  std::string story() const {
    static constexpr const char* words[] = {"load", "change", "lock", "unlock"};
    std::string s;
    unsigned last = outside;
    for (const made& m : trace_) {
      if (m.thread != last) s += (s.empty() ? "T" : "; T") + std::to_string(m.thread + 1) + ":";
      last = m.thread;
      s += std::string(" ") + words[static_cast<int>(m.how)] + "#" + std::to_string(m.location);
    }
    return s;
  }

  rules rules_;
  listener entered_ = nullptr;
  memory memory_;
  choices ways_;
  races races_;
  std::size_t point_ = 0;  // where it was decided whose step is made
  fiber home_;
  std::deque<runner> threads_;
  std::vector<std::deque<runner>> stuck_;  // they stopped in the middle and cannot be used again
  unsigned count_ = 0;
  unsigned self_ = outside;
  bool running_ = false;
  bool starting_ = false;
  bool redundant_ = false;
  unsigned stale_ = 0;
  thread_set asleep_ = 0;
  std::string trouble_;
  std::vector<made> trace_;
};

}  // namespace interleavings
