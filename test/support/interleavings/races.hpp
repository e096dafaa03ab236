#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <vector>

namespace interleavings {

inline constexpr unsigned most_threads = 4;

enum class access : std::uint8_t { load, change, lock, unlock };

// Which steps of an execution could have come in the other order: two of different threads on one
// location, not both loads, with nothing between them that puts one before the other. Steps are
// numbered from one, and told in their order.
class races {
 public:
  void clear() noexcept {
    places_.clear();
    threads_ = {};
    steps_.assign(1, {});
  }

  // Takes in the next step. found(step, threads) is told of each one before it that it races with,
  // and of whom one would have to go first there for them to come in the other order.
  template <class F>
  void add(unsigned thread, access how, std::uint32_t location, const F& found) {
    const auto number = static_cast<std::uint32_t>(steps_.size());
    if (places_.size() <= location) places_.resize(location + 1);
    place& at = places_[location];
    order& mine = threads_[thread];
    std::array<std::uint32_t, most_threads + 1> met{};
    std::size_t count = 0;
    const auto meet = [&](std::uint32_t other, unsigned of) {
      if (of != thread && other > mine[of]) met[count++] = other;
    };
    if (how == access::lock) {
      // Not with the unlock before it: while that is to come, this cannot.
      meet(at.lock, at.locker);
    } else if (how != access::unlock) {
      meet(at.change, at.changer);
      if (how == access::change) {
        for (unsigned t = 0; t < most_threads; ++t) meet(at.loads[t], t);
      }
    }
    join(mine, at.changed);
    if (how != access::load) join(mine, at.loaded);
    mine[thread] = number;
    if (how == access::load) {
      at.loads[thread] = number;
      join(at.loaded, mine);
    } else {
      at.changed = mine;
      at.change = number;
      at.changer = thread;
      if (how == access::lock) {
        at.lock = number;
        at.locker = thread;
      }
    }
    steps_.push_back({thread, mine});
    for (std::size_t i = 0; i < count; ++i) found(met[i], first_to_go(met[i]));
  }

 private:
  // The last step of each thread that is surely before.
  using order = std::array<std::uint32_t, most_threads>;
  struct place {
    order changed{};
    order loaded{};
    std::uint32_t change = 0;
    unsigned changer = 0;
    std::uint32_t lock = 0;
    unsigned locker = 0;
    order loads{};
  };
  struct made {
    unsigned thread;
    order before;  // with itself
  };

  // Of the steps after that one which do not depend on it, and the newest: the threads whose first
  // step depends on none of the others.
  std::uint32_t first_to_go(std::uint32_t from) const {
    const unsigned left = steps_[from].thread;
    order first{};
    std::uint32_t threads = 0;
    const auto newest = static_cast<std::uint32_t>(steps_.size() - 1);
    for (std::uint32_t i = from + 1; i <= newest; ++i) {
      const made& m = steps_[i];
      if (first[m.thread] != 0 || (i != newest && m.before[left] >= from)) continue;
      first[m.thread] = i;
      bool alone = true;
      for (unsigned t = 0; t < most_threads; ++t) {
        if (t != m.thread && first[t] != 0 && m.before[t] >= first[t]) alone = false;
      }
      if (alone) threads |= std::uint32_t{1} << m.thread;
    }
    return threads;
  }
  static void join(order& to, const order& from) noexcept {
    for (unsigned t = 0; t < most_threads; ++t) to[t] = std::max(to[t], from[t]);
  }

  std::vector<place> places_;
  std::vector<made> steps_;
  std::array<order, most_threads> threads_{};
};

}  // namespace interleavings
