#include "systems/gists/onlooker.hpp"

#include <algorithm>
#include <cmath>

namespace weir::systems::gists {

namespace {

constexpr duration gap = std::chrono::milliseconds(50);  // between calls: 20 a second

}  // namespace

onlooker::onlooker(stage::company& at, stage::chronicle& into, std::function<bool()> interrupted)
    : company_(at),
      told_(into),
      interrupted_(std::move(interrupted)),
      began_(now()),
      next_(began_) {}

breaker_view onlooker::look(const std::string& name) {
  const time_point asked = now();
  const breaker_view made = read_view(company_.ask("gists", "/statistics").body, name);
  if (name == "context") note(made, asked);
  return made;
}

void onlooker::note(const breaker_view& seen, time_point asked) {
  if (seen.state.empty()) return;
  if (states_.empty() || states_.back().to != seen.state) {
    states_.push_back({now() - began_, seen.state});
    changed_ = {looked_, now()};
    told_.event("the context's breaker: " + seen.in_short());
  }
  looked_ = asked;
}

stage::answer onlooker::call(const std::string& target) {
  if (interrupted_()) return {};
  const duration at = now() - began_;
  const stage::answer got = company_.ask("gists", target);
  if (target == "/") {
    samples_.push_back({at, got.status == 200   ? sample::kind::admitted
                            : got.status == 503 ? sample::kind::rejected
                            : ignoring_         ? sample::kind::ignored
                                                : sample::kind::failed});
  }
  ++by_status_[got.status];
  return got;
}

stage::answer onlooker::paced_call() {
  if (next_ > now()) stage::wait(company_.loop(), next_ - now());
  next_ = std::max(next_ + gap, now() - 5 * gap);
  return call();
}

bool onlooker::stream(duration longest, const std::function<bool(const breaker_view&)>& done) {
  begin_tally();
  const time_point until = now() + longest;
  look();
  while (now() < until && !interrupted_()) {
    paced_call();
    if (done(look())) return true;
  }
  return false;
}

void onlooker::stream(duration long_enough) {
  stream(long_enough, [](const breaker_view&) { return false; });
}

std::string onlooker::tally() const {
  std::string text;
  for (const auto& [status, count] : by_status_) {
    text += (text.empty() ? "" : ", ") + std::to_string(count) + " x " + std::to_string(status);
  }
  return text;
}

bool onlooker::only(int status) const {
  return by_status_.size() == 1 && by_status_.contains(status);
}

long onlooker::share_let_through(std::size_t from, std::size_t to) const {
  if (to == from) return 0;
  const auto let_through =
      std::count_if(samples_.begin() + static_cast<std::ptrdiff_t>(from),
                    samples_.begin() + static_cast<std::ptrdiff_t>(to),
                    [](const sample& s) { return s.how != sample::kind::rejected; });
  return std::lround(100.0 * static_cast<double>(let_through) / static_cast<double>(to - from));
}

std::string onlooker::path() const {
  std::string text;
  for (const state_change& s : states_) text += (text.empty() ? "" : " > ") + s.to;
  return text;
}

}  // namespace weir::systems::gists
