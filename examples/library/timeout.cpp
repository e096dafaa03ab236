// A limit for each try and one for all of them. On threads a time-out is kept to by the call
// itself.

#include <weir/resilience.hpp>

#include "expect.hpp"

using namespace std::chrono_literals;

int main() {
  weir::manual_clock clock;
  const auto began = clock.now();
  const weir::pipeline policy =
      weir::timeout(250ms) |
      weir::retry({.attempts = 3, .backoff = weir::constant{.delay = 20ms}}) | weir::timeout(100ms);

  // As a socket would: waits until its deadline, and then says that time ran out.
  const auto hangs = [&](weir::context& c) -> weir::result<int> {
    clock.set(c.deadline().when());
    return weir::failure(make_error_code(std::errc::timed_out));
  };
  const auto answer = policy.run(hangs, weir::run_options{.time = &clock});
  expect(!answer && answer.error() == weir::condition::timeout, "the time runs out");
  expect(clock.now() - began == 250ms, "after 250 ms, not after three tries");
  std::printf("%s", policy.describe().text().c_str());
  return 0;
}
