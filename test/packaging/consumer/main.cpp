#include <iostream>
#include <stdexcept>
#include <string>
#include <weir/resilience.hpp>

int main() {
  weir::circuit_breaker author{{.name = "author", .trip = weir::failures_in_a_row{2}}};
  const weir::pipeline policy(weir::fallback("nobody"), author);
  const auto fetch = []() -> std::string { throw std::runtime_error("no route"); };
  for (int i = 0; i < 3; ++i) std::cout << policy.run(fetch).value() << ' ';
  std::cout << to_string(author.state()) << '\n';
}
