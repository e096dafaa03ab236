#include "memory.hpp"

#include <unistd.h>

#include <fstream>
#include <string>
#include <thread>
#include <vector>

#include "weir/resilience/circuit_breaker/circuit_breaker.hpp"

namespace weir::bench {
namespace {

std::size_t resident() {
  std::ifstream statm("/proc/self/statm");
  std::size_t total = 0, pages = 0;
  statm >> total >> pages;
  return pages * static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
}

}  // namespace

std::size_t memory_of_breakers(std::size_t count) {
  const std::size_t before = resident();
  std::vector<circuit_breaker> all;
  all.reserve(count);
  for (std::size_t i = 0; i < count; ++i) {
    all.emplace_back(circuit_options{.name = std::to_string(i), .trip = failure_ratio{}});
  }
  const auto use = [&all] {
    const time_point at = now();
    for (circuit_breaker& b : all) b.try_acquire(at)->succeed(at);
  };
  std::thread other(use);
  use();
  other.join();
  return resident() - before;
}

}  // namespace weir::bench
