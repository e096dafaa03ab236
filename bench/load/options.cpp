#include "load/options.hpp"

#include <cstdio>
#include <cstdlib>
#include <string_view>

namespace bench {
namespace {

constexpr const char* usage =
    "usage: weir-bench-load --port N --path /P [--connections 64] [--warmup S] [--duration S]\n"
    "                       [--rate PER_SECOND --burst N] [--body-bytes N] [--attended]\n"
    "Without --rate each connection sends its next request when its answer is in; with it, "
    "requests\n"
    "leave at their times whatever the answers do, and latency counts from the intended time.\n";

bool sensible(const load_options& options) {
  return options.port != 0 && !options.path.empty() && options.path.front() == '/' &&
         options.connections > 0 && options.connections <= 16384 && options.warmup >= 0 &&
         options.duration > 0 && options.duration <= 600 && options.rate >= 0 && options.burst > 0;
}

}  // namespace

std::optional<load_options> parse_options(int argc, char** argv) {
  load_options options;
  for (int i = 1; i < argc; ++i) {
    const std::string_view name = argv[i];
    if (name == "--attended") {
      options.attended = true;
      continue;
    }
    if (i + 1 == argc) {
      std::fputs(usage, stderr);
      return std::nullopt;
    }
    const char* value = argv[++i];
    if (name == "--port") {
      options.port = static_cast<std::uint16_t>(std::atoi(value));
    } else if (name == "--path") {
      options.path = value;
    } else if (name == "--connections") {
      options.connections = std::strtoul(value, nullptr, 10);
    } else if (name == "--warmup") {
      options.warmup = std::atof(value);
    } else if (name == "--duration") {
      options.duration = std::atof(value);
    } else if (name == "--rate") {
      options.rate = std::atof(value);
    } else if (name == "--burst") {
      options.burst = std::strtoul(value, nullptr, 10);
    } else if (name == "--body-bytes") {
      options.body_bytes = std::strtoul(value, nullptr, 10);
    } else {
      std::fputs(usage, stderr);
      return std::nullopt;
    }
  }
  if (!sensible(options)) {
    std::fputs(usage, stderr);
    return std::nullopt;
  }
  return options;
}

}  // namespace bench
