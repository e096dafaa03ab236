#include "weir/gateway/expression/evaluate_text.hpp"

#include <algorithm>

#include "weir/gateway/expression/check.hpp"
#include "weir/gateway/expression/output.hpp"
#include "weir/json/parser.hpp"

namespace weir::gateway::expression {
namespace {

// The document as the names of an expression: its members, and itself as `this` and `body`.
struct names_of_document {
  type_environment known;
  std::vector<std::string> order;
  std::vector<value> slots;

  void add(std::string_view name, const value& content) {
    known.add(std::string(name));
    order.emplace_back(name);
    slots.push_back(content);
  }
  // A name given twice is found at its last place.
  std::optional<std::uint16_t> slot_of(std::string_view name) const {
    const auto found = std::find(order.rbegin(), order.rend(), name);
    if (found == order.rend()) return std::nullopt;
    return static_cast<std::uint16_t>(order.rend() - found - 1);
  }
};

names_of_document read_names(const json::value& root, arena& memory) {
  constexpr std::size_t most_names = 10'000;
  names_of_document names;
  const value whole = value::json(root);
  names.add("body", whole);
  for (const auto member : root.members()) {
    if (names.order.size() == most_names) break;
    names.add(*member.name.as_string(memory), value::json(member.value));
  }
  names.add("this", whole);
  return names;
}

failed<evaluation_failure> fail(std::string message) {
  evaluation_failure out;
  out.message = std::move(message);
  return {std::move(out)};
}

}  // namespace

result<std::string, evaluation_failure> evaluate_text(std::string_view text,
                                                      std::string_view document,
                                                      const environment* world) {
  arena memory;
  json::parser reader;
  names_of_document names;
  evaluation_failure wrong;
  if (document.find_first_not_of(" \t\r\n") != std::string_view::npos) {
    const auto root = reader.parse(document, memory);
    if (!root) {
      wrong.in_document.push_back({root.error().offset, 1, std::string(root.error().reason), {}});
      return failure(std::move(wrong));
    }
    names = read_names(*root, memory);
  }
  const auto parsed = parse(text);
  if (!parsed) {
    wrong.in_expression = parsed.error();
    return failure(std::move(wrong));
  }
  wrong.in_expression = check(*parsed, names.known).problems;
  if (!wrong.in_expression.empty()) return failure(std::move(wrong));
  const auto compiled =
      compile(*parsed, [&](std::string_view name) { return names.slot_of(name); });
  if (!compiled) {
    wrong.in_expression = compiled.error();
    return failure(std::move(wrong));
  }
  const value out = compiled->evaluate({names.slots, &memory, world, {}});
  if (const auto* const error = out.as_error()) return fail(std::string(error->message));
  if (out.is_missing()) {
    const auto name = out.missing_name();
    return fail(name.empty() ? "it is missing" : "'" + std::string(name) + "' is missing");
  }
  std::string written;
  json::writer to(written);
  if (const auto done = write_json(out, to, memory); done.error)
    return fail(std::string(done.error->message));
  return written;
}

}  // namespace weir::gateway::expression
