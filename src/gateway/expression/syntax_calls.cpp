#include <algorithm>
#include <utility>

#include "function_table.hpp"
#include "quotes.hpp"
#include "syntax.hpp"

// Names and what may stand behind them: calls, has() and macros.
namespace weir::gateway::expression {
namespace {

// CEL keeps these for itself; `.package` after a point is a member like any other.
constexpr std::string_view reserved[] = {
    "as", "break", "const", "continue",  "else",    "for",    "function", "if",   "import",
    "in", "let",   "loop",  "namespace", "package", "return", "var",      "void", "while"};

struct macro_name {
  std::string_view name;
  op what;
};
constexpr macro_name macros[] = {{"all", op::all},
                                 {"exists", op::exists},
                                 {"exists_one", op::exists_one},
                                 {"map", op::transform},
                                 {"filter", op::filter}};

const macro_name* find_macro(std::string_view name) {
  const auto found = std::ranges::find(macros, name, &macro_name::name);
  return found == std::end(macros) ? nullptr : found;
}

}  // namespace

syntax::made syntax::named() {
  const token name = ahead_;
  if (name.is_word("true") || name.is_word("false")) {
    return advance() ? constant(name, value::boolean(name.is_word("true"))) : none;
  }
  if (name.is_word("null")) return advance() ? constant(name, value::null()) : none;
  if (std::ranges::find(reserved, name.spelled) != std::end(reserved)) {
    fail(name.offset, name.length, in_quotes(name.spelled) + " is a reserved word");
    return none;
  }
  if (!advance()) return none;
  if (ahead_.is("(")) {
    if (name.is_word("has")) return has(name);
    kid_list given;
    if (!arguments(given)) return none;
    return call(name, given, false);
  }
  if (const auto number = variable(name.spelled)) return add(op::local, name, {}, *number);
  return add(op::name, name, {}, intern(name.spelled));
}

// x.f(…): a macro or a method.
syntax::made syntax::method(const token& name, made of) {
  if (const auto* const found = find_macro(name.spelled)) return macro(name, found->what, of);
  kid_list given{of};
  return arguments(given) ? call(name, given, true) : none;
}

bool syntax::arguments(kid_list& into) {
  if (!expect("(", "before the arguments")) return false;
  while (!ahead_.is(")")) {
    if (into.size() >= limits_.literal_size) return fail(ahead_.offset, 1, "too many arguments");
    const made argument = coalesce();
    if (argument == none) return false;
    into.push_back(argument);
    if (!ahead_.is(",")) break;
    if (!advance()) return false;
  }
  return expect(")", "after the arguments");
}

syntax::made syntax::call(const token& name, const kid_list& given, bool method) {
  const auto* const found = find_function(name.spelled);
  if (!found) {
    if (find_macro(name.spelled)) {
      fail(name.offset, name.length, in_quotes(name.spelled) + " is written after a list",
           "list." + std::string(name.spelled) + "(x, …)");
      return none;
    }
    std::vector<std::string_view> known{"has"};
    for (const auto& f : all_functions()) known.push_back(f.name);
    for (const auto& m : macros) known.push_back(m.name);
    fail(name.offset, name.length, "there is no function " + in_quotes(name.spelled),
         suggest(name.spelled, known));
    return none;
  }
  if (method && !found->as_method) {
    fail(name.offset, name.length, in_quotes(name.spelled) + " is no method",
         "write " + std::string(name.spelled) + "(x)");
    return none;
  }
  if (!method && !found->as_function) {
    fail(name.offset, name.length, in_quotes(name.spelled) + " is written after what it works on",
         "write x." + std::string(name.spelled) + "(…)");
    return none;
  }
  if (given.size() < found->least || given.size() > found->most) {
    const std::size_t receiver = method ? 1 : 0;
    std::string due = std::to_string(found->least - receiver);
    if (found->most != found->least) {
      due += found->most > 100 ? " or more" : " or " + std::to_string(found->most - receiver);
    }
    fail(name.offset, name.length,
         in_quotes(name.spelled) + " takes " + due +
             (due == "1" ? " argument, not " : " arguments, not ") +
             std::to_string(given.size() - std::min(receiver, given.size())));
    return none;
  }
  return add(op::call, name, given, static_cast<std::uint32_t>(found->id));
}

syntax::made syntax::has(const token& name) {
  kid_list given;
  if (!arguments(given)) return none;
  if (given.size() != 1 ||
      (tree_.nodes[given[0]].what != op::select && tree_.nodes[given[0]].what != op::index)) {
    fail(name.offset, name.length, "'has' asks for a member: has(a.b)");
    return none;
  }
  return add(op::has, name, given);
}

syntax::made syntax::macro(const token& name, op what, made range) {
  if (variables_.size() >= most_locals) {
    fail(name.offset, name.length, "too many of all, exists, map and filter inside one another");
    return none;
  }
  if (!expect("(", "before the variable")) return none;
  const token variable_name = ahead_;
  if (variable_name.kind != token_kind::name ||
      std::ranges::find(reserved, variable_name.spelled) != std::end(reserved)) {
    fail(variable_name.offset, variable_name.length, "the name of a variable is due here",
         "for example " + std::string(name.spelled) + "(x, …)");
    return none;
  }
  if (!advance() || !expect(",", "after the variable")) return none;
  const auto number = static_cast<std::uint32_t>(variables_.size());
  variables_.push_back(variable_name.spelled);
  kid_list kids{range};
  made body = coalesce();
  if (body == none) return none;
  kids.push_back(body);
  if (what == op::transform && ahead_.is(",")) {
    what = op::filter_transform;
    if (!advance()) return none;
    body = coalesce();
    if (body == none) return none;
    kids.push_back(body);
  }
  variables_.pop_back();
  if (!expect(")", "after the arguments")) return none;
  return add(what, name, kids, number);
}

}  // namespace weir::gateway::expression
