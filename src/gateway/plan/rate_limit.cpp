#include "weir/gateway/plan/rate_limit.hpp"

#include <chrono>

#include "weir/base/duration_text.hpp"

namespace weir::gateway {
namespace {

std::string text_of(const rate_limit_options& o) {
  const auto& b = std::get<bursty>(o.allow.allow);
  std::string out = std::to_string(b.calls) + " in " + format_duration(b.within);
  if (b.burst != 0 && b.burst != b.calls) out += ", " + std::to_string(b.burst) + " at once";
  switch (o.by) {
    case counted_by::everyone:
      break;
    case counted_by::client:
      out += ", for each client";
      break;
    case counted_by::header:
      out += ", for each value of the header " + o.header;
      break;
  }
  if (o.allow.longest_wait > duration::zero()) {
    out += ", may wait " + format_duration(o.allow.longest_wait);
  }
  if (o.shared) out += ", shared";
  return out;
}

// The window is told in whole seconds, so a rate within less is told for a second.
std::string policy_of(const rate_limit_options& o) {
  const auto& b = std::get<bursty>(o.allow.allow);
  const auto seconds = std::chrono::ceil<std::chrono::seconds>(b.within);
  const double times = std::chrono::duration<double>(seconds) / b.within;
  const auto quota = static_cast<std::uint64_t>(b.calls * times);
  const std::string name = '"' + std::string(to_string(o.by)) + '"';
  return "RateLimit-Policy: " + name + ";q=" + std::to_string(quota) +
         ";w=" + std::to_string(seconds.count()) + "\r\nRateLimit: " + name + ";r=";
}

}  // namespace

std::string_view to_string(counted_by by) noexcept {
  switch (by) {
    case counted_by::everyone:
      return "everyone";
    case counted_by::client:
      return "client";
    case counted_by::header:
      break;
  }
  return "header";
}

rate_limit::rate_limit(rate_limit_options options)
    : options_(std::move(options)), text_(text_of(options_)), policy_lines_(policy_of(options_)) {
  if (options_.by == counted_by::everyone) {
    all_.emplace(options_.allow);
  } else {
    each_.emplace(
        keyed_rate_limiter_options{.name = options_.allow.name, .allow = options_.allow.allow});
  }
}

keyed_rate_limiter::standing rate_limit::ask(std::string_view key, time_point now) const {
  if (each_) return each_->ask(key, now);
  keyed_rate_limiter::standing out;
  const auto given = all_->try_acquire(now);
  const rate_limiter::view seen = all_->look(now);
  out.admitted = given.has_value();
  out.available = seen.available;
  out.full_in = seen.full_in;
  if (!given) out.retry_after = given.error().retry_after;
  return out;
}

rate_limit::view rate_limit::look(time_point now) const {
  if (each_) {
    const auto v = each_->look();
    return {v.admitted, v.rejected, v.keys, v.forgotten};
  }
  const auto v = all_->look(now);
  return {v.admitted, v.rejected, 0, 0};
}

std::shared_ptr<const rate_limit> rate_limits::of(const rate_limit_options& options) {
  auto& same_name = known_[options.name];
  std::erase_if(same_name, [](const auto& known) { return known.expired(); });
  for (const auto& known : same_name) {
    if (auto alive = known.lock(); alive && alive->options() == options) return alive;
  }
  auto made = std::make_shared<const rate_limit>(options);
  same_name.push_back(made);
  return made;
}

}  // namespace weir::gateway
