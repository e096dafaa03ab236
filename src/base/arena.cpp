#include "weir/base/arena.hpp"

namespace weir {

arena::~arena() {
  free_all();
}

arena::arena(arena&& other) noexcept
    : next_(std::exchange(other.next_, nullptr)),
      end_(std::exchange(other.end_, nullptr)),
      current_(std::exchange(other.current_, nullptr)),
      large_(std::exchange(other.large_, nullptr)),
      block_bytes_(other.block_bytes_),
      reserved_(std::exchange(other.reserved_, 0)) {}

arena& arena::operator=(arena&& other) noexcept {
  if (this != &other) {
    free_all();
    next_ = std::exchange(other.next_, nullptr);
    end_ = std::exchange(other.end_, nullptr);
    current_ = std::exchange(other.current_, nullptr);
    large_ = std::exchange(other.large_, nullptr);
    block_bytes_ = other.block_bytes_;
    reserved_ = std::exchange(other.reserved_, 0);
  }
  return *this;
}

void* arena::allocate_slow(std::size_t bytes, std::size_t align) {
  if (bytes > std::numeric_limits<std::size_t>::max() / 2 - align) throw std::bad_alloc();
  // A large piece gets a block of its own, so that the rest of the current one is not wasted and
  // reset() never keeps an outsize block.
  if (bytes + align > block_bytes_ / 2) {
    block* const b = new_block(bytes + align);
    b->previous = std::exchange(large_, b);
    const auto at = reinterpret_cast<std::size_t>(b->content());
    return b->content() + ((align - (at & (align - 1))) & (align - 1));
  }
  block* const b = new_block(block_bytes_);
  b->previous = std::exchange(current_, b);
  next_ = b->content();
  end_ = next_ + b->bytes;
  return allocate(bytes, align);
}

arena::block* arena::new_block(std::size_t content) {
  auto* const b = static_cast<block*>(::operator new(sizeof(block) + content));
  b->previous = nullptr;
  b->bytes = content;
  reserved_ += content;
  return b;
}

void arena::free_block(block* b) noexcept {
  reserved_ -= b->bytes;
  ::operator delete(b);
}

void arena::reset() noexcept {
  while (large_) free_block(std::exchange(large_, large_->previous));
  if (!current_) return;
  while (current_->previous) free_block(std::exchange(current_, current_->previous));
  next_ = current_->content();
  end_ = next_ + current_->bytes;
}

void arena::free_all() noexcept {
  reset();
  if (current_) free_block(std::exchange(current_, nullptr));
  next_ = end_ = nullptr;
}

}  // namespace weir
