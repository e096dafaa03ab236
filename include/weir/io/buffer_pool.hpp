#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <utility>
#include <vector>

namespace weir::io {

// Blocks of one size to read into, handed out last in, first out, so that a busy loop works in
// memory that is still in the cache and an idle connection holds none. One for each loop; not
// thread-safe. Must outlive its blocks.
class buffer_pool {
 public:
  static constexpr std::size_t block_bytes = 64 * 1024;
  static constexpr std::size_t most_kept = 16;  // 1 MiB; more go back to the heap

  class block {
   public:
    block() noexcept = default;
    block(block&& other) noexcept
        : from_(std::exchange(other.from_, nullptr)), bytes_(std::move(other.bytes_)) {}
    block& operator=(block&& other) noexcept {
      block old = std::move(*this);
      from_ = std::exchange(other.from_, nullptr);
      bytes_ = std::move(other.bytes_);
      return *this;
    }
    ~block() {
      if (bytes_) from_->give_back(std::move(bytes_));
    }

    explicit operator bool() const noexcept { return bytes_ != nullptr; }
    char* data() const noexcept { return bytes_.get(); }
    std::span<char> span() const noexcept { return {bytes_.get(), bytes_ ? block_bytes : 0}; }

   private:
    friend class buffer_pool;
    block(buffer_pool& from, std::unique_ptr<char[]> bytes) noexcept
        : from_(&from), bytes_(std::move(bytes)) {}
    buffer_pool* from_ = nullptr;
    std::unique_ptr<char[]> bytes_;
  };

  buffer_pool() { kept_.reserve(most_kept); }
  buffer_pool(const buffer_pool&) = delete;
  buffer_pool& operator=(const buffer_pool&) = delete;

  block take() {
    if (kept_.empty()) return {*this, std::unique_ptr<char[]>(new char[block_bytes])};
    std::unique_ptr<char[]> top = std::move(kept_.back());
    kept_.pop_back();
    return {*this, std::move(top)};
  }
  std::size_t kept() const noexcept { return kept_.size(); }

 private:
  void give_back(std::unique_ptr<char[]> bytes) noexcept {
    if (kept_.size() < most_kept) kept_.push_back(std::move(bytes));
  }

  std::vector<std::unique_ptr<char[]>> kept_;
};

}  // namespace weir::io
