#include "systems/stage/witness.hpp"

namespace weir::stage {

namespace {

constexpr auto glance = std::chrono::milliseconds(20);
constexpr auto longest_log = std::chrono::seconds(2);

}  // namespace

witness::witness(company& of, std::string circuit, std::function<bool()> interrupted)
    : company_(of),
      circuit_(std::move(circuit)),
      interrupted_(std::move(interrupted)),
      circuits_(of.loop(), of.visitor(), of.admin_port("gateway"), glance) {
  circuits_.start();
}

circuit_view witness::seen() {
  return circuits_.ask_now()[circuit_];
}

bool witness::wait_for_state(const std::string& wanted, duration longest) {
  const time_point until = now() + longest;
  while (state() != wanted) {
    if (now() >= until || interrupted_()) return false;
    wait(company_.loop(), glance);
  }
  return true;
}

bool witness::wait_for_log(const std::function<bool()>& told) {
  return wait_until(company_.loop(), longest_log, [&] { return interrupted_() || told(); }) &&
         !interrupted_();
}

void witness::mark() {
  calls_before_ = company_.log().attempts_to(circuit_);
  failures_before_ = company_.log().failures_of(circuit_);
}

std::size_t witness::calls() const {
  return company_.log().attempts_to(circuit_) - calls_before_;
}

std::size_t witness::failures() const {
  return company_.log().failures_of(circuit_) - failures_before_;
}

}  // namespace weir::stage
