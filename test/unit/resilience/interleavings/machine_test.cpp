// The machine that tries every order, on programs whose orders are known.

#include <gtest/gtest.h>

#include <array>
#include <random>
#include <set>

#include "support/interleavings/atomic.hpp"
#include "support/interleavings/explore.hpp"

namespace interleavings {
namespace {

using bodies = std::vector<std::function<void()>>;

// Each thread makes so many steps, on one location or each on its own.
struct counting {
  bool together;
  int steps;
  std::array<atomic<int>, 3> at;

  bodies threads() {
    bodies all;
    for (std::size_t t = 0; t < 3; ++t) {
      all.emplace_back([this, t] {
        for (int i = 0; i < steps; ++i) at[together ? 0 : t].fetch_add(1);
      });
    }
    return all;
  }
  std::string verdict() const { return at[0].load() == steps * (together ? 3 : 1) ? "" : "lost"; }
};

TEST(Interleavings, AreAllOfThemWhereEveryStepTouchesTheOthers) {
  const report r = explore({}, nullptr, [] { return std::make_unique<counting>(true, 2); });
  EXPECT_TRUE(r.good()) << r;
  EXPECT_EQ(r.interleavings, 90U) << "6! / (2! 2! 2!)";
  EXPECT_EQ(r.redundant, 0U);
}

TEST(Interleavings, AreOneWhereNoStepTouchesAnother) {
  const report r = explore({}, nullptr, [] { return std::make_unique<counting>(false, 5); });
  EXPECT_TRUE(r.good()) << r;
  EXPECT_EQ(r.interleavings, 1U);
}

// Looks, then acts: two may pass where one is allowed.
struct turnstile {
  bool locked;
  mutex gate;
  atomic<int> inside{0};
  int most = 0;

  bodies threads() {
    return bodies(2, [this] {
      if (locked) gate.lock();
      if (inside.load() == 0) {
        inside.store(inside.load() + 1);
        ++most;
      }
      if (locked) gate.unlock();
    });
  }
  std::string verdict() const { return most == 1 ? "" : std::to_string(most) + " passed"; }
};

TEST(Interleavings, FindTheOneThatLetsTwoPass) {
  const report r = explore({}, nullptr, [] { return std::make_unique<turnstile>(false); });
  EXPECT_NE(r.trouble.find("2 passed"), std::string::npos) << r;
}

TEST(Interleavings, FindNoneWhereALockIsHeld) {
  const report r = explore({}, nullptr, [] { return std::make_unique<turnstile>(true); });
  EXPECT_TRUE(r.good()) << r;
  EXPECT_EQ(r.interleavings, 2U) << "either is first";
}

TEST(Interleavings, FindItAgainWhereLocksAreBroken) {
  const report r = explore({.how = {.locks_exclude = false}}, nullptr,
                           [] { return std::make_unique<turnstile>(true); });
  EXPECT_NE(r.trouble.find("2 passed"), std::string::npos) << r;
}

struct embrace {
  std::array<mutex, 2> hands;

  bodies threads() {
    const auto take = [this](std::size_t first) {
      hands[first].lock();
      hands[1 - first].lock();
      hands[1 - first].unlock();
      hands[first].unlock();
    };
    return {[take] { take(0); }, [take] { take(1); }};
  }
  std::string verdict() const { return {}; }
};

TEST(Interleavings, FindThreadsThatWaitForEachOther) {
  const report r = explore({}, nullptr, [] { return std::make_unique<embrace>(); });
  EXPECT_NE(r.trouble.find("wait for each other"), std::string::npos) << r;
}

// One writes a letter and raises a flag; the other sees the flag and reads the letter.
struct letter {
  std::memory_order raise;
  atomic<int> text{0};
  atomic<int> flag{0};
  int read = -1;

  bodies threads() {
    return {[this] {
              text.store(1, std::memory_order_relaxed);
              flag.store(1, raise);
            },
            [this] {
              if (flag.load(std::memory_order_acquire) == 1) {
                read = text.load(std::memory_order_relaxed);
              }
            }};
  }
  std::string verdict() const { return read == 0 ? "an empty letter" : ""; }
};

TEST(Interleavings, ReadOldValuesOnlyWhereTheMemoryModelLetsThem) {
  const auto with = [](rules how, std::memory_order raise) {
    return explore({.how = how}, nullptr, [raise] { return std::make_unique<letter>(raise); });
  };
  EXPECT_TRUE(with({.stale_reads = 0}, std::memory_order_relaxed).good()) << "one after another";
  EXPECT_TRUE(with({.stale_reads = 4}, std::memory_order_release).good());
  EXPECT_NE(with({.stale_reads = 1}, std::memory_order_relaxed).trouble, "");
  EXPECT_NE(with({.stale_reads = 1, .releases_order = false}, std::memory_order_release).trouble,
            "");
}

// Store buffering: both may read nothing, unless it is sequentially consistent.
struct greeting {
  std::memory_order how;
  std::array<atomic<int>, 2> said;
  std::array<int, 2> heard{-1, -1};

  bodies threads() {
    const auto one = [this](std::size_t i) {
      said[i].store(1, how);
      heard[i] = said[1 - i].load(how);
    };
    return {[one] { one(0); }, [one] { one(1); }};
  }
  std::string verdict() const { return heard[0] + heard[1] == 0 ? "neither heard" : ""; }
};

TEST(Interleavings, LetTwoMissEachOther) {
  const auto with = [](std::memory_order how) {
    return explore({.how = {.stale_reads = 2}}, nullptr,
                   [how] { return std::make_unique<greeting>(how); });
  };
  EXPECT_NE(with(std::memory_order_release).trouble, "");
  EXPECT_EQ(with(std::memory_order_seq_cst).trouble, "");
}

// Programs made by chance. Each access is folded into what its thread saw, so that two executions
// end alike only if all of it was alike.
struct by_chance {
  std::vector<std::vector<int>> program;
  std::set<std::string>& ends;
  mutex gate;
  std::array<atomic<int>, 2> at;
  std::array<std::string, 3> saw;

  bodies threads() {
    bodies all;
    for (std::size_t t = 0; t < program.size(); ++t) {
      all.emplace_back([this, t] {
        for (const int op : program[t]) {
          auto& place = at[static_cast<std::size_t>(op & 1)];
          if (op < 2) saw[t] += std::to_string(place.load()) + ",";
          if (op == 2 || op == 3) saw[t] += std::to_string(place.fetch_add(op)) + ";";
          if (op == 4) gate.lock();
          if (op == 5) gate.unlock();
        }
      });
    }
    return all;
  }
  std::string verdict() {
    ends.insert(saw[0] + "|" + saw[1] + "|" + saw[2]);
    return {};
  }
};

TEST(Interleavings, LeaveOutNoneThatEndsInAnotherWay) {
  std::minstd_rand draw(1);
  for (int round = 0; round < 200; ++round) {
    std::vector<std::vector<int>> program(3);
    for (auto& ops : program) {
      bool locked = false;
      for (unsigned n = 1 + draw() % 2; n-- > 0;) {
        const int op = static_cast<int>(draw() % 5);
        ops.push_back(op == 4 && locked ? 5 : op);
        if (op == 4) locked = !locked;
      }
      if (locked) ops.push_back(5);
    }
    std::set<std::string> few;
    std::set<std::string> all;
    const report reduced =
        explore({}, nullptr, [&] { return std::make_unique<by_chance>(program, few); });
    const report whole = explore({.all_orders = true}, nullptr,
                                 [&] { return std::make_unique<by_chance>(program, all); });
    ASSERT_TRUE(reduced.good() && whole.good());
    ASSERT_EQ(few, all) << round;
    ASSERT_LE(reduced.interleavings, whole.interleavings);
  }
}

// A register of two halves: a reader may see one new and one old.
struct halves {
  atomic<int> a{0};
  atomic<int> b{0};
  std::string observe() const { return {}; }
};

TEST(Interleavings, TellWhatNoOrderOfTheCallsExplains) {
  const call<halves> write = [](halves& h) {
    h.a.store(1);
    h.b.store(1);
    return std::string("written");
  };
  const call<halves> read = [](halves& h) {
    const int a = h.a.load();
    return std::to_string(a) + std::to_string(h.b.load());
  };
  const auto make = [] { return std::make_unique<halves>(); };
  const one_after_another<halves, decltype(make)> two({{write}, {read}}, nullptr, make);
  const report r = two.explore({});
  EXPECT_NE(r.trouble.find("no order of the calls gives: T1: written; T2: 10"), std::string::npos)
      << r;
}

TEST(Interleavings, FindWhatIsUsedAfterItsEnd) {
  struct early {
    std::unique_ptr<atomic<int>> shared = std::make_unique<atomic<int>>(0);
    atomic<int>* seen = shared.get();
    bodies threads() {
      return {[this] { shared.reset(); }, [this] { seen->load(); }};
    }
    std::string verdict() const { return {}; }
  };
  const report r = explore({}, nullptr, [] { return std::make_unique<early>(); });
  EXPECT_NE(r.trouble.find("after its end"), std::string::npos) << r;
}

}  // namespace
}  // namespace interleavings
