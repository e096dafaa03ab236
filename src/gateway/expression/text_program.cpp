#include <set>

#include "weir/gateway/expression/output.hpp"
#include "weir/gateway/expression/program.hpp"

namespace weir::gateway::expression {

text_program text_program::constant(std::string text) {
  std::vector<part> parts;
  parts.push_back({std::move(text), std::nullopt});
  return text_program(std::move(parts));
}

bool text_program::is_constant() const noexcept {
  return parts_.empty() || (parts_.size() == 1 && !parts_[0].slot);
}

bool text_program::is_single() const noexcept {
  return parts_.size() == 1 && parts_[0].slot && parts_[0].literal.empty();
}

std::vector<std::uint16_t> text_program::slots() const {
  std::set<std::uint16_t> all;
  for (const auto& one : parts_) {
    if (one.slot) all.insert(one.slot->slots().begin(), one.slot->slots().end());
  }
  return {all.begin(), all.end()};
}

value text_program::evaluate(const frame& in) const {
  return is_single() ? parts_[0].slot->evaluate(in) : evaluate_text(in);
}

value text_program::evaluate_text(const frame& in) const {
  if (is_constant()) return value::text(parts_.empty() ? std::string_view() : parts_[0].literal);
  if (is_single()) return to_text(parts_[0].slot->evaluate(in), *in.memory);
  const auto pieces = in.memory->make_array<std::string_view>(parts_.size());
  std::size_t length = 0;
  value gone;  // the first part that is null or missing; an error further on outweighs it
  bool is_gone = false;
  for (std::size_t i = 0; i < parts_.size(); ++i) {
    length += parts_[i].literal.size();
    if (!parts_[i].slot) continue;
    const value text = to_text(parts_[i].slot->evaluate(in), *in.memory);
    if (text.is_error()) return text;
    if (text.is_absent()) {
      if (!is_gone || text.is_missing()) gone = text;
      is_gone = true;
      continue;
    }
    pieces[i] = *text.as_text(*in.memory);
    length += pieces[i].size();
  }
  if (is_gone) return gone;
  auto* const to = static_cast<char*>(in.memory->allocate(length, 1));
  std::size_t at = 0;
  for (std::size_t i = 0; i < parts_.size(); ++i) {
    at += parts_[i].literal.copy(to + at, parts_[i].literal.size());
    at += pieces[i].copy(to + at, pieces[i].size());
  }
  return value::text({to, at});
}

}  // namespace weir::gateway::expression
