#include "weir/upstream/roster.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <string>
#include <thread>
#include <vector>

#include "unit/upstream/start.hpp"

namespace weir::upstream {
namespace {

using namespace std::chrono_literals;

using test::start;

std::vector<instance_spec> listed(std::initializer_list<int> ports) {
  std::vector<instance_spec> out;
  for (const int p : ports) {
    instance_spec s;
    s.host = "127.0.0.1";
    s.port = static_cast<std::uint16_t>(p);
    s.authority = s.key();
    out.push_back(s);
  }
  return out;
}

roster_options options() {
  roster_options o;
  o.name = "a";
  o.ejection.in_a_row = 3;
  o.ejection.first = 10s;
  o.ejection.longest = 40s;
  return o;
}

struct Roster : testing::Test {
  roster r{options()};
  time_point now = start;

  void list(std::initializer_list<int> ports) { r.set(listed(ports), now); }
  std::shared_ptr<instance> at(int port) {
    for (const auto& i : r.current()->all) {
      if (i->spec().port == port) return i;
    }
    return nullptr;
  }
  void fail(int port, int times = 1) {
    for (int k = 0; k < times; ++k) {
      at(port)->failed.fetch_add(1);
      r.failed(*at(port), now);
    }
  }
  void succeed(int port, int times = 1) {
    for (int k = 0; k < times; ++k) {
      at(port)->succeeded.fetch_add(1);
      r.succeeded(*at(port), now);
    }
  }
  void pass(duration d) {
    now += d;
    r.settle(now);
  }
  std::string state(int port) {
    for (const auto& v : r.look(now)) {
      if (v.who->spec().port == port) return v.state;
    }
    return "gone";
  }
  std::size_t usable() { return r.current()->table->size(); }
  void probe(int port) { at(port)->probing = true; }
};

TEST_F(Roster, IsNotKnownBeforeTheFirstListAndKnownAfterAnEmptyOne) {
  EXPECT_FALSE(r.current()->known);
  EXPECT_TRUE(r.set({}, now));
  EXPECT_TRUE(r.current()->known);
  EXPECT_FALSE(r.set({}, now)) << "the same again is no change";
}

TEST_F(Roster, KeepsWhatItKnowsOfThoseThatStay) {
  list({1, 2, 3});
  const auto two = at(2);
  two->succeeded = 7;
  list({2, 3, 4});
  EXPECT_EQ(at(2), two);
  EXPECT_EQ(at(2)->succeeded, 7u);
  EXPECT_EQ(state(1), "gone");
  EXPECT_EQ(usable(), 3u);
}

TEST_F(Roster, GivesTheSlotsOfTheGoneToTheNew) {
  list({1, 2, 3});
  for (int k = 4; k < 40; ++k) {
    list({k, k + 1, k + 2});
    for (const auto& i : r.current()->all) EXPECT_LT(i->slot(), 3u);
  }
}

TEST_F(Roster, EjectsAfterFailuresInARowAlone) {
  list({1, 2, 3, 4});
  fail(1, 2);
  succeed(1);
  fail(1, 2);
  EXPECT_EQ(state(1), "in use");
  fail(1);
  EXPECT_EQ(state(1), "ejected");
  EXPECT_EQ(usable(), 3u);
}

TEST_F(Roster, EjectsNoMoreThanHalf) {
  list({1, 2, 3, 4, 5});
  for (int port = 1; port <= 5; ++port) fail(port, 5);
  EXPECT_EQ(usable(), 3u);
  list({1});
  fail(1, 10);
  EXPECT_EQ(usable(), 1u) << "the only one is never ejected";
}

TEST_F(Roster, LetsOneCallFindOutWhenTheEjectionIsOver) {
  list({1, 2, 3, 4});
  fail(1, 3);
  pass(9s);
  EXPECT_EQ(state(1), "ejected");
  pass(1s);
  EXPECT_EQ(state(1), "on probation");
  EXPECT_EQ(usable(), 3u) << "the others' calls are not risked";
  EXPECT_EQ(r.current()->on_probation.size(), 1u);
  probe(1);
  succeed(1);
  EXPECT_EQ(state(1), "in use");
  EXPECT_EQ(usable(), 4u);
}

TEST_F(Roster, EjectsForLongerEachTimeInSuccession) {
  list({1, 2, 3, 4});
  fail(1, 3);
  for (const duration longer : {20s, 40s, 40s}) {
    pass(100s);
    EXPECT_EQ(state(1), "on probation");
    probe(1);
    fail(1);
    pass(longer - 1s);
    EXPECT_EQ(state(1), "ejected");
    pass(1s);
    EXPECT_EQ(state(1), "on probation");
  }
}

TEST_F(Roster, ForgetsEjectionsAfterGoodTimes) {
  list({1, 2, 3, 4});
  fail(1, 3);
  pass(10s);
  probe(1);
  succeed(1);
  pass(60s);
  fail(1, 3);
  pass(10s);
  EXPECT_EQ(state(1), "on probation") << "as long as the first time";
}

TEST_F(Roster, EjectsWhomCallsSucceedWithFarLessThanWithTheOthers) {
  list({1, 2, 3, 4});
  for (int k = 0; k < 30; ++k) {
    for (int port = 2; port <= 4; ++port) succeed(port);
    k % 2 == 0 ? fail(1) : succeed(1);
  }
  pass(10s);
  EXPECT_EQ(state(1), "ejected");
  EXPECT_EQ(usable(), 3u);
}

TEST_F(Roster, EjectsNobodyWhereAllDoAsBadly) {
  list({1, 2, 3, 4});
  for (int k = 0; k < 60; ++k) {
    for (int port = 1; port <= 4; ++port) k % 2 == 0 ? fail(port) : succeed(port);
  }
  pass(10s);
  EXPECT_EQ(usable(), 4u);
}

TEST_F(Roster, UsesAllWhenTooFewAreFit) {
  roster_options o = options();
  o.checked = true;
  o.fall = 1;
  r.reconfigure(o, now);
  list({1, 2, 3, 4, 5});
  for (int port = 1; port <= 3; ++port) r.checked(*at(port), false, "refused", now);
  EXPECT_EQ(usable(), 2u);
  r.checked(*at(4), false, "refused", now);
  EXPECT_TRUE(r.current()->panic);
  EXPECT_EQ(usable(), 5u);
  r.checked(*at(4), true, "200", now);
  r.checked(*at(4), true, "200", now);
  EXPECT_FALSE(r.current()->panic);
  EXPECT_EQ(usable(), 2u);
}

TEST_F(Roster, BelievesTheFirstCheckAndThenSeveralInARow) {
  list({1, 2});
  r.checked(*at(1), false, "refused", now);
  EXPECT_EQ(state(1), "failing");
  r.checked(*at(1), true, "200", now);
  EXPECT_EQ(state(1), "failing");
  r.checked(*at(1), true, "200", now);
  EXPECT_EQ(state(1), "in use");
  r.checked(*at(1), false, "503", now);
  r.checked(*at(1), false, "503", now);
  r.checked(*at(1), true, "200", now);
  r.checked(*at(1), false, "503", now);
  r.checked(*at(1), false, "503", now);
  EXPECT_EQ(state(1), "in use") << "three in a row, not in all";
  r.checked(*at(1), false, "503", now);
  EXPECT_EQ(state(1), "failing");
}

TEST_F(Roster, TakesAnEjectedOneBackWhenItsChecksPass) {
  list({1, 2, 3, 4});
  r.checked(*at(1), true, "200", now);
  fail(1, 3);
  EXPECT_EQ(state(1), "ejected");
  r.checked(*at(1), true, "200", now);
  EXPECT_EQ(state(1), "ejected");
  r.checked(*at(1), true, "200", now);
  EXPECT_EQ(state(1), "in use");
}

TEST_F(Roster, RampsTheNewButNotTheFirst) {
  roster_options o = options();
  o.slow_start = 10s;
  r.reconfigure(o, now);
  list({1, 2});
  EXPECT_FALSE(r.current()->table->ramps());
  list({1, 2, 3});
  EXPECT_TRUE(r.current()->table->ramps());
  pass(10s);
  EXPECT_FALSE(r.current()->table->ramps());
}

TEST_F(Roster, GivesEachInstanceACircuitThatOutlivesChangesOfTheList) {
  roster_options o = options();
  o.circuit.emplace();
  o.circuit->name = "a";
  r.reconfigure(o, now);
  list({1, 2});
  ASSERT_TRUE(at(1)->circuit());
  EXPECT_EQ(at(1)->circuit()->name(), "a/127.0.0.1:1");
  at(1)->circuit()->force_open(now);
  list({1, 2, 3});
  EXPECT_EQ(at(1)->circuit()->state(now), circuit_mode::forced_open);
}

TEST_F(Roster, TellsReadersOfEveryChangeByItsVersion) {
  list({1, 2});
  const auto before = r.version();
  EXPECT_EQ(r.current()->version, before);
  list({1, 2});
  EXPECT_EQ(r.version(), before);
  list({1});
  EXPECT_GT(r.version(), before);
}

// For the thread sanitizer, and for the sums: workers report and read while discovery changes the
// list.
TEST_F(Roster, IsUsedByManyThreadsAtOnce) {
  roster_options o = options();
  o.ejection.in_a_row = 3;
  o.slow_start = 10ms;
  r.reconfigure(o, now);
  list({1, 2, 3, 4, 5, 6});
  std::atomic<bool> over{false};
  std::atomic<std::uint64_t> reports{0};
  std::vector<std::thread> workers;
  for (std::uint64_t w = 0; w < 3; ++w) {
    workers.emplace_back([&, w] {
      seeded_random chance(w);
      while (!over) {
        const auto seen = r.current();
        if (seen->table->size() == 0) continue;
        const candidate& c = seen->table->candidates()[seen->table->draw(chance)];
        const time_point then = start + std::chrono::milliseconds(chance.below(60'000));
        if (chance.below(3) == 0) {
          r.failed(*c.who, then);
        } else {
          c.who->succeeded.fetch_add(1);
          r.succeeded(*c.who, then);
        }
        r.settle(then);
        ++reports;
      }
    });
  }
  for (int k = 0; k < 300 || reports < 3000; ++k) {
    r.set(k % 2 == 0 ? listed({1, 2, 3, 4, 5, 6}) : listed({2, 4, 6, 7 + k % 3}), start);
    r.checked(*r.current()->all.front(), k % 5 != 0, "a check", start);
    EXPECT_LE(r.look(start).size(), 6u);
  }
  over = true;
  for (std::thread& t : workers) t.join();
  const auto last = r.current();
  EXPECT_EQ(last->version, r.version());
  EXPECT_GE(last->table->size(), 1u);
}

}  // namespace
}  // namespace weir::upstream
