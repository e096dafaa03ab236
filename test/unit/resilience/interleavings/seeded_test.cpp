// Each bug that was sown in the circuit breaker's sources (seeded.cmake) is found.

#define WEIR_EXPLORED_AS weir_with_bugs

#include "unit/resilience/interleavings/circuit_world.hpp"

namespace weir {
namespace {

enum class seeded : std::uint8_t { none, old_verdicts, late_word, two_tell, forgotten_slot };
seeded bug = seeded::none;

}  // namespace
}  // namespace weir

#include "../../../../src/base/clock.cpp"
#include "../../../../src/base/manual_clock.cpp"
#include "../../../../src/base/random.cpp"
#include "../../../../src/base/thread_index.cpp"
#include "../../../../src/resilience/circuit_breaker/circuit.cpp"
#include "../../../../src/resilience/circuit_breaker/circuit_breaker.cpp"
#include "../../../../src/resilience/circuit_breaker/circuit_news.cpp"
#include "../../../../src/resilience/circuit_breaker/circuit_sharing.cpp"
#include "../../../../src/resilience/circuit_breaker/circuit_steering.cpp"
#include "../../../../src/resilience/circuit_breaker/options.cpp"
#include "../../../../src/resilience/circuit_breaker/shard_memory.cpp"
#include "../../../../src/resilience/circuit_breaker/trip.cpp"
#include "../../../../src/resilience/outcome.cpp"
#include "../../../../src/resilience/problems.cpp"
#include "../../../../src/resilience/window.cpp"
#include "seeded/circuit_call.cpp"
#include "seeded/event_hub.cpp"
#include "seeded/state.cpp"
#include "seeded/state_probes.cpp"

namespace weir::test {
namespace {

using namespace std::chrono_literals;

// What the proofs say with that bug and without any.
void expect_found(seeded which, const making& make, const script<circuit_world>& calls,
                  const std::function<std::string(circuit_world&)>& wrong = nullptr) {
  struct checked {
    std::unique_ptr<circuit_world> w;
    const script<circuit_world>& calls;
    const std::function<std::string(circuit_world&)>& wrong;
    std::vector<std::function<void()>> threads() {
      std::vector<std::function<void()>> all;
      for (const auto& of_thread : calls) {
        all.emplace_back([this, &of_thread] {
          for (const auto& c : of_thread) c(*w);
        });
      }
      return all;
    }
    std::string verdict() { return wrong(*w); }
  };
  const auto proof = [&] {
    if (!wrong) return linearizable(make, calls);
    return explore({}, &enter_thread,
                   [&] { return std::unique_ptr<checked>(new checked{make(), calls, wrong}); });
  };
  bug = seeded::none;
  EXPECT_TRUE(proof().good());
  bug = which;
  EXPECT_NE(proof().trouble, "");
  bug = seeded::none;
}

TEST(SeededBugs, AVerdictOfAnEarlierGenerationThatCountsIsFound) {
  const auto make = [] {
    auto w = std::make_unique<circuit_world>(one_failure());
    w->hold(0, 0).then("F@0");
    w->hold(1, 5);
    return w;
  };
  expect_found(seeded::old_verdicts, make, {{succeeds(0, 5)}, {looks(5)}}, [](circuit_world& w) {
    return w.breaker.state(at(5)) == circuit_mode::half_open ? "" : w.look(5);
  });
}

TEST(SeededBugs, AWordThatIsPublishedOutsideTheLockIsFound) {
  const auto force = does([](circuit_breaker& b) { b.force_open(at(5)); });
  expect_found(seeded::late_word, opened(), {{acquire(0, 5)}, {force}});
}

TEST(SeededBugs, EventsToldByTwoAtOnceAreFound) {
  const auto make = [] {
    auto w = opened()();
    w->listens_slowly = true;
    return w;
  };
  const auto reset = does([](circuit_breaker& b) { b.reset(at(5)); });
  expect_found(seeded::two_tell, make, {{acquire(0, 5)}, {reset}});
}

TEST(SeededBugs, ASlotThatIsNeverFreedIsFound) {
  const auto probed_twice = [](circuit_world& w) {
    return w.breaker.try_acquire(at(5)) ? "" : "no slot, and nobody in it";
  };
  expect_found(seeded::forgotten_slot, probed(), {{goes_away(0, 5)}, {looks(5)}}, probed_twice);
}

}  // namespace
}  // namespace weir::test
