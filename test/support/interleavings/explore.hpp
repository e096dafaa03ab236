#pragma once

#include <algorithm>
#include <cstdint>
#include <functional>
#include <iostream>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "support/interleavings/machine.hpp"

namespace interleavings {

struct limits {
  rules how = {};
  bool all_orders = false;               // also those that are like another one
  std::uint64_t executions = 3'000'000;  // then it gives up, and says so
};

struct report {
  std::uint64_t interleavings = 0;  // no two alike but for steps that do not touch each other
  std::uint64_t redundant = 0;      // turned out to be like another one
  std::uint64_t steps = 0;
  bool complete = true;
  std::string trouble;  // of the first interleaving that went wrong

  bool good() const noexcept { return complete && trouble.empty(); }
};

inline std::ostream& operator<<(std::ostream& out, const report& r) {
  out << r.interleavings << " interleavings, " << r.redundant << " more like one of them, "
      << r.steps << " steps";
  if (!r.complete) out << "; not all of them";
  if (!r.trouble.empty()) out << "\n" << r.trouble;
  return out;
}

// Runs one program in every order of its threads' steps. `make` makes a world: what the threads
// share, with
//
//   threads()   → std::vector<std::function<void()>>
//   verdict()   → std::string: what is wrong at the end; empty: nothing
//
// It is made anew for each order, so it must do the same each time.
template <class Make>
report explore(const limits& l, machine::listener entered, const Make& make) {
  machine& m = machine::the();
  report r;
  m.ways().start_over(l.all_orders);
  do {
    if (r.interleavings + r.redundant == l.executions) {
      r.complete = false;
      break;
    }
    m.begin(l.how, entered);
    {
      auto world = make();
      m.run(world->threads());
      r.steps += m.steps();
      // Also when it is like another one: it happened.
      if (m.trouble().empty()) {
        if (const std::string wrong = world->verdict(); !wrong.empty()) m.report(wrong);
      }
    }
    ++(m.redundant() ? r.redundant : r.interleavings);
  } while (m.trouble().empty() && m.ways().next());
  r.trouble = m.trouble();
  return r;
}

// One call of a thread: it says what came of it.
template <class World>
using call = std::function<std::string(World&)>;

// The calls of each thread, in their order.
template <class World>
using script = std::vector<std::vector<call<World>>>;

// Says whether what came of calls that overlap could have come of the same calls one after another:
// linearizability (Herlihy and Wing 1990). So the code that runs alone is the specification of the
// code that runs with others. A World has observe(), what is to be seen when all calls are over.
template <class World, class Make>
class one_after_another {
 public:
  one_after_another(script<World> s, machine::listener entered, Make make)
      : script_(std::move(s)), entered_(entered), make_(std::move(make)) {
    order none;
    try_orders(none);
  }

  // `overtaking`: a call may have its effect after later calls of other threads, as if nobody had a
  // watch. That is all that loads of old values allow.
  report explore(const limits& l, bool overtaking = false) const {
    return interleavings::explore(l, entered_,
                                  [&] { return std::make_unique<attempt>(*this, overtaking); });
  }

 private:
  using order = std::vector<unsigned>;  // of threads
  using span = std::pair<std::uint64_t, std::uint64_t>;

  struct attempt {
    attempt(const one_after_another& o, bool may_overtake)
        : of(o), overtaking(may_overtake), world(o.make_()) {
      results.resize(o.script_.size());
      spans.resize(o.script_.size());
    }
    std::vector<std::function<void()>> threads() {
      std::vector<std::function<void()>> bodies;
      for (unsigned t = 0; t < of.script_.size(); ++t) {
        bodies.emplace_back([this, t] {
          for (const call<World>& c : of.script_[t]) {
            machine::the().mark();
            results[t].push_back(c(*world));
            spans[t].push_back(machine::the().marked());
          }
        });
      }
      return bodies;
    }
    std::string verdict() {
      const std::string seen = told(results, world->observe());
      const auto same = of.known_.find(seen);
      if (same == of.known_.end()) return "no order of the calls gives: " + seen;
      if (overtaking) return {};
      for (const order& o : same->second) {
        if (fits(o)) return {};
      }
      return "only in an order that the calls did not have: " + seen;
    }
    bool fits(const order& o) const {
      std::vector<std::size_t> next(spans.size(), 0);
      std::uint64_t latest_start = 0;
      for (const unsigned t : o) {
        const span s = spans[t][next[t]++];
        if (s.second < latest_start) return false;
        latest_start = std::max(latest_start, s.first);
      }
      return true;
    }

    const one_after_another& of;
    const bool overtaking;
    std::unique_ptr<World> world;
    std::vector<std::vector<std::string>> results;
    std::vector<std::vector<span>> spans;
  };

  static std::string told(const std::vector<std::vector<std::string>>& results,
                          const std::string& seen) {
    std::string s;
    for (std::size_t t = 0; t < results.size(); ++t) {
      s += "T" + std::to_string(t + 1) + ":";
      for (const std::string& r : results[t]) s += " " + r;
      s += "; ";
    }
    return s + seen;
  }

  void try_orders(order& o) {
    bool whole = true;
    for (unsigned t = 0; t < script_.size(); ++t) {
      if (static_cast<std::size_t>(std::count(o.begin(), o.end(), t)) == script_[t].size())
        continue;
      whole = false;
      o.push_back(t);
      try_orders(o);
      o.pop_back();
    }
    if (!whole) return;
    machine& m = machine::the();
    m.begin({}, entered_);
    const std::unique_ptr<World> world = make_();
    std::vector<std::vector<std::string>> results(script_.size());
    for (const unsigned t : o) {
      m.pretend(t);
      results[t].push_back(script_[t][results[t].size()](*world));
    }
    m.pretend(~0U);
    known_[told(results, world->observe())].push_back(o);
  }

  const script<World> script_;
  const machine::listener entered_;
  const Make make_;
  std::map<std::string, std::vector<order>> known_;
};

}  // namespace interleavings
