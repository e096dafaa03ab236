// One try hangs; after 5 ms another is sent beside it, and its answer is taken.

#include <weir/resilience.hpp>

#include <mutex>
#include <thread>
#include <vector>

#include "expect.hpp"

using namespace std::chrono_literals;

int main() {
  std::vector<std::jthread> threads;
  std::mutex mutex;
  const weir::run_options options{.executor = [&](std::function<void()> work) {
    const std::lock_guard lock(mutex);
    threads.emplace_back(std::move(work));
  }};

  const weir::hedge hedge({
      .after = 5ms,
      .attempts = 2,
      .budget = weir::retry_budget({.ratio = 0.1, .floor = 1.0}),
  });
  const weir::pipeline policy = weir::timeout(10s) | hedge;

  const auto answer = policy.run(
      [](weir::context& c) -> weir::result<std::uint32_t> {
        if (c.attempt() == 1) {  // slow, but it notices that nobody waits for it any more
          while (!c.cancelled()) std::this_thread::yield();
          return weir::failure(make_error_code(std::errc::operation_canceled));
        }
        return c.attempt();
      },
      options);
  expect(answer && *answer == 2, "the second try's answer is taken");
  expect(hedge.look().hedges == 1 && hedge.look().wins == 1, "one hedge, and it won");
  return 0;
}
