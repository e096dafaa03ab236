// What the library costs a call:
//
//   weir-bench-library [--quick]                    a table
//   weir-bench-library --beside THREADS SECONDS     one round beside other libraries, as JSON lines
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <memory>

#include "beside.hpp"
#include "guarded.hpp"
#include "measure.hpp"
#include "memory.hpp"
#include "mutex_breaker.hpp"
#include "weir/resilience.hpp"

namespace weir::bench {
namespace {

using namespace std::chrono_literals;

circuit_breaker breaker() {
  return circuit_breaker(
      circuit_options{.name = "bench", .trip = failure_ratio{.ratio = 0.5, .within = 10s}});
}

// `fails`: one call of so many; 0: none.
loop breaker_given_time(std::uint64_t fails) {
  return [b = breaker(), fails](int, std::uint64_t calls) {
    moving_time time;
    for (std::uint64_t i = 1; i <= calls; ++i) {
      const time_point now = time.next();
      if (auto permit = b.try_acquire(now)) {
        keep(work(1));
        if (fails != 0 && i % fails == 0) {
          permit->fail(now);
        } else {
          permit->succeed(now);
        }
      }
    }
  };
}

loop mutex_breaker_loop(std::uint64_t fails) {
  return [b = std::make_shared<mutex_breaker>(), fails](int, std::uint64_t calls) {
    moving_time time;
    for (std::uint64_t i = 1; i <= calls; ++i) {
      const time_point now = time.next();
      if (b->try_acquire(now)) {
        keep(work(1));
        b->record(fails != 0 && i % fails == 0, now);
      }
    }
  };
}

// The machine alone, driven by hand with the time given.
void call_once(const pipeline& p, time_point now, bool fails) {
  pipeline_call call(p);
  action a = call.start(now);
  while (a.kind == action_kind::start_attempt) {
    keep(work(1));
    a = call.attempt_done(now, a.attempt,
                          fails ? outcome::failure(cause::error, false) : outcome::success());
  }
  keep(a.kind);
}

pipeline usual() {
  return pipeline(fallback(0), retry({.attempts = 3}), breaker(), timeout(300ms));
}

loop machine_loop(std::uint64_t fails) {
  return [p = usual(), fails](int, std::uint64_t calls) {
    moving_time time;
    for (std::uint64_t i = 1; i <= calls; ++i) {
      call_once(p, time.next(), fails != 0 && i % fails == 0);
    }
  };
}

loop run_loop(bool own_clock) {
  return [p = usual(), own_clock](int, std::uint64_t calls) {
    manual_clock still;
    const run_options given{.time = &still};
    for (std::uint64_t i = 0; i < calls; ++i) {
      if (own_clock) {
        keep(p.run([] { return work(1); }));
      } else {
        keep(p.run([] { return work(1); }, given));
      }
    }
  };
}

void add_cases(campaign& c) {
  c.add("the call alone", 1, [](int, std::uint64_t calls) {
    for (std::uint64_t i = 0; i < calls; ++i) keep(work(1));
  });
  c.add("two readings of the clock", 1, [](int, std::uint64_t calls) {
    for (std::uint64_t i = 0; i < calls; ++i) {
      keep(now());
      keep(work(1));
      keep(now());
    }
  });
  c.add("breaker with a mutex, time given", 1, mutex_breaker_loop(0));
  c.add("breaker with a mutex, time given", 2, mutex_breaker_loop(0));
  c.add("breaker with a mutex, 1 % failures", 1, mutex_breaker_loop(100));
  c.add("weir: breaker, time given", 1, breaker_given_time(0));
  c.add("weir: breaker, time given", 2, breaker_given_time(0));
  c.add("weir: breaker, time given, 1 % failures", 1, breaker_given_time(100));
  c.add("weir: breaker, time given, 1 % failures", 2, breaker_given_time(100));
  c.add("weir: breaker, its own clock", 1, [b = breaker()](int, std::uint64_t calls) {
    for (std::uint64_t i = 0; i < calls; ++i) {
      if (auto permit = b.try_acquire()) {
        keep(work(1));
        permit->succeed();
      }
    }
  });
  c.add("weir: breaker, context()", 1, [b = breaker()](int, std::uint64_t calls) {
    for (std::uint64_t i = 0; i < calls; ++i) keep(b.context([] { return work(1); }));
  });
  c.add("weir: rejection, time given", 1, [b = breaker()](int, std::uint64_t calls) {
    moving_time time;
    b.force_open(time.at);
    for (std::uint64_t i = 0; i < calls; ++i) keep(b.try_acquire(time.next()).has_value());
  });
  c.add("weir: pipeline, time given", 1, machine_loop(0));
  c.add("weir: pipeline, time given", 2, machine_loop(0));
  c.add("weir: pipeline, time given, 1 % failures", 1, machine_loop(100));
  c.add("weir: pipeline.run(), a clock that stands", 1, run_loop(false));
  c.add("weir: pipeline.run(), the machine's clock", 1, run_loop(true));
}

}  // namespace
}  // namespace weir::bench

int main(int argc, char** argv) {
  using namespace weir::bench;
  if (argc == 4 && std::strcmp(argv[1], "--beside") == 0) {
    print_beside(std::atoi(argv[2]), std::atof(argv[3]));
    return 0;
  }
  const bool quick = argc > 1 && std::strcmp(argv[1], "--quick") == 0;
  campaign all(quick ? 3 : 11, quick ? 0.02 : 0.2);
  add_cases(all);
  const auto results = all.run();
  const double reference = results.front().ns;
  std::printf(
      "ns for a call: the median of the rounds, their lowest and highest; ratio: to the call "
      "alone\n");
  std::printf("pipeline: fallback | retry | breaker | timeout; two threads share one breaker\n\n");
  std::printf("%-42s %7s %8s %8s %8s %7s %7s\n", "", "threads", "ns", "low", "high", "ratio",
              "allocs");
  for (const auto& r : results) {
    std::printf("%-42s %7d %8.1f %8.1f %8.1f %7.1f %7.3f\n", r.name.c_str(), r.threads, r.ns, r.low,
                r.high, r.ns / reference, r.allocations);
  }
  const std::size_t count = quick ? 10000 : 100000;
  std::printf("\n%zu breakers, each used by two threads: %.1f MB\n", count,
              static_cast<double>(memory_of_breakers(count)) / 1e6);
}
