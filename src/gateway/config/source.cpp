#include "weir/gateway/config/source.hpp"

#include <algorithm>
#include <utility>

namespace weir::gateway::config {

std::size_t count_characters(std::string_view text) noexcept {
  return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), [](char c) {
    return (static_cast<unsigned char>(c) & 0xc0) != 0x80;
  }));
}

source::source(std::string name, std::string text)
    : name_(std::move(name)), text_(std::move(text)) {
  starts_.push_back(0);
  for (std::size_t i = 0; i < text_.size(); ++i) {
    if (text_[i] == '\n') starts_.push_back(i + 1);
  }
}

source::position source::at(std::size_t offset) const {
  offset = std::min(offset, text_.size());
  const auto after = std::upper_bound(starts_.begin(), starts_.end(), offset);
  const auto index = static_cast<std::size_t>(after - starts_.begin()) - 1;
  const std::string_view before =
      std::string_view(text_).substr(starts_[index], offset - starts_[index]);
  return {static_cast<std::uint32_t>(index + 1),
          static_cast<std::uint32_t>(count_characters(before) + 1)};
}

std::size_t source::line_start(std::uint32_t number) const {
  if (number == 0) return 0;
  return number <= starts_.size() ? starts_[number - 1] : text_.size();
}

std::string_view source::line(std::uint32_t number) const {
  const std::size_t start = line_start(number);
  std::size_t end = text_.find('\n', start);
  if (end == std::string::npos) end = text_.size();
  if (end > start && text_[end - 1] == '\r') --end;
  return std::string_view(text_).substr(start, end - start);
}

std::size_t source::offset_of(std::uint32_t line_number, std::uint32_t column) const {
  std::size_t offset = line_start(line_number);
  const std::size_t end = offset + line(line_number).size();
  for (std::uint32_t c = 1; c < column && offset < end; ++c) {
    ++offset;
    while (offset < end && (static_cast<unsigned char>(text_[offset]) & 0xc0) == 0x80) ++offset;
  }
  return offset;
}

}  // namespace weir::gateway::config
