#pragma once

#include <cstddef>
#include <cstring>
#include <limits>
#include <memory>
#include <new>
#include <span>
#include <string_view>
#include <type_traits>
#include <utility>

namespace weir {

// Memory that is given out piece by piece and taken back all at once: what one request needs for
// its short life. reset() keeps one block, so a worker that serves alike requests stops asking the
// heap. No destructor is ever run for what lives here. Not thread-safe.
class arena {
 public:
  explicit arena(std::size_t block_bytes = 16 * 1024) noexcept : block_bytes_(block_bytes) {}
  ~arena();
  arena(const arena&) = delete;
  arena& operator=(const arena&) = delete;
  arena(arena&& other) noexcept;
  arena& operator=(arena&& other) noexcept;

  // `align` is a power of two. Throws std::bad_alloc.
  void* allocate(std::size_t bytes, std::size_t align = alignof(std::max_align_t)) {
    const auto at = reinterpret_cast<std::size_t>(next_);
    const std::size_t padding = (align - (at & (align - 1))) & (align - 1);
    const auto room = static_cast<std::size_t>(end_ - next_);
    if (padding <= room && bytes <= room - padding) [[likely]] {
      std::byte* const out = next_ + padding;
      next_ = out + bytes;
      return out;
    }
    return allocate_slow(bytes, align);
  }

  // A copy that lives as long as the arena's content.
  std::string_view copy(std::string_view text) {
    if (text.empty()) return {};
    auto* const to = static_cast<char*>(allocate(text.size(), 1));
    std::memcpy(to, text.data(), text.size());
    return {to, text.size()};
  }

  template <class T, class... Args>
  T* make(Args&&... args) {
    static_assert(std::is_trivially_destructible_v<T>, "an arena runs no destructors");
    return ::new (allocate(sizeof(T), alignof(T))) T(std::forward<Args>(args)...);
  }

  // n value-initialised elements.
  template <class T>
  std::span<T> make_array(std::size_t n) {
    static_assert(std::is_trivially_destructible_v<T>, "an arena runs no destructors");
    if (n > std::numeric_limits<std::size_t>::max() / sizeof(T)) throw std::bad_array_new_length();
    auto* const first = static_cast<T*>(allocate(n * sizeof(T), alignof(T)));
    std::uninitialized_value_construct_n(first, n);
    return {first, n};
  }

  // Takes everything back; keeps one ordinary block for the next round.
  void reset() noexcept;

  // Bytes held from the heap now, for limits and tests.
  std::size_t reserved() const noexcept { return reserved_; }

 private:
  struct block {
    block* previous;
    std::size_t bytes;  // of the content after this header
    std::byte* content() noexcept { return reinterpret_cast<std::byte*>(this + 1); }
  };

  void* allocate_slow(std::size_t bytes, std::size_t align);
  block* new_block(std::size_t content);
  void free_block(block* b) noexcept;
  void free_all() noexcept;

  std::byte* next_ = nullptr;
  std::byte* end_ = nullptr;
  block* current_ = nullptr;  // the block being filled; older ones behind it
  block* large_ = nullptr;    // pieces too large for a block, each alone
  std::size_t block_bytes_;
  std::size_t reserved_ = 0;
};

// For standard containers that live in an arena and are abandoned with it.
template <class T>
class arena_allocator {
 public:
  using value_type = T;

  explicit arena_allocator(arena& from) noexcept : arena_(&from) {}
  template <class U>
  arena_allocator(const arena_allocator<U>& other) noexcept : arena_(other.source()) {}  // NOLINT

  T* allocate(std::size_t n) {
    if (n > std::numeric_limits<std::size_t>::max() / sizeof(T)) throw std::bad_array_new_length();
    return static_cast<T*>(arena_->allocate(n * sizeof(T), alignof(T)));
  }
  void deallocate(T*, std::size_t) noexcept {}
  arena* source() const noexcept { return arena_; }

  template <class U>
  friend bool operator==(const arena_allocator& a, const arena_allocator<U>& b) noexcept {
    return a.source() == b.source();
  }

 private:
  arena* arena_;
};

}  // namespace weir
