#pragma once

#include <string>

#include "systems/common/service.hpp"
#include "weir/resilience/circuit_breaker/options.hpp"

namespace weir::systems::gists {

// How a breaker of this system behaves: "when 20 % of the calls in 20 s fail, broken for 5 s"; and
// then so long to recover.
struct rule {
  double ratio;
  duration within;
  duration broken;
  duration recovery;
};

// What the ratio is of.
enum class profile {
  ratio,    // of all calls of the window, as the document words it
  aiomisc,  // of its ten buckets, as aiomisc computes it
};

struct gists_options {
  std::string api = "https://api.github.com/gists";
  std::string ca_file;  // PEM; empty: the system's roots
  duration timeout = std::chrono::seconds(5);
  bool breaker = true;  // false: everything is let through, to see what it is for
  gists::profile profile = profile::ratio;
  rule context{0.2, std::chrono::seconds(20), std::chrono::seconds(5), std::chrono::seconds(20)};
  rule cutout{0.2, std::chrono::seconds(30), std::chrono::seconds(30), std::chrono::seconds(30)};
};

// The options of a breaker called `name` that follows that rule. It recovers by a ramp: a growing
// share of the calls is let through.
circuit_options breaker_options(const std::string& name, profile p, const rule& r);

// Passes on public gists: GET / by a breaker used as a context, /cutout and /cutout/{id} by two
// functions in a decorator; /statistics tells of all three breakers.
void serve_gists(service& to, const gists_options& with);

}  // namespace weir::systems::gists
