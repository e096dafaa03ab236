// A service can serve every fourth call. The callers stop sending most of what would fail.

#include <weir/resilience.hpp>

#include "expect.hpp"

using namespace std::chrono_literals;

int main() {
  const weir::throttler throttle({.factor = 2.0, .within = 10s});
  weir::seeded_random chance(1);
  auto now = weir::manual_clock::start;
  int wanted = 0, sent = 0, served = 0;
  for (int i = 0; i < 100'000; ++i) {
    now += 1ms;
    ++wanted;
    if (!throttle.try_acquire(now, chance)) continue;
    const bool ok = wanted % 4 == 0;
    ++sent;
    served += ok ? 1 : 0;
    throttle.record(ok ? weir::verdict::ok : weir::verdict::failure, now);
  }
  std::printf("     wanted %d, sent %d, served %d\n", wanted, sent, served);
  expect(sent < wanted * 3 / 4, "much of the load is not sent");
  expect(served > 0, "but some is, to see whether it is better");
  return 0;
}
