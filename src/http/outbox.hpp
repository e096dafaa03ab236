#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "weir/io/stream.hpp"

namespace weir::http {

// Strings that have room already, so that a busy server allocates nothing for what it must hold
// back.
class spare_strings {
 public:
  std::string take();
  void give_back(std::string&& used) noexcept;

 private:
  static constexpr std::size_t most_kept = 256;  // so many answers a batch of events may bring
  static constexpr std::size_t largest_kept = 256 * 1024;
  static constexpr std::size_t most_kept_bytes = 1024 * 1024;  // of all
  std::vector<std::string> kept_;
  std::size_t kept_bytes_ = 0;
};

// Bytes on their way to one stream. Gathers them into as few writes as there can be, and keeps what
// the kernel does not take until the stream is writable again.
class outbox {
 public:
  enum class outcome : unsigned char { sent, blocked, failed };

  explicit outbox(spare_strings& spares) noexcept : spares_(spares) {}
  ~outbox() { clear(); }
  outbox(const outbox&) = delete;
  outbox& operator=(const outbox&) = delete;

  void append(std::string_view piece);
  // What waits, then the pieces, in one write. At most six pieces.
  outcome send(io::stream& to, std::span<const std::string_view> pieces);
  outcome flush(io::stream& to) { return send(to, {}); }
  void clear() noexcept;

  std::size_t size() const noexcept { return text_.size() - sent_; }
  bool blocked() const noexcept { return blocked_; }  // the kernel had no room; on_writable comes

 private:
  spare_strings& spares_;
  std::string text_;
  std::size_t sent_ = 0;
  bool blocked_ = false;
};

}  // namespace weir::http
