// The other states that threads share without a lock, or with one for a part of what they do.

#include "support/interleavings/shadow.hpp"

#ifndef __clang__
// A source's own types are the test's, where the test includes the source.
#pragma GCC diagnostic ignored "-Wsubobject-linkage"
#endif
#include "../../../../src/resilience/rate_limiter/state.cpp"
#include "../../../../src/resilience/retry/retry_budget.cpp"
#include "unit/resilience/interleavings/explored_circuit.hpp"

namespace weir::test {
namespace {

using namespace interleavings;
using namespace std::chrono_literals;

constexpr time_point t0 = manual_clock::start;

template <class World>
report linearizable(const std::function<std::unique_ptr<World>()>& make, script<World> calls,
                    const limits& l = {}, bool overtaking = false) {
  const one_after_another<World, std::function<std::unique_ptr<World>()>> test(std::move(calls),
                                                                               &enter_thread, make);
  const report r = test.explore(l, overtaking);
  std::cout << "  " << r << "\n";
  return r;
}

struct limiter {
  detail::gcra cells{1s, 2};
  std::string observe() const { return std::to_string(cells.available(t0 + 2s)); }
};

call<limiter> reserves(duration when, std::uint32_t permits, duration longest) {
  return [=](limiter& l) {
    const auto a = l.cells.reserve(t0 + when, permits, longest);
    return (a.given ? "in " : "not for ") + std::to_string(a.wait.count());
  };
}
TEST(PolicyInterleavings, ARateIsNeverGivenTwice) {
  const auto make = [] { return std::make_unique<limiter>(); };
  for (const unsigned stale : {0U, 2U}) {
    const limits l{.how = {.stale_reads = stale}};
    EXPECT_TRUE(linearizable<limiter>(make,
                                      {{reserves(0s, 1, 0s), reserves(1s, 1, 0s)},
                                       {reserves(0s, 1, 0s)},
                                       {reserves(0s, 2, 5s)}},
                                      l, stale != 0)
                    .good());
  }
}

// A turn that is given back goes to nobody or to one; never to two.
TEST(PolicyInterleavings, ATurnThatIsGivenBackIsGivenOnce) {
  struct turns {
    detail::gcra cells{1s, 1};
    std::multiset<std::int64_t> kept;
    std::vector<std::function<void()>> threads() {
      const auto keep = [this] {
        const auto a = cells.reserve(t0, 1, 10s);
        if (a.given) kept.insert(a.wait.count());
      };
      return {keep, keep, [this] {
                const auto a = cells.reserve(t0, 1, 10s);
                if (!a.given) return;
                if (a.wait > 0s) {
                  cells.cancel(t0 + a.wait, 1);
                } else {
                  kept.insert(0);
                }
              }};
    }
    std::string verdict() const {
      for (const auto turn : kept) {
        if (kept.count(turn) > 1) return "one turn for two";
      }
      return {};
    }
  };
  const report r = explore({}, &enter_thread, [] { return std::make_unique<turns>(); });
  std::cout << "  " << r << "\n";
  EXPECT_TRUE(r.good());
}

struct budget {
  explicit budget(double ratio, double floor) : of({.ratio = ratio, .floor = floor}) {}
  retry_budget of;
  std::string observe() const {
    const auto v = of.look(t0);
    return std::to_string(v.retries) + " of " + std::to_string(v.first_attempts);
  }
};

TEST(PolicyInterleavings, ABudgetIsNeverOverdrawn) {
  const call<budget> begins = [](budget& b) {
    b.of.first_attempt(t0);
    return std::string("begun");
  };
  const call<budget> retries = [](budget& b) {
    return std::string(b.of.try_retry(t0) ? "again" : "never");
  };
  const auto make = [] { return std::make_unique<budget>(0.5, 0.1); };
  EXPECT_TRUE(linearizable<budget>(make, {{begins, begins}, {retries}, {retries}}).good());
  EXPECT_TRUE(linearizable<budget>(make, {{begins}, {retries, retries}}).good());
}

}  // namespace
}  // namespace weir::test
