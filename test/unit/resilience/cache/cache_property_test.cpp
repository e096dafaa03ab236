#include <gtest/gtest.h>

// After that one.
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <list>
#include <memory>
#include <vector>

#include "weir/resilience/cache/cache.hpp"
#include "weir/resilience/cache/coalescer.hpp"

namespace weir {
namespace {

// Against a list that is searched from the front.
RC_GTEST_PROP(CacheProperty, IsAsABoundedListWhereTheOldestGoes, ()) {
  struct kept {
    int key;
    int value;
    std::size_t weight;
    time_point fresh_until;
  };
  const auto capacity = *rc::gen::inRange<std::size_t>(1, 20);
  const duration stale(*rc::gen::inRange(0, 50));
  const cache<int, int> c(
      {.fresh_for = duration(30), .stale_if_error = stale, .capacity = capacity});
  std::list<kept> model;
  time_point now = manual_clock::start;
  const auto weight = [&model] {
    std::size_t sum = 0;
    for (const kept& k : model) sum += k.weight;
    return sum;
  };
  const auto steps = *rc::gen::container<std::vector<int>>(rc::gen::inRange(0, 100'000));
  for (const int step : steps) {
    const int key = step % 7;
    const int more = step / 7;
    now += duration(more % 5);
    const auto at =
        std::find_if(model.begin(), model.end(), [&](const kept& k) { return k.key == key; });
    if (more % 3 == 0) {
      const auto w = static_cast<std::size_t>(more / 3) % 8;
      const duration fresh_for(1 + more % 40);
      if (at != model.end()) model.erase(at);
      RC_ASSERT(c.put(key, std::make_shared<const int>(step), now, fresh_for, w) ==
                (std::max<std::size_t>(w, 1) <= capacity));
      if (w <= capacity) {
        model.push_front({key, step, std::max<std::size_t>(w, 1), now + fresh_for});
        while (weight() > capacity) model.pop_back();
      }
    } else if (more % 11 == 1) {
      RC_ASSERT(c.erase(key) == (at != model.end()));
      if (at != model.end()) model.erase(at);
    } else {
      const auto found = c.get(key, now);
      if (at == model.end() || now >= at->fresh_until + stale) {
        RC_ASSERT(!found.value);
        if (at != model.end()) model.erase(at);
      } else {
        RC_ASSERT(found.value && *found.value == at->value);
        RC_ASSERT(found.fresh() == (now < at->fresh_until));
        model.splice(model.begin(), model, at);
      }
    }
    const auto seen = c.look();
    RC_ASSERT(seen.entries == model.size());
    RC_ASSERT(seen.weight == weight());
    RC_ASSERT(seen.entries <= capacity);
  }
}

// Of those who wait for one key one makes the call; nobody waits for nobody, whoever goes when.
RC_GTEST_PROP(CoalescerProperty, AlwaysHasOneWhoMakesTheCall, ()) {
  using flights = coalescer<int, int>;
  struct who {
    int key;
    std::unique_ptr<flights::member> member;
    int flight;
  };
  const flights all;
  std::vector<who> in;
  std::vector<int> flight_of(3, 0);  // by key: raised when a value came
  const auto steps = *rc::gen::container<std::vector<int>>(rc::gen::inRange(0, 3000));
  for (const int step : steps) {
    const int key = step % 3;
    const auto k = static_cast<std::size_t>(key);
    if (step % 4 < 2) {
      in.push_back({key, std::make_unique<flights::member>(all, key), flight_of[k]});
    } else if (!in.empty()) {
      const auto at = in.begin() + (step / 4) % static_cast<int>(in.size());
      const bool led = at->member->leads();
      if (step % 4 == 2) {
        // One that leads and has nothing to give leaves it to the next, as one that goes away.
        at->member->finish(step % 5 == 0 ? nullptr : std::make_shared<const int>(step));
        if (led && step % 5 != 0) ++flight_of[static_cast<std::size_t>(at->key)];
        if (led && step % 5 == 0) in.erase(at);
      } else {
        in.erase(at);
      }
    }
    for (int of = 0; of < 3; ++of) {
      int waiting = 0;
      int leading = 0;
      for (const who& w : in) {
        if (w.key != of || w.flight != flight_of[static_cast<std::size_t>(of)]) continue;
        ++waiting;
        leading += w.member->leads() ? 1 : 0;
        RC_ASSERT(!w.member->value());
      }
      RC_ASSERT(leading == (waiting == 0 ? 0 : 1));
    }
    for (const who& w : in) {
      if (w.flight < flight_of[static_cast<std::size_t>(w.key)]) {
        RC_ASSERT(w.member->value() && !w.member->leads());
      }
    }
  }
}

}  // namespace
}  // namespace weir
