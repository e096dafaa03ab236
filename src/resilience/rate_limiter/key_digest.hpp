#pragma once

#include <cstdint>
#include <string_view>

namespace weir::detail {

// 64 bits for a key of any length: SipHash-2-4 (Aumasson and Bernstein) under a fixed key, so that
// all processes find the same. Two of 100,000 keys meet by chance once in four thousand million
// tables, and then count together.
std::uint64_t key_digest(std::string_view key) noexcept;

}  // namespace weir::detail
