#include "weir/resilience/circuit_breaker/shard_memory.hpp"

#include <array>
#include <mutex>
#include <new>

namespace weir::detail {
namespace {

constexpr std::size_t line = 64;
constexpr std::size_t block_lines = 64;
// Circuits of more windows than that are rare: theirs come from the heap.
constexpr std::size_t most_lines = 16;

struct spare {
  spare* next;
};

struct store {
  std::mutex mutex;
  std::array<spare*, most_lines + 1> spares{};  // by their size in lines
};

// Never destroyed: circuits may outlive the statics.
store& all() {
  static auto* const made = new store;
  return *made;
}

std::size_t lines_of(std::size_t bytes) noexcept {
  return (bytes + line - 1) / line;
}

}  // namespace

void* shard_memory::take(std::size_t bytes) {
  const std::size_t lines = lines_of(bytes);
  if (lines > most_lines) return ::operator new(lines * line, std::align_val_t(line));
  store& s = all();
  const std::lock_guard lock(s.mutex);
  spare*& first = s.spares[lines];
  if (!first) {
    auto* const block =
        static_cast<std::byte*>(::operator new(block_lines * line, std::align_val_t(line)));
    for (std::size_t at = 0; at + lines <= block_lines; at += lines) {
      first = ::new (block + at * line) spare{first};
    }
  }
  spare* const taken = first;
  first = taken->next;
  return taken;
}

void shard_memory::give_back(void* memory, std::size_t bytes) noexcept {
  const std::size_t lines = lines_of(bytes);
  if (lines > most_lines) {
    ::operator delete(memory, std::align_val_t(line));
    return;
  }
  store& s = all();
  const std::lock_guard lock(s.mutex);
  s.spares[lines] = ::new (memory) spare{s.spares[lines]};
}

}  // namespace weir::detail
