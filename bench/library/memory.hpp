#pragma once

#include <cstddef>

namespace weir::bench {

// Bytes of resident memory that so many breakers cost, each used by two threads.
std::size_t memory_of_breakers(std::size_t count);

}  // namespace weir::bench
