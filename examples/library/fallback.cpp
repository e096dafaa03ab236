// Something better than an error: a value, a function, or one after the other.

#include <weir/resilience.hpp>

#include <string>

#include "expect.hpp"

using namespace std::chrono_literals;

int main() {
  const weir::circuit_breaker partner(weir::circuit_options{
      .name = "partner", .trip = weir::failures_in_a_row{1}, .open_for = 15s});
  const weir::pipeline policy(weir::fallback(std::string("cold offer")), partner);

  const auto down = []() -> weir::result<std::string> {
    return weir::failure(make_error_code(std::errc::connection_refused));
  };
  expect(policy.run(down).value() == "cold offer", "a failure is answered by the fallback");
  expect(partner.state() == weir::circuit_mode::open, "though the breaker inside has seen it");
  expect(policy.run(down).value() == "cold offer", "a rejection is answered by it too");
  return 0;
}
