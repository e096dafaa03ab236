#include "weir/gateway/run/cache_status.hpp"

#include <algorithm>

namespace weir::gateway {

void cache_status::add(std::string_view step, const cache_note& note) {
  for (member& m : members_) {
    if (m.step != step || !m.note.same_but_for_time(note)) continue;
    m.note.ttl = std::min(m.note.ttl, note.ttl);
    return;
  }
  members_.push_back({step, note});
}

// Cache-Status: weir; hit; ttl=3; detail=products, weir; fwd=miss; stored; ttl=5; detail=stock
void cache_status::append_line(std::string& to) const {
  std::string_view before = "Cache-Status: ";
  for (const member& m : members_) {
    const cache_note& n = m.note;
    to += before;
    before = ", ";
    to += "weir; ";
    to += n.how == cache_note::way::hit         ? "hit"
          : n.how == cache_note::way::was_stale ? "fwd=stale"
                                                : "fwd=miss";
    if (n.failed_with != 0) to.append("; fwd-status=").append(std::to_string(n.failed_with));
    if (n.joined) to += "; collapsed";
    if (n.stored) to += "; stored";
    if (n.how == cache_note::way::hit || n.stored || n.stood_in) {
      // Of what is stale it is below zero.
      const auto left = std::chrono::floor<std::chrono::seconds>(n.ttl).count();
      to.append("; ttl=").append(std::to_string(left));
    }
    to.append("; detail=").append(m.step);
  }
  to += "\r\n";
}

}  // namespace weir::gateway
