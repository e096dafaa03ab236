// A text as an expression, as a template and as a field of the environment; behind a zero byte the
// document it is evaluated over. Whatever comes out must be within the bounds and sound JSON.
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "weir/gateway/expression/check.hpp"
#include "weir/gateway/expression/evaluate_text.hpp"
#include "weir/gateway/expression/output.hpp"
#include "weir/gateway/expression/template.hpp"
#include "weir/gateway/expression/url.hpp"
#include "weir/json/parser.hpp"

namespace {

using namespace weir::gateway::expression;

void demand(bool truth) {
  if (!truth) std::abort();
}

void demand_sound(const problems& all, std::size_t size) {
  demand(!all.empty());
  for (const auto& one : all) demand(one.offset <= size && one.length > 0 && !one.message.empty());
}

class fixed_clock final : public environment {
 public:
  std::tm local_time() const override { return {}; }
};

void evaluate_template(const std::string& text, const value& document) {
  const auto lookup = [](std::string_view name) -> std::optional<std::string> {
    if (name.size() % 2 == 0) return std::nullopt;
    return "${not_expanded_again}";
  };
  if (const auto expanded = expand_environment(text, lookup); !expanded) {
    demand_sound(expanded.error(), text.size());
  }
  const auto parsed = parse_template(text, lookup);
  if (!parsed) return demand_sound(parsed.error(), text.size());
  const auto compiled =
      compile(*parsed, [](std::string_view) { return std::optional<std::uint16_t>(0); });
  demand(compiled.has_value());
  weir::arena memory;
  const frame in{{&document, 1}, &memory, nullptr, {.steps = 20'000, .bytes = 1 << 20}};
  const value out = compiled->evaluate(in);
  std::string url;
  append_url_segment(url, out, memory);
  append_query_value(url, out, memory);
  demand(url.find_first_of(" /?#&=\r\n\"") == std::string::npos);
}

void evaluate_expression(const std::string& text, const value& document) {
  const auto parsed = parse(text);
  if (!parsed) return demand_sound(parsed.error(), text.size());
  type_environment names;
  names.add("a");
  names.add("typed", static_type(bit(document.get_type())));
  const auto judged = check(*parsed, names);
  const auto compiled = compile(*parsed, [&](std::string_view name) {
    return names.find(name) ? std::optional<std::uint16_t>(0) : std::nullopt;
  });
  // An unknown name is found by both.
  demand(compiled || !judged.problems.empty());
  if (!compiled) return;
  weir::arena memory;
  const fixed_clock world;
  const frame in{{&document, 1}, &memory, &world, {.steps = 20'000, .bytes = 1 << 20}};
  const value out = compiled->evaluate(in);
  demand(memory.reserved() < (8u << 20));
  // What the check lets pass has a type that it foresaw.
  demand(!judged.problems.empty() || out.is_error() || judged.result.may_be(bit(out.get_type())));
  std::string written;
  weir::json::writer to(written);
  write_json(out, to, memory);
  weir::json::parser reader;
  demand(reader.parse(written, memory).has_value());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  const auto cut = std::min(input.find('\0'), input.size());
  const std::string text(input.substr(0, cut));
  const std::string json(cut < size ? input.substr(cut + 1)
                                    : std::string_view(R"({"a":[1,"x",null]})"));
  weir::arena memory;
  static weir::json::parser reader;
  const auto root = reader.parse(json, memory);
  const value document = root ? value::json(*root) : value::null();
  evaluate_expression(text, document);
  evaluate_template(text, document);
  return 0;
}
