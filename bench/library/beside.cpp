#include "beside.hpp"

#include <chrono>
#include <cstdio>
#include <memory>
#include <utility>

#include "guarded.hpp"
#include "measure.hpp"
#include "mutex_breaker.hpp"
#include "weir/resilience.hpp"

namespace weir::bench {
namespace {

using namespace std::chrono_literals;

// The peers are set up alike: half of the calls of ten seconds, ten at least; once open, for an
// hour.
circuit_breaker breaker(trip_rules trip = failure_ratio{.ratio = 0.5, .within = 10s}) {
  return circuit_breaker(circuit_options{.name = "bench", .trip = std::move(trip), .open_for = 1h});
}

circuit_breaker open_breaker() {
  auto b = breaker();
  b.trip();
  return b;
}

loop through_context(circuit_breaker b) {
  return [b = std::move(b)](int, std::uint64_t calls) {
    for (std::uint64_t i = 0; i < calls; ++i) keep(b.context([] { return work(1); }));
  };
}

loop through_permit(circuit_breaker b) {
  return [b = std::move(b)](int, std::uint64_t calls) {
    for (std::uint64_t i = 0; i < calls; ++i) {
      if (auto permit = b.try_acquire()) {
        keep(work(1));
        permit->succeed();
      }
    }
  };
}

loop through_permit_given_time(circuit_breaker b) {
  return [b = std::move(b)](int, std::uint64_t calls) {
    moving_time time;
    for (std::uint64_t i = 0; i < calls; ++i) {
      const time_point at = time.next();
      if (auto permit = b.try_acquire(at)) {
        keep(work(1));
        permit->succeed(at);
      }
    }
  };
}

// It reads the clock as often as a breaker that times its calls must.
loop through_mutex(std::shared_ptr<mutex_breaker> b) {
  return [b = std::move(b)](int, std::uint64_t calls) {
    for (std::uint64_t i = 0; i < calls; ++i) {
      if (b->try_acquire(now())) {
        keep(work(1));
        b->record(false, now());
      }
    }
  };
}

loop through_mutex_given_time(std::shared_ptr<mutex_breaker> b) {
  return [b = std::move(b)](int, std::uint64_t calls) {
    moving_time time;
    for (std::uint64_t i = 0; i < calls; ++i) {
      const time_point at = time.next();
      if (b->try_acquire(at)) {
        keep(work(1));
        b->record(false, at);
      }
    }
  };
}

std::shared_ptr<mutex_breaker> open_mutex_breaker() {
  auto b = std::make_shared<mutex_breaker>(1h);
  for (int i = 0; i < 10; ++i) b->record(true, now());
  return b;
}

loop through_run(pipeline p) {
  return [p = std::move(p)](int, std::uint64_t calls) {
    for (std::uint64_t i = 0; i < calls; ++i) keep(p.run([] { return work(1); }));
  };
}

void add_closed(campaign& c, int threads) {
  c.add("closed/weir-context", threads, through_context(breaker()));
  c.add("closed/weir-permit", threads, through_permit(breaker()));
  c.add("closed/mutex", threads, through_mutex(std::make_shared<mutex_breaker>()));
  c.add("counted/weir-context", threads, through_context(breaker(failure_ratio_of_last{})));
  c.add("row/weir-context", threads, through_context(breaker(failures_in_a_row{5})));
}

void add_rejections(campaign& c) {
  c.add("rejected/weir-context", 1, [b = open_breaker()](int, std::uint64_t calls) {
    for (std::uint64_t i = 0; i < calls; ++i) {
      keep(b.context([]() -> result<int> { return work(1); }).has_value());
    }
  });
  c.add("rejected/weir-permit", 1, [b = open_breaker()](int, std::uint64_t calls) {
    for (std::uint64_t i = 0; i < calls; ++i) keep(b.try_acquire().has_value());
  });
  c.add("rejected/mutex", 1, [b = open_mutex_breaker()](int, std::uint64_t calls) {
    for (std::uint64_t i = 0; i < calls; ++i) keep(b->try_acquire(now()));
  });
  c.add("thrown/weir-context", 1, [b = open_breaker()](int, std::uint64_t calls) {
    for (std::uint64_t i = 0; i < calls; ++i) {
      try {
        keep(b.context([] { return work(1); }));
      } catch (const call_rejected& e) {
        keep(&e);
      }
    }
  });
}

}  // namespace

void print_beside(int threads, double seconds_each) {
  campaign all(1, seconds_each);
  if (threads == 1) {
    all.add("alone/cpp", 1, [](int, std::uint64_t calls) {
      for (std::uint64_t i = 0; i < calls; ++i) keep(work(1));
    });
    all.add("given/weir-permit", 1, through_permit_given_time(breaker()));
    all.add("given/mutex", 1, through_mutex_given_time(std::make_shared<mutex_breaker>()));
    add_rejections(all);
    all.add("retried/weir-run", 1, through_run(pipeline(retry({.attempts = 3}), breaker())));
    all.add("timed/weir-run", 1,
            through_run(pipeline(retry({.attempts = 3}), breaker(), timeout(1s))));
  }
  add_closed(all, threads);
  for (const auto& r : all.run()) {
    std::printf("{\"case\": \"%s\", \"ns\": %.3f}\n", r.name.c_str(), r.ns);
  }
}

}  // namespace weir::bench
