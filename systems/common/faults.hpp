#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "weir/base/clock.hpp"
#include "weir/base/random.hpp"
#include "weir/base/result.hpp"

namespace weir::systems {

// How a service misbehaves, for demonstrations and tests. A value, written as JSON:
//
//   {"delay": "2s"}  {"delay": "0s..5s"}       wait first, as long or uniformly between the two
//   {"fail": 503}                              answer with that status
//   {"junk": "text"}  {"junk": "shape"}        200, but no JSON; or JSON of another shape
//   {"hang": true}                             never answer
//   {"reset_after": 3}                         reset every connection after three more answers
//   {"only": ["/products/2/inventory"]}        … for these paths, the others are well
struct faults {
  enum class junk { none, text, shape };

  duration least_delay{};
  duration most_delay{};
  int fail = 0;  // 0: no
  junk garbage = junk::none;
  bool hang = false;
  std::optional<std::uint64_t> reset_after;
  std::vector<std::string> only;  // empty: all paths

  bool concerns(std::string_view path) const;
  duration draw_delay(random_source& from) const;
};

// "50ms" or "0s..5s".
result<void, std::string> parse_delay(std::string_view text, faults& into);

// What `json` does not name is as in `usual`. The error is a sentence for the one who sent it.
result<faults, std::string> parse_faults(std::string_view json, const faults& usual);

// The same form, with the number of requests the service has seen.
std::string describe(const faults& f, std::uint64_t requests);

}  // namespace weir::systems
