#pragma once

#include <algorithm>
#include <cstring>
#include <memory>
#include <span>
#include <string_view>

#include "weir/http/head_bounds.hpp"
#include "weir/http/message.hpp"
#include "weir/io/buffer_pool.hpp"

namespace weir::http {

// What a connection has read and not yet used, in a block borrowed from the loop's pool only while
// there is something to hold. The head of the running exchange is kept at the front (its views
// point here) while body bytes come and go behind it; the parsed fields live at the block's end.
class input_buffer {
 public:
  static constexpr std::size_t most_fields = most_request_fields + 1;  // one tells of too many
  static constexpr std::size_t text_bytes =
      io::buffer_pool::block_bytes - most_fields * sizeof(field);  // 48 KiB
  static constexpr std::size_t most_head_bytes = most_request_head_bytes;
  static_assert(most_head_bytes + 4096 <= text_bytes, "a body has room, too");

  bool held() const noexcept { return static_cast<bool>(block_); }
  void hold(io::buffer_pool& pool) {
    if (!block_) block_ = pool.take();
  }
  void give_back() noexcept {
    block_ = {};
    kept_ = begin_ = end_ = 0;
  }

  std::string_view unread() const noexcept { return {block_.data() + begin_, end_ - begin_}; }
  bool empty() const noexcept { return begin_ == end_; }
  void consume(std::size_t bytes) noexcept { begin_ += bytes; }

  // All that was consumed stays where it is until release().
  void keep() noexcept { kept_ = begin_; }
  void release() noexcept {
    kept_ = 0;
    if (empty()) begin_ = end_ = 0;
  }
  // Unread bytes to the front, so that an unfinished head has all the room. Nothing must be kept.
  void compact() noexcept {
    if (begin_ == 0) return;
    std::memmove(block_.data(), block_.data() + begin_, end_ - begin_);
    end_ -= begin_;
    begin_ = 0;
  }

  std::span<char> space() noexcept {
    if (empty()) begin_ = end_ = kept_;
    return block_.span().subspan(end_, text_bytes - end_);
  }
  void add(std::size_t bytes) noexcept { end_ += bytes; }

  std::span<field> room() noexcept {
    // The array began its life with the block (both are implicit-lifetime types).
    return {std::launder(reinterpret_cast<field*>(block_.data() + text_bytes)), most_fields};
  }

 private:
  io::buffer_pool::block block_;
  std::size_t kept_ = 0;
  std::size_t begin_ = 0;
  std::size_t end_ = 0;
};

}  // namespace weir::http
