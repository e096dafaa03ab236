// Two calls at a time; a third is turned away at once, or waits where there is a queue.

#include <weir/resilience.hpp>

#include "expect.hpp"

using namespace std::chrono_literals;

int main() {
  const weir::bulkhead reports({.name = "reports", .calls = 2});
  auto one = reports.try_acquire();
  auto two = reports.try_acquire();
  expect(one && two, "two are let in");
  expect(!reports.try_acquire(), "the third is not");
  one->release();
  expect(reports.try_acquire().has_value(), "but when one is over it is");

  weir::manual_clock clock;
  const weir::bulkhead patient({.calls = 1, .queue = 10, .longest_wait = 300ms});
  const weir::pipeline policy(patient);
  const auto held = patient.try_acquire();
  const auto answer = policy.run([] { return 1; }, weir::run_options{.time = &clock});
  expect(!answer && answer.error() == weir::condition::rejected,
         "300 ms in the queue, then rejected");
  expect(patient.look().waiting == 0, "and out of the queue");
  return 0;
}
