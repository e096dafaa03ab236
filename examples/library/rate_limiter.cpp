// A burst and its rate; and a smooth rate that makes calls wait for their turn.

#include <weir/resilience.hpp>

#include "expect.hpp"

using namespace std::chrono_literals;

int main() {
  weir::manual_clock clock;
  const weir::rate_limiter api({.allow = weir::bursty{.calls = 3, .within = 1s}});
  for (int i = 0; i < 3; ++i) expect(api.try_acquire(clock.now()).has_value(), "of the burst");
  const auto fourth = api.try_acquire(clock.now());
  expect(!fourth && fourth.error().retry_after == 333333333ns, "the fourth may come in 1/3 s");

  const weir::pipeline policy(
      weir::rate_limiter({.allow = weir::smooth{.every = 500ms}, .longest_wait = 3s}));
  const auto began = clock.now();
  for (int i = 0; i < 7; ++i) {
    expect(policy.run([] { return 1; }, weir::run_options{.time = &clock}).has_value(), "in turn");
  }
  expect(clock.now() - began == 3s, "seven calls take three seconds");
  return 0;
}
