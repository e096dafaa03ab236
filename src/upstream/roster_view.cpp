// What a roster tells: operators, and discovery of itself.

#include <algorithm>

#include "weir/base/log.hpp"
#include "weir/upstream/roster.hpp"

namespace weir::upstream {

std::vector<instance_spec> roster::specs() const {
  const std::lock_guard lock(mutex_);
  std::vector<instance_spec> out;
  for (const auto& i : listed_) {
    out.push_back(i->spec());
    out.back().weight = i->weight_;
  }
  return out;
}

void roster::heard(time_point now) {
  const std::lock_guard lock(mutex_);
  if (!source_.trouble.empty()) {
    log::info("discovery answers again", {{"service", options_.name}});
  }
  source_ = {.heard = now, .trouble = {}, .from_snapshot = false};
}

void roster::troubled(std::string why) {
  const std::lock_guard lock(mutex_);
  if (source_.trouble.empty()) {
    log::warn("discovery is of no use; the last known instances serve on",
              {{"service", options_.name}, {"reason", why}, {"instances", listed_.size()}});
  }
  source_.trouble = std::move(why);
}

void roster::restored() {
  const std::lock_guard lock(mutex_);
  source_.from_snapshot = true;
}

source_view roster::source() const {
  const std::lock_guard lock(mutex_);
  return source_;
}

std::vector<instance_view> roster::look(time_point now) const {
  const std::lock_guard lock(mutex_);
  std::vector<instance_view> out;
  for (const auto& i : listed_) {
    instance_view v;
    v.key = i->key();
    v.weight = i->weight_;
    v.checked = i->checked_;
    v.check_detail = i->check_detail_;
    if (i->checked_ != check_state::unchecked) v.check_age = now - i->checked_at_;
    v.state = i->checked_ == check_state::failing                ? "failing"
              : i->standing_ == instance::standing::ejected      ? "ejected"
              : i->standing_ == instance::standing::on_probation ? "on probation"
                                                                 : "in use";
    if (i->standing_ != instance::standing::in_use) {
      v.ejected_for = i->ejected_for_;
      v.ejected_left = std::max(duration::zero(), i->ejected_until_ - now);
    }
    v.ejections = i->ejections_ever_;
    v.age = now - i->since_;
    v.succeeded = i->succeeded.load(std::memory_order_relaxed);
    v.failed = i->failed.load(std::memory_order_relaxed);
    v.who = i;
    out.push_back(std::move(v));
  }
  return out;
}

}  // namespace weir::upstream
