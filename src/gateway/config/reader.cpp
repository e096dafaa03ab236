#include "weir/gateway/config/reader.hpp"

#include <algorithm>
#include <utility>

#include "weir/json/utf8.hpp"

namespace weir::gateway::config {
namespace {

bool letter(char c) noexcept {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}
bool digit(char c) noexcept {
  return c >= '0' && c <= '9';
}
bool blank(char c) noexcept {
  return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

// "did you mean 'products'?" of the expression's own words → products
std::string bare_suggestion(std::string_view sentence) {
  constexpr std::string_view before = "did you mean '";
  if (!sentence.starts_with(before) || !sentence.ends_with("'?")) return {};
  return std::string(sentence.substr(before.size(), sentence.size() - before.size() - 2));
}

// Commas that separate, not those inside brackets or strings.
std::vector<std::pair<std::size_t, std::size_t>> split_at_commas(std::string_view text) {
  std::vector<std::pair<std::size_t, std::size_t>> parts;
  std::size_t begin = 0;
  int depth = 0;
  char quote = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (quote != 0) {
      if (c == '\\') ++i;
      if (c == quote) quote = 0;
    } else if (c == '\'' || c == '"') {
      quote = c;
    } else if (c == '(' || c == '[' || c == '{') {
      ++depth;
    } else if (c == ')' || c == ']' || c == '}') {
      --depth;
    } else if (c == ',' && depth == 0) {
      parts.emplace_back(begin, i);
      begin = i + 1;
    }
  }
  parts.emplace_back(begin, text.size());
  return parts;
}

}  // namespace

std::string shown(const node& from) {
  constexpr std::size_t most = 40;
  if (from.text.size() <= most) return "`" + from.text + "`";
  return "`" + std::string(json::utf8_front(from.text, most)) + "…`";
}

std::string with_backticks(std::string text) {
  const auto edge = [](char c) { return !letter(c) && !digit(c) && c != '_' && c != '\''; };
  std::size_t at = 0;
  while ((at = text.find('\'', at)) != std::string::npos) {
    const std::size_t end = text.find('\'', at + 1);
    if (end == std::string::npos) break;
    const bool opens = at == 0 || edge(text[at - 1]);
    const bool closes = end + 1 == text.size() || edge(text[end + 1]);
    if (opens && closes) text[at] = text[end] = '`';
    at = opens && closes ? end + 1 : at + 1;
  }
  return text;
}

bool is_name(std::string_view text, bool dashes) noexcept {
  if (text.empty() || text[0] < 'a' || text[0] > 'z') return false;
  return std::all_of(text.begin(), text.end(), [dashes](char c) {
    return letter(c) || digit(c) || c == '_' || (dashes && c == '-');
  });
}

std::optional<std::string> reader::text(const node& from, std::string_view expected) {
  if (!from.is_scalar()) {
    error(from.where,
          "expected " + std::string(expected) + ", and this is " + std::string(describe(from)));
    return std::nullopt;
  }
  auto expanded = expression::expand_environment(from.text, environment_);
  if (!expanded) {
    report(expanded.error(), from);
    return std::nullopt;
  }
  return std::move(expanded).value();
}

place reader::part(const node& scalar, std::size_t offset, std::size_t length) const {
  const std::size_t from = offset_in_source(scalar, in_, offset);
  const std::size_t to = offset_in_source(scalar, in_, offset + length);
  return {static_cast<std::uint32_t>(from),
          static_cast<std::uint32_t>(to > from ? to - from : std::size_t{1})};
}

void reader::report(const expression::problems& all, const node& scalar, std::size_t shift) {
  for (const expression::problem& p : all) {
    std::string what = with_backticks(p.message);
    const std::string suggestion = bare_suggestion(p.suggestion);
    if (suggestion.empty() && !p.suggestion.empty()) what += "; " + with_backticks(p.suggestion);
    error(part(scalar, shift + p.offset, p.length), std::move(what), suggestion);
  }
}

std::optional<template_text> reader::read_template(const node& from) {
  if (!from.is_scalar()) {
    error(from.where, "expected text, and this is " + std::string(describe(from)));
    return std::nullopt;
  }
  auto parsed = expression::parse_template(from.text, environment_);
  if (!parsed) {
    report(parsed.error(), from);
    return std::nullopt;
  }
  return template_text{from, std::move(parsed).value()};
}

std::optional<expression_text> reader::read_expression(const node& from) {
  if (!from.is_scalar()) {
    error(from.where, "expected an expression, and this is " + std::string(describe(from)));
    return std::nullopt;
  }
  auto whole = expression::parse_template(from.text, environment_);
  if (!whole) {
    report(whole.error(), from);
    return std::nullopt;
  }
  if (const expression::ast* single = whole->single()) {
    return expression_text{from, 0, *single};
  }
  const std::optional<std::string> bare = whole->literal();
  if (!bare) {
    error(from.where,
          "expected one expression, and this is text with expressions in it; write `a + b`, or "
          "`${a + b}`");
    return std::nullopt;
  }
  auto parsed = expression::parse(*bare);
  if (!parsed) {
    report(parsed.error(), from);
    return std::nullopt;
  }
  return expression_text{from, 0, std::move(parsed).value()};
}

std::vector<each_source> reader::read_sources(const node& from, bool many) {
  std::vector<each_source> out;
  if (!from.is_scalar()) {
    error(from.where, "expected `LIST as NAME`, and this is " + std::string(describe(from)));
    return out;
  }
  const auto parts = split_at_commas(from.text);
  if (!many && parts.size() > 1) {
    error(part(from, parts[1].first, parts[1].second - parts[1].first),
          "a step goes over one list; join lists in `reply`, or index the other by position");
    return out;
  }
  constexpr std::size_t most = 8;  // gateway::most_sources
  if (parts.size() > most) {
    error(part(from, parts[most].first, parts[most].second - parts[most].first),
          "`each` joins 8 lists at most; join some of them in a step with a `value`");
  }
  for (const auto& [begin, end] : parts) {
    if (auto source = read_source(from, begin, end)) out.push_back(std::move(*source));
  }
  for (std::size_t i = 0; i < out.size(); ++i) {
    for (std::size_t k = 0; k < i; ++k) {
      if (out[k].name == out[i].name) {
        error(out[i].name_at, "`" + out[i].name + "` is here twice; give each list its own name");
      }
    }
  }
  return out;
}

std::optional<each_source> reader::read_source(const node& from, std::size_t begin,
                                               std::size_t end) {
  std::string_view text = from.text;
  while (begin < end && blank(text[begin])) ++begin;
  while (end > begin && blank(text[end - 1])) --end;
  std::size_t name = end;
  while (name > begin &&
         (letter(text[name - 1]) || digit(text[name - 1]) || text[name - 1] == '_')) {
    --name;
  }
  std::size_t as = name;
  while (as > begin && blank(text[as - 1])) --as;
  const bool has_as = as < name && as >= begin + 3 && text.substr(as - 2, 2) == "as" &&
                      blank(text[as - 3]) && name < end;
  if (!has_as) {
    std::string written(text.substr(begin, end - begin));
    if (written.ends_with(" as")) written.resize(written.size() - 3);
    error(part(from, begin, end - begin),
          "say what one element is called: `each: " + (written.empty() ? "products" : written) +
              " as item`");
    return std::nullopt;
  }
  each_source made{{from, 0, expression::ast(nullptr)},
                   std::string(text.substr(name, end - name)),
                   part(from, name, end - name)};
  std::size_t over_end = as - 2;
  while (over_end > begin && blank(text[over_end - 1])) --over_end;
  std::size_t over = begin;
  if (text.substr(over, 2) == "${" && over_end > over + 2 && text[over_end - 1] == '}') {
    over += 2;
    over_end -= 1;
  }
  made.over.shift = over;
  auto parsed = expression::parse(text.substr(over, over_end - over));
  if (!parsed) {
    report(parsed.error(), from, over);
    return std::nullopt;
  }
  made.over.parsed = std::move(parsed).value();
  return made;
}

}  // namespace weir::gateway::config
