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
  std::atomic<std::uint64_t> recovering_ok{0};
  std::atomic<std::uint64_t> recovering_failed{0};
  std::atomic<std::uint64_t> successes{0};
  std::atomic<std::uint64_t> failures{0};

  void take(const circuit_event& e) {
    const bool recovers = e.to == circuit_mode::half_open;
    switch (e.kind) {
      case circuit_event_kind::permitted:
        ++(recovers ? recovering_ok : passing);
        break;
      case circuit_event_kind::rejected:
        ++(recovers ? recovering_failed : broken);
        break;
      case circuit_event_kind::success:
        ++successes;
        break;
      case circuit_event_kind::failure:
        ++failures;
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
        const std::string why(e.to == circuit_mode::open ? e.error : to_string(e.why));
        log::info("circuit",
                  {{"circuit", name}, {"from", named(e.from)}, {"to", named(e.to)}, {"why", why}});
      });
}

void statistics::write(json::writer& out) const {
  const circuit_snapshot seen = breaker_.snapshot();
  const counters& c = *counters_;
  const std::uint64_t passing = c.passing, broken = c.broken, ok = c.recovering_ok,
                      failed = c.recovering_failed;
  const auto count = [&](std::string_view name, std::uint64_t n) {
    out.key(name).unsigned_integer(n);
  };
  out.begin_object();
  out.key("state").string(named(seen.state));
  out.key("ratio");
  seen.failure_rate < 0 ? out.null() : out.number(seen.failure_rate / 100);
  count("call_count", passing + broken + ok + failed);
  count("call_passing", passing);
  count("call_broken", broken);
  count("call_recovering", ok + failed);
  count("call_recovering_ok", ok);
  count("call_recovering_failed", failed);
  count("successes", c.successes);
  count("failures", c.failures);
  out.end_object();
}

}  // namespace weir::systems::gists
