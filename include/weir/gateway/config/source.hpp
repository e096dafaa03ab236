#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace weir::gateway::config {

// A stretch of a file, in bytes.
struct place {
  std::uint32_t offset = 0;
  std::uint32_t length = 0;
  std::uint32_t end() const noexcept { return offset + length; }
  friend bool operator==(const place&, const place&) = default;
  // From the beginning of this to the end of another.
  place until(place last) const noexcept {
    return {offset, last.end() > offset ? last.end() - offset : length};
  }
};

// A configuration file's name and text, kept for messages. Immutable.
class source {
 public:
  source(std::string name, std::string text);

  const std::string& name() const noexcept { return name_; }
  const std::string& text() const noexcept { return text_; }

  // Counted from 1; columns in characters.
  struct position {
    std::uint32_t line = 1;
    std::uint32_t column = 1;
  };
  position at(std::size_t offset) const;
  std::string_view line(std::uint32_t number) const;  // without its end
  std::size_t line_start(std::uint32_t number) const;
  std::size_t offset_of(std::uint32_t line, std::uint32_t column) const;

 private:
  std::string name_;
  std::string text_;
  std::vector<std::size_t> starts_;  // of each line
};

// How many characters (code points) UTF-8 text has; what is not UTF-8 counts a byte each.
std::size_t count_characters(std::string_view text) noexcept;

}  // namespace weir::gateway::config
