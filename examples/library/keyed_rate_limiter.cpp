// So many calls for each user, whoever else calls.

#include <weir/resilience.hpp>

#include "expect.hpp"

using namespace std::chrono_literals;

int main() {
  weir::manual_clock clock;
  const weir::keyed_rate_limiter each_user({.allow = weir::bursty{.calls = 2, .within = 1s}});
  const auto may = [&](const char* user) {
    return each_user.try_acquire(user, clock.now()).has_value();
  };
  expect(may("ann") && may("ann"), "her burst");
  expect(!may("ann"), "and no more");
  expect(may("bob"), "he has his own");

  const auto ann = each_user.ask("ann", clock.now());
  expect(!ann.admitted && ann.retry_after == 500ms, "what to tell her");
  clock.advance(500ms);
  expect(may("ann"), "then she may");
  expect(each_user.look().keys == 2, "and both are remembered");
  return 0;
}
