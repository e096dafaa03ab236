#include "weir/upstream/roster.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>

#include "weir/base/duration_text.hpp"
#include "weir/base/log.hpp"

namespace weir::upstream {
namespace {

constexpr std::uint32_t never = std::numeric_limits<std::uint32_t>::max();

// After good times of this many ejection times, an ejection less is remembered.
constexpr int forgive_after = 4;

std::uint32_t threshold(const ejection_options& e) {
  return e.on ? e.in_a_row : never;
}

duration ejection_time(const ejection_options& e, std::uint32_t times) {
  duration d = e.first;
  for (std::uint32_t i = 1; i < times && d < e.longest; ++i) d *= 2;
  return std::min(d, e.longest);
}

std::shared_ptr<const roster::snapshot> empty_snapshot() {
  auto made = std::make_shared<roster::snapshot>();
  made->table = std::make_shared<const picking_table>();
  return made;
}

}  // namespace

std::string instance_spec::key() const {
  const bool v6 = host.find(':') != std::string::npos;
  return (v6 ? "[" + host + "]" : host) + ":" + std::to_string(port);
}

roster::roster(roster_options options, circuit_made made)
    : options_(std::move(options)),
      made_(std::move(made)),
      current_(empty_snapshot()),
      in_a_row_(threshold(options_.ejection)) {}

roster::snapshot_ptr roster::current() const {
  const std::lock_guard lock(mutex_);
  return current_;
}

roster_options roster::options() const {
  const std::lock_guard lock(mutex_);
  return options_;
}

std::optional<circuit_breaker> roster::new_circuit(const instance_spec& spec) const {
  if (!options_.circuit) return std::nullopt;
  circuit_options o = *options_.circuit;
  o.name += "/" + spec.key();
  circuit_breaker made(std::move(o));
  if (made_) made_(made);
  return made;
}

bool roster::set(const std::vector<instance_spec>& now_listed, time_point now) {
  const std::lock_guard lock(mutex_);
  std::map<std::string, std::shared_ptr<instance>> before;
  for (const auto& i : listed_) before.emplace(i->key(), i);
  std::map<std::string, instance_spec> wanted;
  for (const instance_spec& s : now_listed) wanted.emplace(s.key(), s);

  bool changed = !known_;
  std::vector<std::shared_ptr<instance>> next;
  for (const auto& [key, spec] : wanted) {
    const auto old = before.find(key);
    if (old == before.end() || old->second->spec().authority != spec.authority) continue;
    if (old->second->weight_ != spec.weight) {
      old->second->weight_ = spec.weight;
      changed = true;
    }
    next.push_back(old->second);
    before.erase(old);
  }
  changed = changed || !before.empty();
  listed_ = std::move(next);  // before slots are given: those of the gone are free
  const bool first_list = !known_;
  // All slots at once: finding each alone would make a long list quadratic.
  std::vector<bool> taken(wanted.size(), false);
  for (const auto& i : listed_) {
    if (i->slot() < taken.size()) taken[i->slot()] = true;
  }
  std::uint32_t slot = 0;
  std::map<std::string_view, bool> there;
  for (const auto& i : listed_) there.emplace(i->key(), true);
  std::vector<std::shared_ptr<instance>> added;
  for (const auto& [key, spec] : wanted) {
    if (there.contains(key)) continue;
    while (slot < taken.size() && taken[slot]) ++slot;
    auto made = std::make_shared<instance>(spec, slot++, new_circuit(spec));
    made->weight_ = spec.weight;
    made->since_ = now;
    // At the start all are new, and nobody else could take the load.
    if (!first_list) made->ramp_from_ = now;
    added.push_back(std::move(made));
    changed = true;
  }
  for (const auto& [key, gone] : before) {
    log::info("instance removed", {{"service", options_.name}, {"instance", key}});
  }
  for (const auto& i : added) {
    log::info("instance added", {{"service", options_.name}, {"instance", i->key()}});
  }
  listed_.insert(listed_.end(), added.begin(), added.end());
  std::sort(listed_.begin(), listed_.end(),
            [](const auto& a, const auto& b) { return a->key() < b->key(); });
  known_ = true;
  if (changed) publish(now);
  return changed;
}

void roster::reconfigure(const roster_options& options, time_point now) {
  const std::lock_guard lock(mutex_);
  if (options == options_) return;
  const bool had_checks = options_.checked;
  options_ = options;
  in_a_row_.store(threshold(options_.ejection), std::memory_order_relaxed);
  for (auto& i : listed_) {
    if (i->circuit_.has_value() != options_.circuit.has_value()) {
      // Workers read an instance's circuit without a lock, so it never comes or goes: the instance
      // does.
      auto fresh = std::make_shared<instance>(i->spec_, i->slot(), new_circuit(i->spec_));
      fresh->weight_ = i->weight_;
      fresh->since_ = i->since_;
      i = std::move(fresh);
      continue;
    }
    if (had_checks && !options_.checked) i->checked_ = check_state::unchecked;
    if (i->circuit_) {
      circuit_options o = *options_.circuit;
      o.name = i->circuit_->name();
      i->circuit_->reconfigure(std::move(o));
    }
  }
  publish(now);
}

void roster::succeeded(instance& who, time_point now) {
  who.failures_in_a_row.store(0, std::memory_order_relaxed);
  if (!who.probing.load(std::memory_order_relaxed)) return;
  const std::lock_guard lock(mutex_);
  who.probing.store(false, std::memory_order_relaxed);
  if (who.standing_ != instance::standing::on_probation) return;
  readmit(who, now, "a call succeeded");
  publish(now);
}

void roster::failed(instance& who, time_point now) {
  const std::uint32_t in_a_row = who.failures_in_a_row.fetch_add(1, std::memory_order_relaxed) + 1;
  const bool probe = who.probing.load(std::memory_order_relaxed);
  if (!probe && in_a_row < in_a_row_.load(std::memory_order_relaxed)) return;
  const std::lock_guard lock(mutex_);
  if (probe && who.standing_ == instance::standing::on_probation) {
    who.probing.store(false, std::memory_order_relaxed);
    eject(who, "the probing call failed", now);
    publish(now);
  } else if (in_a_row >= threshold(options_.ejection) &&
             who.standing_ == instance::standing::in_use) {
    eject(who, std::to_string(in_a_row) + " failures in a row", now);
    publish(now);
  }
}

// Under the lock; the caller publishes.
void roster::eject(instance& who, std::string why, time_point now) {
  if (who.standing_ == instance::standing::in_use) {
    const auto out =
        static_cast<std::size_t>(std::count_if(listed_.begin(), listed_.end(), [](const auto& i) {
          return i->standing_ != instance::standing::in_use;
        }));
    const auto most = static_cast<std::size_t>(
        std::floor(options_.ejection.at_most * static_cast<double>(listed_.size())));
    const bool listed =
        std::any_of(listed_.begin(), listed_.end(), [&](const auto& i) { return i.get() == &who; });
    if (!listed || out >= most) return;
    // Long good times count for less ejections before.
    const duration last = ejection_time(options_.ejection, std::max(1u, who.ejections_));
    if (who.ejections_ > 0 && now - who.ejected_until_ > last * forgive_after) {
      who.ejections_ = 0;
    }
  }
  ++who.ejections_;
  ++who.ejections_ever_;
  who.standing_ = instance::standing::ejected;
  who.ejected_at_ = now;
  who.ejected_until_ = saturating_add(now, ejection_time(options_.ejection, who.ejections_));
  who.ejected_for_ = std::move(why);
  who.checks_in_a_row_ = 0;
  log::warn("instance ejected",
            {{"service", options_.name},
             {"instance", who.key()},
             {"reason", who.ejected_for_},
             {"for", format_duration(ejection_time(options_.ejection, who.ejections_))}});
}

void roster::readmit(instance& who, time_point now, std::string_view why) {
  who.standing_ = instance::standing::in_use;
  who.ejected_until_ = now;
  who.failures_in_a_row.store(0, std::memory_order_relaxed);
  who.interval_succeeded_ = who.succeeded.load(std::memory_order_relaxed);
  who.interval_failed_ = who.failed.load(std::memory_order_relaxed);
  who.ramp_from_ = now;
  log::info("instance readmitted",
            {{"service", options_.name}, {"instance", who.key()}, {"reason", why}});
}

void roster::checked(instance& who, bool passed, std::string detail, time_point now) {
  const std::lock_guard lock(mutex_);
  const check_state before = who.checked_;
  const bool same = before == (passed ? check_state::passing : check_state::failing);
  who.checked_at_ = now;
  who.check_detail_ = std::move(detail);
  bool changed = false;
  if (before == check_state::unchecked) {
    // The first word counts: nothing else is known.
    who.checked_ = passed ? check_state::passing : check_state::failing;
    who.checks_in_a_row_ = 0;
    changed = true;
  } else if (same &&
             (before == check_state::failing || who.standing_ == instance::standing::in_use)) {
    who.checks_in_a_row_ = 0;
  } else if (++who.checks_in_a_row_ >= (passed ? options_.rise : options_.fall)) {
    changed = true;
    who.checks_in_a_row_ = 0;
    if (!same) {
      who.checked_ = passed ? check_state::passing : check_state::failing;
      if (passed) who.ramp_from_ = now;
    }
    if (passed && who.standing_ != instance::standing::in_use) {
      readmit(who, now, "its checks pass");
    }
  }
  if (!changed) return;
  if (before != who.checked_) {
    log::write(
        passed ? log::level::info : log::level::warn,
        passed ? "instance passes its checks" : "instance fails its checks",
        {{"service", options_.name}, {"instance", who.key()}, {"detail", who.check_detail_}});
  }
  publish(now);
}

void roster::settle(time_point now) {
  const std::lock_guard lock(mutex_);
  if (now < current_->look_again) return;
  bool changed = false;
  for (auto& i : listed_) {
    if (i->standing_ == instance::standing::ejected && i->ejected_until_ <= now) {
      i->standing_ = instance::standing::on_probation;
      i->probing.store(false, std::memory_order_relaxed);
      changed = true;
    }
    if (i->ramp_from_ != time_point::min() && now >= i->ramp_from_ + options_.slow_start) {
      i->ramp_from_ = time_point::min();
      changed = true;
    }
  }
  if (now >= compare_at_ && compare_shares(now)) changed = true;
  publish(now, changed);
}

// Ejects whom calls succeed with far less than with the others together.
bool roster::compare_shares(time_point now) {
  const ejection_options& e = options_.ejection;
  compare_at_ = saturating_add(now, e.every);
  struct counted {
    std::uint64_t ok;
    std::uint64_t all;
  };
  std::vector<counted> of(listed_.size());
  counted sum{0, 0};
  for (std::size_t i = 0; i < listed_.size(); ++i) {
    instance& who = *listed_[i];
    const std::uint64_t ok = who.succeeded.load(std::memory_order_relaxed);
    const std::uint64_t bad = who.failed.load(std::memory_order_relaxed);
    of[i].ok = ok - who.interval_succeeded_;
    of[i].all = of[i].ok + bad - who.interval_failed_;
    who.interval_succeeded_ = ok;
    who.interval_failed_ = bad;
    sum.ok += of[i].ok;
    sum.all += of[i].all;
  }
  if (!e.on) return false;
  bool any = false;
  for (std::size_t i = 0; i < listed_.size(); ++i) {
    instance& who = *listed_[i];
    if (who.standing_ != instance::standing::in_use || of[i].all < e.min_calls) continue;
    const std::uint64_t others = sum.all - of[i].all;
    if (others < e.min_calls) continue;
    const double mine = static_cast<double>(of[i].ok) / static_cast<double>(of[i].all);
    const double theirs = static_cast<double>(sum.ok - of[i].ok) / static_cast<double>(others);
    if (theirs - mine < e.worse_by) continue;
    const auto percent = [](double x) { return std::to_string(std::lround(x * 100)) + "%"; };
    eject(who, percent(mine) + " of its calls succeeded, " + percent(theirs) + " of the others'",
          now);
    any = true;
  }
  return any;
}

bool roster::usable(const instance& who) const {
  return who.standing_ == instance::standing::in_use && who.checked_ != check_state::failing;
}

// Under the lock. Without `changed` it is about look_again alone, and the table goes on.
void roster::publish(time_point now, bool changed) {
  auto next = std::make_shared<snapshot>();
  next->known = known_;
  next->all = listed_;
  std::vector<candidate> fit;
  for (const auto& i : listed_) {
    if (usable(*i)) fit.push_back({i, i->weight_, i->ramp_from_});
    if (i->standing_ == instance::standing::on_probation && i->checked_ != check_state::failing) {
      next->on_probation.push_back(i);
    }
    if (i->standing_ == instance::standing::ejected) {
      next->look_again = std::min(next->look_again, i->ejected_until_);
    }
    if (i->ramp_from_ != time_point::min()) {
      next->look_again =
          std::min(next->look_again, saturating_add(i->ramp_from_, options_.slow_start));
    }
  }
  if (static_cast<double>(fit.size()) < options_.panic * static_cast<double>(listed_.size())) {
    next->panic = true;
    next->on_probation.clear();
    fit.clear();
    for (const auto& i : listed_) fit.push_back({i, i->weight_, i->ramp_from_});
  }
  if (next->panic != current_->panic) {
    log::write(next->panic ? log::level::warn : log::level::info,
               next->panic ? "too few instances are fit for use: all are used"
                           : "enough instances are fit for use again",
               {{"service", options_.name}});
  }
  next->table = changed ? std::make_shared<const picking_table>(options_.how, std::move(fit),
                                                                options_.slow_start)
                        : current_->table;
  if (options_.ejection.on && listed_.size() > 1) {
    if (compare_at_ == time_point::min())
      compare_at_ = saturating_add(now, options_.ejection.every);
    next->look_again = std::min(next->look_again, compare_at_);
  }
  next->version = version_.load(std::memory_order_relaxed) + 1;
  version_.store(next->version, std::memory_order_release);
  current_ = std::move(next);
}

}  // namespace weir::upstream
