#include "message.hpp"

#include <array>
#include <charconv>

namespace weir::sharing {
namespace {

constexpr std::array<std::string_view, 6> words = {"failed", "passed", "opened",
                                                   "closed", "wanted", "freed"};

std::optional<std::string_view> next(std::string_view& text) {
  const std::size_t space = text.find(' ');
  if (space == std::string_view::npos || space == 0) return std::nullopt;
  const std::string_view one = text.substr(0, space);
  text.remove_prefix(space + 1);
  return one;
}

bool read(std::string_view digits, std::uint64_t& into) {
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), into);
  return error == std::errc() && end == digits.data() + digits.size();
}

}  // namespace

std::string to_text(const message& m) {
  const message_parts parts = around_the_term(m);
  return parts.before + std::to_string(m.term) + parts.after;
}

message_parts around_the_term(const message& m) {
  std::string before(m.sender);
  before.append(" ").append(words[static_cast<std::size_t>(m.what)]);
  before.append(" ").append(std::to_string(m.first)).append(" ").append(std::to_string(m.second));
  return {before + ' ', ' ' + std::string(m.circuit)};
}

std::optional<message> parse(std::string_view text) {
  message m;
  const auto sender = next(text);
  const auto word = sender ? next(text) : std::nullopt;
  const auto first = word ? next(text) : std::nullopt;
  const auto second = first ? next(text) : std::nullopt;
  const auto term = second ? next(text) : std::nullopt;
  if (!term || !read(*first, m.first) || !read(*second, m.second) || !read(*term, m.term)) {
    return std::nullopt;
  }
  m.sender = *sender;
  m.circuit = text;
  for (std::size_t i = 0; i < words.size(); ++i) {
    if (words[i] != *word) continue;
    m.what = static_cast<message::word>(i);
    return m;
  }
  return std::nullopt;
}

}  // namespace weir::sharing
