#include <gtest/gtest.h>

// After that one.
#include <rapidcheck/gtest.h>

#include <deque>
#include <memory>
#include <vector>

#include "weir/resilience/bulkhead/state.hpp"

namespace weir {
namespace {

using detail::bulkhead_state;
using detail::bulkhead_waiter;

// Against a model in which a queue is a queue.
RC_GTEST_PROP(BulkheadProperty, GivesPlacesInTurnAndNeverMoreThanThereAre, ()) {
  auto calls = *rc::gen::inRange<std::uint32_t>(1, 5);
  auto queue = *rc::gen::inRange<std::uint32_t>(0, 5);
  bulkhead_state state(calls, queue);
  std::vector<std::unique_ptr<bulkhead_waiter>> waiters;  // all that are not over
  std::deque<bulkhead_waiter*> line;
  std::uint32_t in_use = 0;
  const auto grant = [&] {
    for (; in_use < calls && !line.empty(); ++in_use) line.pop_front();
  };
  const auto steps = *rc::gen::container<std::vector<int>>(rc::gen::inRange(0, 1000));
  for (const int step : steps) {
    const auto which = static_cast<std::size_t>(step / 5);
    switch (step % 5) {
      case 0:
        RC_ASSERT(state.try_enter() == (in_use < calls));
        if (in_use < calls) ++in_use;
        break;
      case 1: {
        // Only who found no place waits for one.
        if (in_use < calls) break;
        auto w = std::make_unique<bulkhead_waiter>();
        const bool room = line.size() < queue;
        RC_ASSERT(state.try_wait(*w) == room);
        if (!room) break;
        line.push_back(w.get());
        waiters.push_back(std::move(w));
        break;
      }
      case 2: {
        if (waiters.empty()) break;
        const auto at = waiters.begin() + static_cast<std::ptrdiff_t>(which % waiters.size());
        if (const auto in_line = std::find(line.begin(), line.end(), at->get());
            in_line != line.end()) {
          line.erase(in_line);
        } else {
          --in_use;
        }
        state.give_up(**at);
        waiters.erase(at);
        grant();
        break;
      }
      case 3:
        // A place of a call that never waited.
        if (in_use <= waiters.size() - line.size()) break;
        --in_use;
        state.release();
        grant();
        break;
      default:
        calls = 1 + static_cast<std::uint32_t>(which) % 5;
        queue = static_cast<std::uint32_t>(which) % 4;
        state.resize(calls, queue);
        grant();
    }
    RC_ASSERT(state.in_use() == in_use);
    RC_ASSERT(state.waiting() == line.size());
    for (const auto& w : waiters) {
      RC_ASSERT(w->granted == (std::find(line.begin(), line.end(), w.get()) == line.end()));
    }
  }
}

}  // namespace
}  // namespace weir
