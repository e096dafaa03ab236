#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace weir::json {

// Walks over what stands between the quotes of a valid JSON string, one run or one escape at a
// time.
class unescaper {
 public:
  explicit unescaper(std::string_view inner) noexcept : rest_(inner) {}

  bool done() const noexcept { return rest_.empty(); }
  // The next bytes of the content: a stretch without escapes, or what one escape stands for, which
  // is valid until the next call.
  std::string_view next() noexcept;

 private:
  std::uint32_t hex4(std::size_t at) const noexcept;

  std::string_view rest_;
  char unit_[4] = {};
};

}  // namespace weir::json
