// What a hundred thousand circuits take.

#include <gtest/gtest.h>
#include <unistd.h>

#include <fstream>
#include <string>
#include <thread>
#include <vector>

#include "unit/resilience/circuit_breaker/trace.hpp"

namespace weir {
namespace {

using namespace std::chrono_literals;
using test::at;

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr std::size_t its_own = 10;  // a sanitizer's shadow and its gaps between allocations
#else
constexpr std::size_t its_own = 1;
#endif

std::size_t resident_bytes() {
  std::ifstream in("/proc/self/statm");
  std::size_t all = 0, resident = 0;
  in >> all >> resident;
  return resident * static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
}

TEST(Memory, HoldsAHundredThousandCircuitsOfTwoThreadsInAHundredMegabytes) {
  const std::size_t before = resident_bytes();
  std::vector<circuit_breaker> all;
  all.reserve(100'000);
  for (int i = 0; i < 100'000; ++i) {
    all.emplace_back(
        circuit_options{.name = "a-service-of-many-" + std::to_string(i),
                        .trip = failure_ratio{.ratio = 0.2, .within = 20s, .min_calls = 10}});
  }
  const auto use = [&] {
    for (const auto& b : all) {
      auto permit = b.try_acquire(at(0));
      permit->succeed(at(0));
    }
  };
  std::thread one(use), two(use);
  one.join();
  two.join();
  EXPECT_EQ(all[77].snapshot(at(0)).successful, 2U);
  EXPECT_LT(resident_bytes() - before, 100'000'000U * its_own);
}

TEST(Memory, IsUsedAgainByTheShardsOfLaterCircuits) {
  const auto use = [](int count) {
    for (int i = 0; i < count; ++i) {
      const circuit_breaker b(circuit_options{.trip = failure_ratio{}});
      b.try_acquire(at(0))->succeed(at(0));
    }
  };
  use(1000);
  const std::size_t before = resident_bytes();
  use(100'000);
  // AddressSanitizer keeps 256 MB of what was freed before it gives any of it out again.
  const std::size_t quarantine = its_own == 1 ? 0 : 400'000'000U;
  EXPECT_LT(resident_bytes() - before, 10'000'000U * its_own + quarantine);
}

}  // namespace
}  // namespace weir
