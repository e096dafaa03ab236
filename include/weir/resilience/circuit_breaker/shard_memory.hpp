#pragma once

#include <cstddef>

namespace weir::detail {

// Memory for the shards of circuits: whole cache lines, begun at a line, cut from larger blocks.
// One by one, an allocator would spend half as much again on its own lines between them. What is
// given back is kept for the next shard and never returned to the system, so the most there ever
// was stays. Thread-safe; a shard is taken once for each thread and circuit.
class shard_memory {
 public:
  // Throws std::bad_alloc.
  static void* take(std::size_t bytes);
  static void give_back(void* memory, std::size_t bytes) noexcept;
};

}  // namespace weir::detail
