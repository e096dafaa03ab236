#include "evaluation.hpp"

namespace weir::gateway::expression {
namespace {

constexpr error_info too_much{error_kind::limit,
                              "this takes more work or memory than an expression may use"};

}  // namespace

std::string_view describe(const value& v) noexcept {
  switch (v.get_type()) {
    case type::null:
      return "null";
    case type::exact:
      return "a number beyond 64 bits";
    default:
      return name_of(v.get_type());
  }
}

value evaluation::out_of_budget() const noexcept {
  return value::error(too_much);
}

value evaluation::fail(error_kind kind, std::initializer_list<std::string_view> pieces) {
  std::size_t length = 0;
  for (const auto piece : pieces) length += piece.size();
  // A macro may absorb errors by the thousand.
  if (!spend_bytes(length + sizeof(error_info))) return out_of_budget();
  auto* const to = static_cast<char*>(memory().allocate(length, 1));
  std::size_t at = 0;
  for (const auto piece : pieces) at += piece.copy(to + at, piece.size());
  return value::error(*memory().make<error_info>(error_info{kind, {to, length}}));
}

value evaluation::fail_absent(const value& missing) {
  if (missing.missing_name().empty()) return fail(error_kind::absent, "a value is missing");
  return fail(error_kind::absent, {"'", missing.missing_name(), "' is missing"});
}

value evaluation::whole(const value& v) {
  if (v.kept_as() != value::storage::source) return v;
  const value made = v.source_here().all(memory());
  const std::size_t entries = made.is_map() ? *count(made, memory()) : 0;
  return spend_bytes(256 + entries * 2 * sizeof(map_entry)) ? made : out_of_budget();
}

value evaluation::paid(const value& found) {
  const bool text = found.kept_as() == value::storage::text;
  if (!spend(16) || !spend_bytes(text ? found.text_here().size() : 0)) return out_of_budget();
  return found;
}

std::string_view evaluation::text_of(const value& v) {
  if (v.kept_as() == value::storage::text) return v.text_here();
  if (v.json_here().has_escapes()) spend_bytes(v.json_here().raw().size());
  return *v.as_text(memory());
}

}  // namespace weir::gateway::expression
