#include "weir/upstream/service_limits.hpp"

#include <utility>

namespace weir::upstream {
namespace {

// Budgets are told apart by what they share: another one is another hedge.
bool same(const hedge_options& a, const hedge_options& b) {
  return a.after == b.after && a.attempts == b.attempts && a.budget == b.budget;
}

// The one before, if it had the same options.
template <class Policy, class Options>
std::optional<Policy> kept(const std::optional<Policy>& before,
                           const std::optional<Options>& wanted) {
  if (!wanted) return std::nullopt;
  if (before && before->options() == *wanted) return before;
  return Policy(*wanted);
}

}  // namespace

service_limits::service_limits(const limit_settings& settings,
                               std::shared_ptr<const service_limits> before)
    : settings_(settings), before_(std::move(before)) {
  if (settings.bulkhead) {
    // Calls hold places in it, so it stays the same one, whatever its new size.
    bulkhead_ =
        before_ && before_->bulkhead_ ? before_->bulkhead_ : weir::bulkhead(*settings.bulkhead);
  }
  adaptive_ = kept(before_ ? before_->adaptive_ : std::nullopt, settings.adaptive);
  throttle_ = kept(before_ ? before_->throttle_ : std::nullopt, settings.throttle);
}

hedge service_limits::hedge_of(const std::string& whom, const hedge_options& options) {
  if (const auto mine = hedges_.find(whom); mine != hedges_.end()) return mine->second;
  if (before_) {
    const auto known = before_->hedges_.find(whom);
    if (known != before_->hedges_.end() && same(known->second.options(), options)) {
      return hedges_.emplace(whom, known->second).first->second;
    }
  }
  return hedges_.emplace(whom, hedge(options)).first->second;
}

void service_limits::commit() {
  before_.reset();
  if (bulkhead_ && bulkhead_->options() != *settings_.bulkhead) {
    bulkhead_->reconfigure(*settings_.bulkhead);
  }
}

}  // namespace weir::upstream
