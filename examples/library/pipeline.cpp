// Policies in one stack, what it can cost, and which orders make no sense.

#include <weir/resilience.hpp>

#include "expect.hpp"

using namespace std::chrono_literals;

int main() {
  const weir::circuit_breaker author(weir::circuit_options{.name = "author"});
  const weir::pipeline policy =
      weir::fallback(0) | weir::timeout(2s) |
      weir::retry({.attempts = 3, .backoff = weir::exponential{50ms, 1s}}) |
      weir::hedge({.after = 100ms}) | author | weir::bulkhead({.calls = 32}) | weir::timeout(300ms);

  std::printf("%s", policy.describe().text().c_str());
  expect(policy.worst().attempts == 6, "six attempts at most");
  expect(policy.worst().time == 1350ms, "and 1.35 s");
  expect(policy.warnings().empty(), "an order that makes sense");
  expect(!(weir::retry() | weir::fallback(0)).warnings().empty(), "and one that does not");
  expect(policy.run([] { return 7; }).value() == 7, "a call through all of it");
  return 0;
}
