#pragma once

#include <cstddef>
#include <functional>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "weir/base/result.hpp"
#include "weir/gateway/expression/check.hpp"
#include "weir/gateway/expression/parse.hpp"
#include "weir/gateway/expression/program.hpp"

namespace weir::gateway::expression {

// The value of an environment variable; none if it is not set.
using environment_lookup = std::function<std::optional<std::string>(std::string_view name)>;

// Puts in the environment: `${NAME}`, `${NAME:-default}` (also where it is set but empty),
// `${NAME:?message}`; `$${` is a literal `${`. For fields that hold no expressions, where any other
// `${` is a problem. What is put in is never expanded again.
result<std::string, problems> expand_environment(std::string_view text,
                                                 const environment_lookup& lookup);

// A scalar with expressions in it: "text ${expr} text". The environment's values become literal
// text here, once.
class text_template {
 public:
  struct slot {
    ast expression;
    std::size_t offset;  // of the "${" in the text
  };
  using part = std::variant<std::string, slot>;

  explicit text_template(std::vector<part> parts) : parts_(std::move(parts)) {}

  const std::vector<part>& parts() const noexcept { return parts_; }
  // Without expressions: the text, environment put in.
  std::optional<std::string> literal() const;
  // Exactly one `${…}` and nothing else: it keeps the value's type.
  const ast* single() const noexcept;

 private:
  std::vector<part> parts_;  // no two literals side by side
};

result<text_template, problems> parse_template(std::string_view text,
                                               const environment_lookup& lookup,
                                               const parse_limits& limits = {});

// As check() of the expressions together; `result` is text unless the template is single.
checked check(const text_template& of, const type_environment& names);

result<text_program, problems> compile(const text_template& of, const slot_resolver& slot_of);

}  // namespace weir::gateway::expression
