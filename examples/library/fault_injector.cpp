// A rehearsal: every fourth call fails, and retries hide it from nearly everyone.

#include <weir/resilience.hpp>

#include "expect.hpp"

using namespace std::chrono_literals;

int main() {
  weir::manual_clock clock;
  const weir::fault_injector rehearsal({.errors = 0.25});
  const weir::pipeline policy(weir::retry({.attempts = 4, .backoff = 10ms}), rehearsal);
  int seen = 0;
  for (int i = 0; i < 1000; ++i) {
    if (!policy.run([] { return 1; }, weir::run_options{.time = &clock})) ++seen;
  }
  std::printf("     %llu faults, %d seen\n",
              static_cast<unsigned long long>(rehearsal.look().failed), seen);
  expect(rehearsal.look().failed > 200, "faults there were");
  expect(seen < 20, "and few came through");
  rehearsal.set({});
  expect(policy.run([] { return 1; }).has_value(), "off, it does nothing");
  return 0;
}
