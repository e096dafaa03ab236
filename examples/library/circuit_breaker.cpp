// A breaker opens after three failures, rejects for five seconds, and closes after a good probe.

#include <weir/resilience.hpp>

#include "expect.hpp"

using namespace std::chrono_literals;

int main() {
  weir::manual_clock clock;
  const weir::circuit_breaker author(weir::circuit_options{
      .name = "author",
      .trip = {weir::failures_in_a_row{3},
               weir::failure_ratio{.ratio = 0.2, .within = 20s, .min_calls = 10}},
      .open_for = 5s,
      .half_open = {.permits = 1},
      .time = &clock});
  author.listen(weir::circuit_event_kind::transition, [](const weir::circuit_event& e) {
    std::printf("     %s -> %s (%s)\n", to_string(e.from).data(), to_string(e.to).data(),
                to_string(e.why).data());
  });

  const auto call = [&](bool works) {
    if (auto permit = author.try_acquire()) {
      works ? permit->succeed() : permit->fail("connection refused");
      return true;
    }
    return false;
  };

  for (int i = 0; i < 3; ++i) call(false);
  expect(author.state() == weir::circuit_mode::open, "three failures open it");
  expect(!call(true), "open, it rejects");
  expect(author.try_acquire().error().retry_after == 5s, "and says for how long");
  clock.advance(5s);
  expect(author.state() == weir::circuit_mode::half_open, "then it lets a probe through");
  expect(call(true), "which works");
  expect(author.state() == weir::circuit_mode::closed, "so that it closes");
  return 0;
}
