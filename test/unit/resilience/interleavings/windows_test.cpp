// Successes that threads count in shards of their own, while others sum them up, change what the
// windows are, or let the whole go.

#include "unit/resilience/interleavings/circuit_world.hpp"

namespace weir::test {
namespace {

using namespace std::chrono_literals;

using bodies = std::vector<std::function<void()>>;

circuit_options ratio_of(double ratio, std::uint32_t min_calls) {
  return {.trip = failure_ratio{.ratio = ratio, .within = 10s, .min_calls = min_calls}};
}

struct window_world : circuit_world {
  using circuit_world::circuit_world;
  std::function<bodies(window_world&)> do_this;
  std::function<std::string(window_world&)> then;
  int inside = 0;
  bodies threads() { return do_this(*this); }
  std::string verdict() { return then(*this); }
};

report always(const circuit_options& options, const char* before,
              const std::function<bodies(window_world&)>& threads,
              const std::function<std::string(window_world&)>& then, const limits& l = {}) {
  const report r = explore(l, &enter_thread, [&] {
    auto w = std::make_unique<window_world>(options, before);
    w->end = 1;
    for (std::size_t i = 0; i < w->held.size(); ++i) w->hold(i, 0);
    w->do_this = threads;
    w->then = then;
    return w;
  });
  std::cout << "  " << r << "\n";
  return r;
}

// Two failures and two successes trip at a half of four. With all of them in flight at once the
// last may not see the others; the next failure does.
TEST(WindowInterleavings, TripLateByNoMoreThanTheCallsInFlight) {
  const auto threads = [](window_world& w) -> bodies {
    return {[&] {
              w.held[0]->fail(at(0));
              w.held[1]->fail(at(0));
            },
            [&] {
              w.held[2]->succeed(at(0));
              w.held[3]->succeed(at(0));
            }};
  };
  const auto then = [](window_world& w) -> std::string {
    const auto s = w.breaker.snapshot(at(0));
    if (s.failed != 2 || s.successful != 2 || s.transitions > 1) return w.look(0);
    if (s.state == circuit_mode::open) return {};
    if (s.failures != 2 || s.buffered_calls != 4) return w.look(0);
    w.breaker.try_acquire(at(0))->fail(at(0));
    return w.breaker.state(at(0)) == circuit_mode::open ? "" : "it never trips";
  };
  EXPECT_TRUE(always(ratio_of(0.5, 4), "", threads, then).good());
  EXPECT_TRUE(always(ratio_of(0.5, 4), "", threads, then, {.how = {.stale_reads = 1}}).good());
}

// While a thread turns its window to the next bucket, nobody misses what is in it.
TEST(WindowInterleavings, NeverSeeFewerSuccessesThanThereSurelyAre) {
  const auto threads = [](window_world& w) -> bodies {
    return {[&] {
              w.held[0]->succeed(at(0.1));
              w.held[1]->succeed(at(0.6));
              w.told = "two are in";
              w.held[2]->succeed(at(1.1));
            },
            [&] {
              if (w.breaker.state(at(1.1)) != circuit_mode::closed || w.told.empty()) return;
              w.held[3]->fail(at(1.1));
            }};
  };
  const auto then = [](window_world& w) {
    return w.breaker.state(at(1.1)) == circuit_mode::closed ? "" : "one of three is no half";
  };
  EXPECT_TRUE(always(ratio_of(0.5, 2), "", threads, then).good());
}

TEST(WindowInterleavings, KeepSuccessesOfAnotherEraOut) {
  const auto threads = [](window_world& w) -> bodies {
    return {[&] { w.held[0]->succeed(at(0)); },
            [&] {
              w.breaker.reset(at(0));
              w.breaker.try_acquire(at(0))->succeed(at(0));
            }};
  };
  const auto then = [](window_world& w) {
    const auto s = w.breaker.snapshot(at(0));
    return s.buffered_calls == 1 && s.successful == 2 ? "" : w.look(0);
  };
  EXPECT_TRUE(always(ratio_of(0.5, 4), "", threads, then).good());
}

// The windows' shape changes under who counts in them.
TEST(WindowInterleavings, OutliveANewShapeOfTheWindows) {
  const auto other = [](window_world& w, trip_rules rules) {
    circuit_options o;
    o.trip = std::move(rules);
    w.breaker.reconfigure(o);
  };
  const auto threads = [other](window_world& w) -> bodies {
    return {[&w, other] { other(w, failures_in_a_row{2}); },
            [&] { w.breaker.succeeded_elsewhere(2, at(0)); },
            [&] {
              if (auto p = w.breaker.try_acquire(at(0))) p->succeed(at(0));
            }};
  };
  const auto then = [](window_world& w) {
    const auto s = w.breaker.snapshot(at(0));
    return s.successful == 1 && s.state == circuit_mode::closed ? "" : w.look(0);
  };
  EXPECT_TRUE(always(ratio_of(0.5, 4), "", threads, then).good());
}

// Whoever lets go last, a handle or a permit: all is freed once, and nobody touches it after.
struct parting {
  std::unique_ptr<circuit_breaker> handles[2];
  std::optional<permit> held;
  std::size_t locks = 0;

  explicit parting(weir::verdict v) : how(v) {
    warm_up();
    locks = machine::the().living_locks();
    handles[0] = std::make_unique<circuit_breaker>(circuit_options{.trip = failures_in_a_row{2}});
    handles[1] = std::make_unique<circuit_breaker>(*handles[0]);
    held = *handles[0]->try_acquire(at(0));
  }
  // The statics' own locks come first; and this frees what was put aside.
  static void warm_up() {
    const circuit_breaker one(circuit_options{});
    one.try_acquire(at(0))->fail(at(0));
  }
  bodies threads() {
    return {[this] { handles[0].reset(); }, [this] { handles[1].reset(); },
            [this] { held->record(how, at(0)); }};
  }
  std::string verdict() {
    warm_up();
    const std::size_t left = machine::the().living_locks() - locks;
    return left == 0 ? "" : std::to_string(left) + " circuits were never freed";
  }
  weir::verdict how;
};

TEST(WindowInterleavings, FreeACircuitOnceWhoeverIsLast) {
  for (const auto how : {verdict::ok, verdict::failure, verdict::ignored}) {
    const auto make = [how] { return std::make_unique<parting>(how); };
    const report exact = explore({}, &enter_thread, make);
    const report late = explore({.how = {.stale_reads = 2}}, &enter_thread, make);
    std::cout << "  " << exact << "\n  " << late << "\n";
    EXPECT_TRUE(exact.good() && late.good());
  }
}

// Listeners come and go, and one of them asks the circuit itself.
TEST(WindowInterleavings, TellListenersWhileTheyComeAndGo) {
  const auto threads = [](window_world& w) -> bodies {
    return {[&] { w.held[0]->fail(at(0)); },
            [&] {
              const auto id = w.breaker.listen(circuit_event_kind::transition, [&](const auto&) {
                if (w.breaker.try_acquire(at(0))) ++w.inside;
              });
              w.breaker.unlisten(id);
            },
            [&] {
              if (auto p = w.breaker.try_acquire(at(0))) p->succeed(at(0));
            }};
  };
  const auto then = [](window_world& w) {
    return w.told == "closed>open (tripped)" ? "" : "told: " + w.told;
  };
  EXPECT_TRUE(always({.trip = failures_in_a_row{1}, .open_for = 5s}, "", threads, then).good());
}

}  // namespace
}  // namespace weir::test
