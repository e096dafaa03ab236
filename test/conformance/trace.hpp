#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "weir/resilience/circuit_breaker/circuit_breaker.hpp"

namespace weir::conformance {

// One thing that happens in a trace, and what must be seen. README.md describes each field.
struct step {
  enum class kind { call, begin, end, look };

  kind what = kind::look;
  duration at{};
  std::string id;                    // begin, end
  std::string how;                   // call, end: success, failure, ignored, withdrawn
  std::optional<bool> admitted;      // call, begin
  std::optional<std::string> state;  // that the call was judged in
  std::optional<std::string> after;
  std::optional<std::uint64_t> failures;
  std::optional<duration> retry_after;
};

struct trace {
  std::string name;
  std::string source;
  circuit_options options;
  double draw = 0.5;
  std::vector<step> steps;
  std::optional<std::vector<std::string>> transitions;  // "closed>open", …
};

// A run of random calls, and what an original made of it.
struct random_run {
  std::string source;
  circuit_options options;
  std::uint64_t seed = 0;
  std::uint64_t calls = 0;
  std::uint64_t failing = 0;  // percent
  std::uint64_t ignored = 0;  // percent
  std::uint64_t digest = 0;
};

// All of a file of JSON lines. Throws std::runtime_error that names file and line.
std::vector<trace> read_traces(const std::string& path);
std::vector<random_run> read_runs(const std::string& path);

}  // namespace weir::conformance
