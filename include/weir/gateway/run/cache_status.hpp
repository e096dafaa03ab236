#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "weir/base/clock.hpp"

namespace weir::gateway {

// How the cache stood to one call.
struct cache_note {
  enum class way : std::uint8_t {
    hit,        // served from what is kept: nothing was sent
    miss,       // nothing was kept
    was_stale,  // what was kept is no more fresh, so the service was asked
  };
  way how = way::miss;
  bool joined = false;              // another's call was waited for
  bool stored = false;              // what came is kept
  bool stood_in = false;            // what is kept stands in for a failure
  int failed_with = 0;              // …of this status; 0: none came
  duration ttl = duration::zero();  // of a hit, of what is stored, of what stood in

  bool same_but_for_time(const cache_note& other) const noexcept {
    return how == other.how && joined == other.joined && stored == other.stored &&
           stood_in == other.stood_in && failed_with == other.failed_with;
  }
};

// The Cache-Status field (RFC 9211) of an answer made of several calls: a member for each step, or
// several where the items of a list fared differently. Which step it is stands in `detail`.
class cache_status {
 public:
  void add(std::string_view step, const cache_note& note);  // the name must stay
  bool empty() const noexcept { return members_.empty(); }
  void clear() noexcept { members_.clear(); }
  void append_line(std::string& to) const;

 private:
  struct member {
    std::string_view step;
    cache_note note;
  };
  std::vector<member> members_;
};

}  // namespace weir::gateway
