#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "weir/gateway/expression/check.hpp"
#include "weir/gateway/expression/evaluate_text.hpp"
#include "weir/gateway/expression/output.hpp"
#include "weir/gateway/expression/program.hpp"
#include "weir/json/parser.hpp"

namespace weir::gateway::expression {

// 2024-01-02 03:04:05, a Tuesday, for ever.
class stopped_clock final : public environment {
 public:
  std::tm local_time() const override {
    std::tm now{};
    now.tm_year = 124;
    now.tm_mday = 2;
    now.tm_wday = 2;
    now.tm_yday = 1;
    now.tm_hour = 3;
    now.tm_min = 4;
    now.tm_sec = 5;
    return now;
  }
};

// "int 3", "error: …", "missing 'x'": the value of an expression with its type, the check left out,
// so that what it would refuse is seen at run time.
inline std::string run(std::string_view text, const std::map<std::string, value>& names = {},
                       const evaluation_limits& limits = {}) {
  const auto parsed = parse(text);
  if (!parsed) return "problem: " + parsed.error()[0].message;
  std::vector<value> slots;
  const auto compiled =
      compile(*parsed, [&](std::string_view name) -> std::optional<std::uint16_t> {
        const auto found = names.find(std::string(name));
        if (found == names.end()) return std::nullopt;
        slots.push_back(found->second);
        return static_cast<std::uint16_t>(slots.size() - 1);
      });
  if (!compiled) return "problem: " + compiled.error()[0].message;
  arena memory;
  const stopped_clock world;
  const value out = compiled->evaluate({slots, &memory, &world, limits});
  if (out.is_error()) return "error: " + std::string(out.as_error()->message);
  if (out.is_missing()) return "missing '" + std::string(out.missing_name()) + "'";
  std::string json;
  json::writer to(json);
  write_json(out, to, memory);
  return std::string(name_of(out.get_type())) + " " + json;
}

// The same over a document, with the check: JSON, or "error: …".
inline std::string over(std::string_view document, std::string_view text) {
  const stopped_clock world;
  const auto out = evaluate_text(text, document, &world);
  if (out) return *out;
  if (!out.error().in_document.empty()) return "document: " + out.error().in_document[0].message;
  if (!out.error().in_expression.empty()) return "error: " + out.error().in_expression[0].message;
  return "error: " + out.error().message;
}

}  // namespace weir::gateway::expression
