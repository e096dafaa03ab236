#pragma once

#include <cstdint>

namespace weir {

namespace detail {
inline constinit thread_local std::uint32_t thread_index_plus_one = 0;
std::uint32_t claim_thread_index() noexcept;
}  // namespace detail

// A small number that no other living thread has: 0, 1, 2 … in the order of first asking, given
// again when its thread has ended. For arrays with one slot for each thread. The hand-over from a
// dead thread to the next owner of its number is ordered (the dead one's writes are seen).
inline std::uint32_t thread_index() noexcept {
  const std::uint32_t known = detail::thread_index_plus_one;
  if (known != 0) [[likely]]
    return known - 1;
  return detail::claim_thread_index();
}

}  // namespace weir
