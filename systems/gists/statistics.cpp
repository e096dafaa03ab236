#include "systems/gists/statistics.hpp"

#include <atomic>

#include "weir/base/log.hpp"

namespace weir::systems::gists {

namespace {

// The states as this system's document calls them.
std::string_view named(circuit_mode m) {
  switch (m) {
    case circuit_mode::open:
    case circuit_mode::forced_open:
      return "BROKEN";
    case circuit_mode::half_open:
      return "RECOVERING";
    default:
      return "PASSING";
  }
}

}  // namespace

struct statistics::counters {
  std::atomic<std::uint64_t> passing{0};
  std::atomic<std::uint64_t> broken{0};
  std::atomic<std::uint64_t> recovering{0};
  std::atomic<std::uint64_t> recovering_ok{0};
  std::atomic<std::uint64_t> recovering_failed{0};

  void take(const circuit_event& e) {
    const bool recovers = e.to == circuit_mode::half_open;
    switch (e.kind) {
      case circuit_event_kind::permitted:
        ++(recovers ? recovering : passing);
        break;
      case circuit_event_kind::rejected:
        ++broken;
        break;
      case circuit_event_kind::success:
        if (recovers) ++recovering_ok;
        break;
      case circuit_event_kind::failure:
        if (recovers) ++recovering_failed;
        break;
      default:
        break;
    }
  }
};

statistics::statistics(const circuit_breaker& of)
    : breaker_(of), counters_(std::make_shared<counters>()) {
  breaker_.listen(
      circuit_event_mask::all(), [c = counters_, name = of.name()](const circuit_event& e) {
        if (e.kind != circuit_event_kind::transition) return c->take(e);
        log::info("circuit", {{"circuit", name}, {"from", named(e.from)}, {"to", named(e.to)}});
      });
}

void statistics::write(json::writer& out) const {
  const circuit_snapshot seen = breaker_.snapshot();
  const auto passing = counters_->passing.load(), broken = counters_->broken.load(),
             recovering = counters_->recovering.load();
  out.begin_object();
  out.key("state").string(named(seen.state));
  out.key("ratio");
  seen.failure_rate < 0 ? out.null() : out.number(seen.failure_rate / 100);
  out.key("call_count").unsigned_integer(passing + broken + recovering);
  out.key("call_passing").unsigned_integer(passing);
  out.key("call_broken").unsigned_integer(broken);
  out.key("call_recovering").unsigned_integer(recovering);
  out.key("call_recovering_ok").unsigned_integer(counters_->recovering_ok.load());
  out.key("call_recovering_failed").unsigned_integer(counters_->recovering_failed.load());
  out.end_object();
}

}  // namespace weir::systems::gists
