#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "weir/base/clock.hpp"

namespace weir::systems::gists {

// One breaker as /statistics shows it.
struct breaker_view {
  std::string state;  // empty: it could not be read
  double ratio = -1;
  std::map<std::string, std::uint64_t> counts;

  std::uint64_t count(const std::string& name) const;  // 0 when not there
  std::uint64_t let_through() const;
  std::string in_short() const;
};

// That of the breaker `name` out of what /statistics answered.
breaker_view read_view(const std::string& statistics, const std::string& name);

// When something changed, as far as one can tell who looks now and then.
struct moment {
  time_point earliest, latest;
};

// From one change to another, likewise: no verdict on it depends on how busy the machine is.
struct span {
  span(moment from, moment to);

  bool may_be(duration d) const { return least <= d && d <= most; }
  std::string in_words() const;

  duration least, most;
};

}  // namespace weir::systems::gists
