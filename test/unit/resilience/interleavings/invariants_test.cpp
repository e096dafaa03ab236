// What must hold in every order of the steps, said outright.

#include "unit/resilience/interleavings/circuit_world.hpp"

namespace weir::test {
namespace {

using namespace std::chrono_literals;

using bodies = std::vector<std::function<void()>>;

// A world whose threads and verdict a test spells out.
struct invariant {
  std::unique_ptr<circuit_world> w;
  std::function<bodies(invariant&)> do_this;
  std::function<std::string(invariant&)> then;
  int inside = 0;
  int most = 0;
  int admitted = 0;

  bodies threads() { return do_this(*this); }
  // Besides: each change of the state was told once, and each began where the last had ended.
  std::string verdict() {
    std::string wrong = then(*this);
    if (!wrong.empty()) return wrong;
    const auto told = std::count(w->told.begin(), w->told.end(), '>');
    const auto changes = w->breaker.snapshot(at(w->end)).transitions - w->changes_before;
    if (static_cast<std::uint64_t>(told) != changes) {
      return std::to_string(changes) + " changes, told: " + w->told;
    }
    return w->in_order ? "" : "not in order: " + w->told;
  }
  std::string state() const { return std::string(to_string(w->breaker.state(at(w->end)))); }
  void probe(double when) {
    auto leave = w->breaker.try_acquire(at(when));
    if (!leave) return;
    ++admitted;
    most = std::max(most, ++inside);
    w->breaker.state(at(when));  // a step, so that others come between
    --inside;
    leave->withdraw(at(when));
  }
};

report always(const making& make, const std::function<bodies(invariant&)>& threads,
              const std::function<std::string(invariant&)>& then, const limits& l = {}) {
  const report r = explore(l, &enter_thread, [&] {
    auto i = std::make_unique<invariant>();
    i->w = make();
    i->do_this = threads;
    i->then = then;
    return i;
  });
  std::cout << "  " << r << "\n";
  return r;
}

std::function<std::string(invariant&)> ends_as(const std::string& state) {
  return [state](invariant& i) { return i.state() == state ? "" : "it is " + i.state(); };
}

TEST(CircuitInvariants, NoMoreProbesAtOnceThanPermits) {
  const auto bounded = [](int most) {
    return
        [most](invariant& i) { return i.most <= most ? "" : std::to_string(i.most) + " at once"; };
  };
  const auto half_open = [] {
    auto w = opened()();
    w->hold(0, 5);
    w->held[0]->withdraw(at(5));
    return w;
  };
  const auto probes = [](std::size_t threads) {
    return [threads](invariant& i) { return bodies(threads, [&i] { i.probe(5); }); };
  };
  EXPECT_TRUE(always(half_open, probes(3), bounded(1)).good());
  // Of two, one is out already.
  EXPECT_TRUE(always(probed(2), probes(2), bounded(1)).good());
}

TEST(CircuitInvariants, AVerdictOfAnEarlierGenerationChangesNothing) {
  const auto make = [] {
    auto w = std::make_unique<circuit_world>(one_failure());
    w->hold(0, 0).hold(1, 0).then("F@0");
    w->hold(2, 5);
    return w;
  };
  const auto late = [](invariant& i) -> bodies {
    return {[&i] { i.w->held[0]->fail(at(5)); }, [&i] { i.w->held[1]->succeed(at(5)); },
            [&i] { i.w->breaker.state(at(5)); }};
  };
  const auto probing = [](invariant& i) -> std::string {
    const auto s = i.w->breaker.snapshot(at(5));
    return s.state == circuit_mode::half_open && s.probes_in_flight == 1 ? "" : i.w->look(5);
  };
  EXPECT_TRUE(always(make, late, probing).good());
}

TEST(CircuitInvariants, NoTripIsLostWhenEnoughFailuresWereRecorded) {
  const auto make = [] {
    auto w = std::make_unique<circuit_world>(circuit_options{.trip = failures_in_a_row{3}});
    w->hold(0, 0).hold(1, 0).hold(2, 0);
    w->end = 1;
    return w;
  };
  const auto fail_all = [](invariant& i) {
    bodies all;
    for (std::size_t t = 0; t < 3; ++t) all.emplace_back([&i, t] { i.w->held[t]->fail(at(0)); });
    return all;
  };
  EXPECT_TRUE(always(make, fail_all, ends_as("open")).good());
}

TEST(CircuitInvariants, AForcedStateStaysWhateverProbesSay) {
  const auto race = [](invariant& i) -> bodies {
    return {[&i] { i.w->breaker.force_open(at(5)); },
            [&i] {
              if (auto p = i.w->breaker.try_acquire(at(5))) p->succeed(at(5));
            },
            [&i] { i.w->held[0]->fail(at(5)); }};
  };
  EXPECT_TRUE(always(probed(2), race, ends_as("forced-open")).good());
}

TEST(CircuitInvariants, AnExpiredProbeFreesOneSlot) {
  const auto race = [](invariant& i) -> bodies {
    const auto ask = [&i] {
      auto p = i.w->breaker.try_acquire(at(20));
      if (!p) return;
      ++i.admitted;
      i.w->held[static_cast<std::size_t>(i.admitted)] = *std::move(p);
    };
    return {ask, [&i, ask] {
              ask();
              i.w->held[0]->withdraw(at(20));
            }};
  };
  const auto one = [](invariant& i) {
    return i.admitted == 1 ? "" : std::to_string(i.admitted) + " probes";
  };
  EXPECT_TRUE(always(probed(), race, one).good());
}

}  // namespace
}  // namespace weir::test
