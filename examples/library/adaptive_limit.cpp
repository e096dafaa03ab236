// A service answers in 10 ms as long as no more than 20 calls are with it. Nobody told the limit
// so.

#include <weir/resilience.hpp>

#include <vector>

#include "expect.hpp"

using namespace std::chrono_literals;

int main() {
  const weir::adaptive_limit limit({.initial = 5});
  auto now = weir::manual_clock::start;
  for (int round = 0; round < 20'000; ++round) {
    std::vector<weir::adaptive_limit::ticket> in_flight;
    while (auto leave = limit.try_acquire(now)) in_flight.push_back(*std::move(leave));
    // Twenty workers: more calls than that queue for them.
    for (std::size_t i = 0; i < in_flight.size(); ++i) {
      const auto took = 10ms * static_cast<long>(1 + i / 20);
      in_flight[i].succeed(now + took);
    }
    now += 10ms * static_cast<long>(1 + in_flight.size() / 20);
  }
  std::printf("     limit %u\n", limit.look().limit);
  expect(limit.look().limit >= 20, "it keeps all twenty busy");
  expect(limit.look().limit <= 80, "and few in their queue");
  return 0;
}
