#include "weir/gateway/expression/template.hpp"

#include <utility>

namespace weir::gateway::expression {
namespace {

bool upper(char c) noexcept {
  return c >= 'A' && c <= 'Z';
}
bool in_environment_name(char c) noexcept {
  return upper(c) || (c >= '0' && c <= '9') || c == '_';
}
bool in_name(char c) noexcept {
  return in_environment_name(c) || (c >= 'a' && c <= 'z');
}

// Goes through a scalar: plain text, "$${", the environment. What else begins with "${" is handed
// to `expression`, which says where to go on, or npos to stop.
class scanner {
 public:
  using expression_handler = std::function<std::size_t(std::size_t dollar)>;

  scanner(std::string_view text, const environment_lookup& lookup, problems& wrong)
      : text_(text), lookup_(lookup), wrong_(wrong) {}

  void run(const expression_handler& expression) {
    while (at_ < text_.size()) {
      if (text_.substr(at_).starts_with("$${")) {
        literal_ += "${";
        at_ += 3;
      } else if (!text_.substr(at_).starts_with("${")) {
        literal_ += text_[at_++];
      } else if (const auto name = environment_name(); !name.empty()) {
        if (!variable(name)) return;
      } else {
        at_ = expression(at_);
        if (at_ == std::string_view::npos) return;
      }
    }
  }

  std::string take_literal() { return std::exchange(literal_, {}); }

 private:
  // The name behind "${" if it is one of the environment: [A-Z][A-Z0-9_]*, and no more letters.
  std::string_view environment_name() const noexcept {
    const auto rest = text_.substr(at_ + 2);
    if (rest.empty() || !upper(rest[0])) return {};
    std::size_t length = 1;
    while (length < rest.size() && in_environment_name(rest[length])) ++length;
    if (length < rest.size() && in_name(rest[length])) return {};
    return rest.substr(0, length);
  }

  bool variable(std::string_view name) {
    const std::size_t dollar = at_;
    const std::size_t behind = dollar + 2 + name.size();
    const auto close = closing_brace(behind);
    if (close == std::string_view::npos) {
      wrong_.push_back({dollar, 2, "this '${' is never closed", {}});
      return false;
    }
    at_ = close + 1;
    const auto option = text_.substr(behind, close - behind);
    if (!option.empty() && !option.starts_with(":-") && !option.starts_with(":?")) {
      wrong_.push_back({behind, option.size(),
                        "this cannot stand behind a variable of the environment",
                        "${" + std::string(name) + "}, ${" + std::string(name) +
                            ":-default} or ${" + std::string(name) + ":?message}"});
      return true;
    }
    const auto found = lookup_ ? lookup_(name) : std::nullopt;
    const bool usable = found && (option.empty() || !found->empty());
    if (usable) {
      literal_ += *found;
    } else if (option.starts_with(":-")) {
      literal_ += option.substr(2);
    } else {
      auto message = "the environment has no '" + std::string(name) + "'";
      if (option.size() > 2) message += ": " + std::string(option.substr(2));
      wrong_.push_back({dollar, close + 1 - dollar, std::move(message),
                        option.empty()
                            ? "a default is written ${" + std::string(name) + ":-default}"
                            : std::string()});
    }
    return true;
  }

  std::size_t closing_brace(std::size_t from) const noexcept {
    std::size_t open = 1;
    for (std::size_t i = from; i < text_.size(); ++i) {
      if (text_[i] == '{') ++open;
      if (text_[i] == '}' && --open == 0) return i;
    }
    return std::string_view::npos;
  }

  std::string_view text_;
  const environment_lookup& lookup_;
  problems& wrong_;
  std::size_t at_ = 0;
  std::string literal_;
};

}  // namespace

result<std::string, problems> expand_environment(std::string_view text,
                                                 const environment_lookup& lookup) {
  problems wrong;
  scanner scan(text, lookup, wrong);
  scan.run([&](std::size_t dollar) {
    wrong.push_back({dollar, 2, "no expression may stand here",
                     "only the environment, ${NAME}; a literal '${' is written '$${'"});
    return std::string_view::npos;
  });
  if (!wrong.empty()) return failure(std::move(wrong));
  return scan.take_literal();
}

std::optional<std::string> text_template::literal() const {
  if (parts_.empty()) return std::string();
  if (parts_.size() > 1) return std::nullopt;
  const auto* const text = std::get_if<std::string>(&parts_[0]);
  return text ? std::optional<std::string>(*text) : std::nullopt;
}

const ast* text_template::single() const noexcept {
  if (parts_.size() != 1) return nullptr;
  const auto* const only = std::get_if<slot>(&parts_[0]);
  return only ? &only->expression : nullptr;
}

result<text_template, problems> parse_template(std::string_view text,
                                               const environment_lookup& lookup,
                                               const parse_limits& limits) {
  problems wrong;
  std::vector<text_template::part> parts;
  scanner scan(text, lookup, wrong);
  const auto keep_literal = [&] {
    auto literal = scan.take_literal();
    if (!literal.empty()) parts.emplace_back(std::move(literal));
  };
  scan.run([&](std::size_t dollar) {
    keep_literal();
    auto parsed = parse_embedded(text, dollar + 2, limits);
    if (!parsed) {
      for (auto& one : parsed.error()) wrong.push_back(std::move(one));
      return std::string_view::npos;
    }
    parts.emplace_back(text_template::slot{parsed->expression, dollar});
    return parsed->end + 1;
  });
  keep_literal();
  if (!wrong.empty()) return failure(std::move(wrong));
  return text_template(std::move(parts));
}

checked check(const text_template& of, const type_environment& names) {
  if (const auto* const only = of.single()) return check(*only, names);
  checked all;
  all.result = static_type::text();
  for (const auto& part : of.parts()) {
    const auto* const slot = std::get_if<text_template::slot>(&part);
    if (!slot) continue;
    auto one = check(slot->expression, names);
    for (auto& p : one.problems) all.problems.push_back(std::move(p));
    all.roots.merge(one.roots);
    all.result = all.result.with(one.result.may_be() & absent);
  }
  return all;
}

result<text_program, problems> compile(const text_template& of, const slot_resolver& slot_of) {
  std::vector<text_program::part> parts;
  problems wrong;
  bool open = false;  // the last part waits for its expression
  for (const auto& part : of.parts()) {
    if (const auto* const text = std::get_if<std::string>(&part)) {
      parts.push_back({*text, std::nullopt});
      open = true;
      continue;
    }
    auto compiled = compile(std::get<text_template::slot>(part).expression, slot_of);
    if (!compiled) {
      for (auto& one : compiled.error()) wrong.push_back(std::move(one));
      continue;
    }
    if (!open) parts.emplace_back();
    parts.back().slot = std::move(*compiled);
    open = false;
  }
  if (!wrong.empty()) return failure(std::move(wrong));
  return text_program(std::move(parts));
}

}  // namespace weir::gateway::expression
