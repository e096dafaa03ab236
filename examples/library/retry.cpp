// Three tries with growing pauses; the second works. A retry never starts after the deadline.

#include <weir/resilience.hpp>

#include "expect.hpp"

using namespace std::chrono_literals;

int main() {
  weir::manual_clock clock;
  const auto began = clock.now();
  const weir::retry_budget budget({.ratio = 0.2, .floor = 1.0});
  const weir::pipeline policy(weir::retry({
      .attempts = 3,
      .backoff = weir::exponential{.first = 50ms, .longest = 1s, .spread = weir::jitter::none},
      .budget = budget,
  }));

  int tries = 0;
  const auto flaky = [&]() -> weir::result<int> {
    if (++tries == 1) return weir::failure(make_error_code(std::errc::connection_reset));
    return 42;
  };
  const auto answer = policy.run(flaky, weir::run_options{.time = &clock});
  expect(answer && *answer == 42, "the second try brings the answer");
  expect(tries == 2 && clock.now() - began == 50ms, "after a pause of 50 ms");
  expect(budget.look(clock.now()).retries == 1, "which the budget counts");

  tries = 0;
  const auto once = policy.run(flaky, weir::run_options{.retryable = false, .time = &clock});
  expect(!once && tries == 1, "what may not be sent twice is sent once");
  return 0;
}
