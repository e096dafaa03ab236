#include "weir/gateway/expression/parse.hpp"

#include "syntax.hpp"
#include "tree.hpp"

namespace weir::gateway::expression {

std::string_view ast::text() const noexcept {
  return tree_->text;
}

result<ast, problems> parse(std::string_view text, const parse_limits& limits) {
  if (text.size() > limits.bytes) {
    return failure(problems{{0, 1, "the expression is too long", {}}});
  }
  auto made = std::make_shared<tree>();
  syntax reading(*made, text, 0, limits);
  if (reading.run() && reading.ahead().kind != token_kind::end) reading.fail_unexpected();
  if (reading.wrong()) return failure(problems{*reading.wrong()});
  made->text = text;
  return ast(std::move(made));
}

result<embedded, problems> parse_embedded(std::string_view text, std::size_t begin,
                                          const parse_limits& limits) {
  auto made = std::make_shared<tree>();
  syntax reading(*made, text, begin, limits);
  if (reading.run() && !reading.ahead().is("}")) {
    if (reading.ahead().kind == token_kind::end) {
      reading.fail(begin - std::min<std::size_t>(begin, 2), 2, "this '${' is never closed");
    } else {
      reading.fail_unexpected();
    }
  }
  if (reading.wrong()) return failure(problems{*reading.wrong()});
  const std::size_t end = reading.ahead().offset;
  if (end - begin > limits.bytes) {
    return failure(problems{{begin, 1, "the expression is too long", {}}});
  }
  made->text = text.substr(begin, end - begin);
  return embedded{ast(std::move(made)), end};
}

}  // namespace weir::gateway::expression
