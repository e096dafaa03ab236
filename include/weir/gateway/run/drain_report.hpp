#pragma once

#include <cstddef>

namespace weir::gateway {

// What became of the last clients of a gateway that went away.
struct drain_report {
  std::size_t found = 0;  // connections found waiting when the listeners were closed: served, too
  std::size_t cut = 0;    // requests that were not answered within `drain.timeout`

  drain_report& operator+=(const drain_report& other) noexcept {
    found += other.found;
    cut += other.cut;
    return *this;
  }
};

}  // namespace weir::gateway
