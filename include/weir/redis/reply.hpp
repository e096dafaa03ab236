#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

struct redisReply;

namespace weir::redis {

// What the server said; a view, valid during the call that hands it over.
class reply {
 public:
  enum class kind : std::uint8_t { none, text, status, error, integer, list };

  explicit reply(const redisReply* raw) noexcept : raw_(raw) {}

  kind what() const noexcept;  // none: the server's nil
  bool is_error() const noexcept { return what() == kind::error; }
  std::string_view text() const noexcept;          // of a text, status or error; else empty
  std::int64_t integer() const noexcept;           // of an integer, or a text that is one; else 0
  std::size_t size() const noexcept;               // of a list; else 0
  reply operator[](std::size_t i) const noexcept;  // i < size()

 private:
  const redisReply* raw_;
};

}  // namespace weir::redis
