// Calls by chance, on circuits in every state: whatever three threads do, it is as if each
// call had waited for the one before.

#include <random>

#include "unit/resilience/interleavings/circuit_world.hpp"

namespace weir::test {
namespace {

using namespace std::chrono_literals;

class chance {
 public:
  explicit chance(unsigned seed) : draw_(seed) {}

  making state() {
    const std::uint32_t permits = 1 + below(2);
    switch (below(4)) {
      case 0:
        return opened(permits);
      case 1:
        return probed(permits);
      case 2:
        return [] {
          circuit_options o = one_failure();
          o.trip = failures_in_a_row{2};
          auto w = std::make_unique<circuit_world>(o);
          w->hold(0, 0);
          return w;
        };
      default:
        return [] {
          circuit_options o = one_failure(2);
          o.trip = failures_of_last{.failures = 2, .calls = 3};
          o.half_open.successes = 1;
          auto w = std::make_unique<circuit_world>(o, "S@0");
          w->hold(0, 0);
          return w;
        };
    }
  }
  std::vector<circuit_call> calls(std::size_t slot) {
    std::vector<circuit_call> all;
    for (unsigned n = 1 + below(2); n-- > 0;) all.push_back(one(slot));
    return all;
  }

 private:
  unsigned below(unsigned n) { return static_cast<unsigned>(draw_() % n); }
  double when() {
    static constexpr double instants[] = {4, 5, 15, 20};
    return instants[below(4)];
  }
  circuit_call one(std::size_t slot) {
    const double t = when();
    const auto how = static_cast<verdict>(below(3));
    switch (below(12)) {
      case 0:
        return looks(t);
      case 1:
        return takes_a_snapshot(t);
      case 2:
        return does([t](circuit_breaker& b) { b.force_open(at(t)); });
      case 3:
        return does([t](circuit_breaker& b) { b.reset(at(t)); });
      case 4:
        return does([t](circuit_breaker& b) { b.trip(at(t)); });
      case 5:
        return does([t](circuit_breaker& b) { b.opened_elsewhere(at(t + 3), 9, at(t)); });
      case 6:
        return does([t](circuit_breaker& b) { b.failed_elsewhere(at(t)); });
      case 7:
      case 8:
        return ends(slot == 1 ? 0 : slot, how, t);
      case 9:
        return ends(slot, how, t);
      default:
        return acquire(slot, t);
    }
  }

  std::minstd_rand draw_;
};

TEST(CircuitInterleavings, AreAsOneAfterAnotherWhateverTheCallsAre) {
  std::uint64_t interleavings = 0;
  int whole = 0;
  constexpr int scripts = 150;
  for (int seed = 1; seed <= scripts; ++seed) {
    chance c(static_cast<unsigned>(seed));
    const making make = c.state();
    // A thread's calls are with its own permits, but for the one that was out before.
    const script<circuit_world> calls{c.calls(1), c.calls(2), c.calls(3)};
    const one_after_another<circuit_world, making> test(calls, &enter_thread, make);
    const report r = test.explore({.executions = 500});
    interleavings += r.interleavings;
    whole += r.complete ? 1 : 0;
    ASSERT_EQ(r.trouble, "") << "script " << seed;
  }
  std::cout << "  " << scripts << " scripts, " << whole << " of them whole, " << interleavings
            << " interleavings\n";
  EXPECT_GT(whole, scripts / 4);
}

}  // namespace
}  // namespace weir::test
