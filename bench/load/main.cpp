// The load: closed loop (each connection sends again when answered) or open loop (requests leave at
// their times). Prints one line of JSON.

#include <cstdio>
#include <iostream>
#include <string>

#include "load/options.hpp"
#include "load/runner.hpp"

namespace {

double micros(double nanoseconds) {
  return nanoseconds / 1000.0;
}

void print(const bench::outcome& result) {
  const bench::histogram& latency = result.latency;
  std::printf(
      "{\"requests\":%llu,\"seconds\":%.6f,\"wrong_status\":%llu,\"wrong_length\":%llu,"
      "\"broken\":%llu,\"unanswered\":%llu,\"backlog\":%zu,\"latency_us\":{\"mean\":%.1f,"
      "\"p50\":%.1f,\"p90\":%.1f,\"p99\":%.1f,\"p999\":%.1f,\"max\":%.1f}}\n",
      static_cast<unsigned long long>(latency.total()), result.seconds,
      static_cast<unsigned long long>(result.wrong_status),
      static_cast<unsigned long long>(result.wrong_length),
      static_cast<unsigned long long>(result.broken),
      static_cast<unsigned long long>(result.unanswered), result.backlog, micros(latency.mean()),
      micros(double(latency.percentile(0.5))), micros(double(latency.percentile(0.9))),
      micros(double(latency.percentile(0.99))), micros(double(latency.percentile(0.999))),
      micros(double(latency.max())));
  std::fflush(stdout);
}

// The one who starts us reads the CPU counters while we stand still here, so that connecting,
// warming up and closing stay out of them.
bool await_word() {
  std::string line;
  return static_cast<bool>(std::getline(std::cin, line));
}

}  // namespace

int main(int argc, char** argv) {
  const auto options = bench::parse_options(argc, argv);
  if (!options) return 2;
  bench::runner runner(*options);
  if (!runner.connect()) {
    std::fprintf(stderr, "weir-bench-load: nobody listens on 127.0.0.1:%u\n",
                 unsigned{options->port});
    return 1;
  }
  if (options->warmup > 0) runner.run(options->warmup, options->rate, options->burst);
  if (options->attended) {
    std::puts("ready");
    std::fflush(stdout);
    if (!await_word()) return 1;
  }
  print(runner.run(options->duration, options->rate, options->burst));
  if (options->attended) await_word();
  return 0;
}
