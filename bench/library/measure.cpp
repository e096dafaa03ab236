#include "measure.hpp"

#include <sched.h>

#include <algorithm>
#include <atomic>
#include <barrier>
#include <chrono>
#include <cstdlib>
#include <new>
#include <thread>

namespace {
std::atomic<std::uint64_t> made{0};
}

void* operator new(std::size_t size) {
  made.fetch_add(1, std::memory_order_relaxed);
  if (void* const p = std::malloc(size == 0 ? 1 : size)) return p;
  throw std::bad_alloc();
}
void operator delete(void* p) noexcept {
  std::free(p);
}
void operator delete(void* p, std::size_t) noexcept {
  std::free(p);
}

namespace weir::bench {

std::uint64_t allocations() noexcept {
  return made.load(std::memory_order_relaxed);
}

void campaign::add(std::string name, int threads, loop body) {
  one c;
  c.result.name = std::move(name);
  c.result.threads = threads;
  c.body = std::move(body);
  cases_.push_back(std::move(c));
}

namespace {

// Each thread stays on a core of its own, as far as there are so many that we may use.
void stay_on_core(int thread) {
  static const auto usable = [] {
    cpu_set_t all;
    std::vector<int> cores;
    if (::sched_getaffinity(0, sizeof all, &all) == 0) {
      for (int i = 0; i < CPU_SETSIZE; ++i) {
        if (CPU_ISSET(i, &all)) cores.push_back(i);
      }
    }
    return cores;
  }();
  if (usable.empty()) return;
  cpu_set_t one;
  CPU_ZERO(&one);
  CPU_SET(usable[static_cast<std::size_t>(thread) % usable.size()], &one);
  ::sched_setaffinity(0, sizeof one, &one);
}

}  // namespace

// Nanoseconds for a call, from the first thread's start to the last one's end.
double campaign::once(one& c, std::uint64_t calls) {
  using clock = std::chrono::steady_clock;
  std::vector<std::thread> others;
  std::barrier together(c.result.threads);
  for (int t = 1; t < c.result.threads; ++t) {
    others.emplace_back([&, t] {
      stay_on_core(t);
      c.body(t, 1000);  // its first use of everything
      together.arrive_and_wait();
      c.body(t, calls);
    });
  }
  stay_on_core(0);
  c.body(0, 1000);
  together.arrive_and_wait();
  const std::uint64_t before = allocations();
  const auto begin = clock::now();
  c.body(0, calls);
  for (std::thread& t : others) t.join();
  const double ns = std::chrono::duration<double, std::nano>(clock::now() - begin).count();
  c.result.allocations = static_cast<double>(allocations() - before) / static_cast<double>(calls);
  return ns / static_cast<double>(calls);
}

std::vector<measured> campaign::run() {
  for (one& c : cases_) {
    const double first = once(c, 20000);
    c.calls = std::max<std::uint64_t>(20000, static_cast<std::uint64_t>(seconds_ * 1e9 / first));
  }
  for (int round = 0; round < rounds_; ++round) {
    for (one& c : cases_) c.ns.push_back(once(c, c.calls));
  }
  std::vector<measured> out;
  for (one& c : cases_) {
    std::sort(c.ns.begin(), c.ns.end());
    c.result.ns = c.ns[c.ns.size() / 2];
    c.result.low = c.ns.front();
    c.result.high = c.ns.back();
    out.push_back(c.result);
  }
  return out;
}

}  // namespace weir::bench
