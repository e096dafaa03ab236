#pragma once

#include <cstddef>
#include <span>

namespace weir {

// Asks for memory ahead of its use. With a thousand connections that take turns, what an event
// leads to has left the processor's near caches since the last one, and each first touch of a line
// waits for it; asked for a few events earlier, it is there. A hint without an effect on what a
// program does: the memory need not even be valid.
inline void prefetch(std::span<const std::byte> memory) noexcept {
  constexpr std::size_t line = 64;
  for (std::size_t at = 0; at < memory.size(); at += line) __builtin_prefetch(memory.data() + at);
}

// All of an object, which need not be alive.
template <class T>
void prefetch(const T& object) noexcept {
  prefetch(std::span(reinterpret_cast<const std::byte*>(&object), sizeof object));
}

}  // namespace weir
