#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <string>
#include <vector>

#include "load/histogram.hpp"
#include "load/options.hpp"
#include "load/response.hpp"
#include "shared/sockets.hpp"

namespace bench {

struct outcome {
  histogram latency;
  std::uint64_t wrong_status = 0;
  std::uint64_t wrong_length = 0;
  std::uint64_t broken = 0;      // connections that ended or turned unreadable under a request
  std::uint64_t unanswered = 0;  // still out when the patience after the end was over
  std::size_t backlog = 0;       // open loop: most requests that waited for a free connection
  double seconds = 0;            // from the start to the last answer
};

// Keep-alive connections to one port of loopback, driven by one epoll loop. Each phase ends with
// every request answered, so that what the server spent divides exactly by what was counted.
class runner {
 public:
  explicit runner(const load_options& options);

  // False if the port refuses.
  bool connect();

  // One phase. `rate` 0 is the closed loop.
  outcome run(double seconds, double rate, std::size_t burst);

 private:
  using clock = std::chrono::steady_clock;
  using instant = clock::time_point;

  struct connection {
    descriptor socket;
    response_reader reader;
    instant due{};  // when the request in flight should have left
    bool busy = false;
  };

  bool open(std::size_t at);
  void send(std::size_t at, instant due);
  void lose(std::size_t at);
  void on_readable(std::size_t at);
  void finish(std::size_t at, instant now);
  void start_closed(instant now);
  void start_due(instant now);
  void dispatch();
  bool waits_for_more(instant now) const;
  void arm_timer();

  const load_options& options_;
  std::string request_;
  descriptor epoll_;
  descriptor timer_;
  std::vector<connection> connections_;
  std::vector<std::size_t> idle_;

  outcome result_;
  std::deque<instant> waiting_;
  std::size_t in_flight_ = 0;
  instant begin_{};
  instant end_{};
  instant last_answer_{};
  clock::duration interval_{};  // between bursts; zero in the closed loop
  std::size_t burst_ = 0;
  std::uint64_t bursts_sent_ = 0;
};

}  // namespace bench
