#include "commands/eval.hpp"

#include <unistd.h>

#include <ctime>
#include <iostream>
#include <iterator>

#include "commands/terminal.hpp"
#include "exit_codes.hpp"
#include "weir/base/clock.hpp"
#include "weir/gateway/config/problem.hpp"
#include "weir/gateway/expression/evaluate_text.hpp"

namespace weir::app {
namespace {

namespace config = gateway::config;
using gateway::expression::evaluation_failure;

class this_machine final : public gateway::expression::environment {
 public:
  std::tm local_time() const override {
    const std::time_t now = std::chrono::system_clock::to_time_t(wall_now());
    std::tm out{};
    ::localtime_r(&now, &out);
    return out;
  }
};

// The same look as a configuration's problems: the text is the file.
void tell(const gateway::expression::problems& found, const std::string& name,
          const std::string& text) {
  const config::source in(name, text);
  for (const auto& p : found) {
    config::problem shown;
    shown.where = {static_cast<std::uint32_t>(p.offset), static_cast<std::uint32_t>(p.length)};
    shown.what = p.message + (p.suggestion.empty() ? "" : "; " + p.suggestion);
    std::cerr << config::print(shown, in, {.color = may_color(STDERR_FILENO)});
  }
}

}  // namespace

int eval(const std::string& expression) {
  const std::string document{std::istreambuf_iterator<char>(std::cin), {}};
  const this_machine world;
  const auto value = gateway::expression::evaluate_text(expression, document, &world);
  if (value) {
    std::cout << *value << '\n';
    return std::cout.flush() ? exit_ok : exit_failure;
  }
  const evaluation_failure& why = value.error();
  tell(why.in_expression, "expression", expression);
  tell(why.in_document, "document", document);
  if (!why.message.empty()) std::cerr << "weir: " << why.message << '\n';
  return exit_failure;
}

}  // namespace weir::app
