// Fresh for five seconds; for a minute more, better than an error. And one call for many equal
// ones.

#include <weir/resilience.hpp>

#include <string>

#include "expect.hpp"

using namespace std::chrono_literals;

int main() {
  weir::manual_clock clock;
  const weir::cache<std::string, int> prices({.fresh_for = 5s, .stale_if_error = 60s});
  const weir::pipeline policy(weir::timeout(1s));
  bool down = false;
  int asked = 0;

  const auto price = [&](const std::string& of) -> weir::result<int> {
    const auto known = prices.get(of, clock.now());
    if (known.fresh()) return *known.value;
    const auto answer = policy.run([&]() -> weir::result<int> {
      ++asked;
      if (down) return weir::failure(make_error_code(std::errc::connection_refused));
      return 100 + asked;
    });
    if (answer) {
      prices.put(of, *answer, clock.now());
      return *answer;
    }
    if (known.stale()) return *known.value;
    return weir::failure(answer.error().code());
  };

  expect(price("tea").value() == 101 && price("tea").value() == 101, "asked once");
  clock.advance(5s);
  expect(price("tea").value() == 102, "asked again when it was old");
  down = true;
  clock.advance(30s);
  expect(price("tea").value() == 102, "stale, while the service is down");
  clock.advance(60s);
  expect(!price("tea"), "but not for ever");

  using flights = weir::coalescer<std::string, int>;
  const flights in_flight;
  flights::member first(in_flight, "tea"), second(in_flight, "tea");
  expect(first.leads() && !second.leads(), "the first of two equal calls is made");
  first.finish(std::make_shared<const int>(103));
  expect(*second.value() == 103, "and both have its answer");
  return 0;
}
