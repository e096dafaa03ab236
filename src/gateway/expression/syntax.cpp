#include "syntax.hpp"

#include <algorithm>
#include <limits>

#include "quotes.hpp"

namespace weir::gateway::expression {
namespace {

std::string word_for_operator(std::string_view word) {
  if (word == "and") return "did you mean '&&'?";
  if (word == "or") return "did you mean '||'?";
  if (word == "not") return "did you mean '!'?";
  return {};
}

}  // namespace

bool syntax::fail(std::size_t offset, std::size_t length, std::string message,
                  std::string suggestion) {
  if (!wrong_) {
    wrong_ = problem{offset, std::max<std::size_t>(1, length), std::move(message),
                     std::move(suggestion)};
  }
  return false;
}

bool syntax::advance() {
  if (auto wrong = lexer_.next(ahead_)) {
    if (!wrong_) wrong_ = std::move(wrong);
    return false;
  }
  return true;
}

bool syntax::expect(std::string_view symbol, std::string_view what) {
  if (ahead_.is(symbol)) return advance();
  return fail(ahead_.offset, ahead_.length,
              in_quotes(symbol) + " is due here, " + std::string(what),
              ahead_.kind == token_kind::name ? word_for_operator(ahead_.spelled) : std::string());
}

bool syntax::enter() {
  if (++depth_ <= limits_.depth) return true;
  return fail(ahead_.offset, ahead_.length, "nested too deep");
}

bool syntax::fail_unexpected() {
  if (ahead_.kind == token_kind::end)
    return fail(ahead_.offset, 1, "the expression ends too early");
  if (ahead_.kind == token_kind::symbol) {
    return fail(ahead_.offset, ahead_.length, in_quotes(ahead_.spelled) + " has no meaning here");
  }
  return fail(ahead_.offset, ahead_.length, "an operator is due before this",
              ahead_.kind == token_kind::name ? word_for_operator(ahead_.spelled) : std::string());
}

bool syntax::run() {
  if (!advance()) return false;
  if (ahead_.kind == token_kind::end || ahead_.is("}")) {
    return fail(ahead_.offset, 1, "the expression is empty");
  }
  const made root = coalesce();
  if (root == none) return false;
  tree_.root = root;
  return true;
}

syntax::made syntax::add(op what, const token& at, const kid_list& kids, std::uint32_t data) {
  if (tree_.nodes.size() >= limits_.nodes) {
    fail(at.offset, at.length, "the expression is too long");
    return none;
  }
  std::uint16_t height = 0;
  for (const made kid : kids) height = std::max(height, tree_.nodes[kid].height);
  if (height >= limits_.depth) {
    fail(at.offset, at.length, "nested too deep");
    return none;
  }
  tree_node node{.what = what};
  node.kid_count = static_cast<std::uint16_t>(kids.size());
  node.height = static_cast<std::uint16_t>(height + 1);
  node.first_kid = static_cast<std::uint32_t>(tree_.kids.size());
  node.data = data;
  node.offset = static_cast<std::uint32_t>(at.offset);
  node.length = static_cast<std::uint32_t>(at.length);
  tree_.kids.insert(tree_.kids.end(), kids.begin(), kids.end());
  tree_.nodes.push_back(node);
  return static_cast<made>(tree_.nodes.size() - 1);
}

syntax::made syntax::constant(const token& at, value of) {
  tree_.constants.push_back(of);
  return add(op::literal, at, {}, static_cast<std::uint32_t>(tree_.constants.size() - 1));
}

std::uint32_t syntax::intern(std::string_view name) {
  const auto found = std::ranges::find(tree_.names, name);
  if (found != tree_.names.end()) return static_cast<std::uint32_t>(found - tree_.names.begin());
  tree_.names.push_back(tree_.strings.copy(name));
  return static_cast<std::uint32_t>(tree_.names.size() - 1);
}

std::optional<std::uint32_t> syntax::variable(std::string_view name) const {
  for (std::size_t i = variables_.size(); i > 0; --i) {
    if (variables_[i - 1] == name) return static_cast<std::uint32_t>(i - 1);
  }
  return std::nullopt;
}

template <class Next>
syntax::made syntax::left_to_right(Next next, std::initializer_list<op> operators) {
  made left = (this->*next)();
  while (left != none) {
    const auto is_ahead = [&](op o) {
      return ahead_.is(spelling(o)) || (o == op::in && ahead_.is_word("in"));
    };
    const auto found = std::ranges::find_if(operators, is_ahead);
    if (found == operators.end()) return left;
    const token at = ahead_;
    if (!advance()) return none;
    const made right = (this->*next)();
    if (right == none) return none;
    left = add(*found, at, {left, right});
  }
  return none;
}

syntax::made syntax::coalesce() {
  if (!enter()) return none;
  const made whole = left_to_right(&syntax::conditional, {op::coalesce});
  --depth_;
  return whole;
}

syntax::made syntax::conditional() {
  if (!enter()) return none;
  made whole = logical_or();
  if (whole != none && ahead_.is("?")) {
    const token at = ahead_;
    if (!advance()) return none;
    const made yes = logical_or();
    if (yes == none || !expect(":", "between the two values that '?' chooses from")) return none;
    const made no = conditional();
    if (no == none) return none;
    whole = add(op::conditional, at, {whole, yes, no});
  }
  --depth_;
  return whole;
}

syntax::made syntax::logical_or() {
  return left_to_right(&syntax::logical_and, {op::logical_or});
}

syntax::made syntax::logical_and() {
  return left_to_right(&syntax::relation, {op::logical_and});
}

syntax::made syntax::relation() {
  return left_to_right(&syntax::addition, {op::less_equal, op::less, op::greater_equal, op::greater,
                                           op::equal, op::unequal, op::in});
}

syntax::made syntax::addition() {
  return left_to_right(&syntax::multiplication, {op::add, op::subtract});
}

syntax::made syntax::multiplication() {
  return left_to_right(&syntax::unary, {op::multiply, op::divide, op::modulo});
}

syntax::made syntax::unary() {
  if (ahead_.is("-")) return negated();
  if (!ahead_.is("!")) return member();
  const token at = ahead_;
  if (!enter() || !advance()) return none;
  const made of = unary();
  --depth_;
  return of == none ? none : add(op::logical_not, at, {of});
}

// A sign before digits belongs to the number, or the least one could not be written.
syntax::made syntax::negated() {
  const token at = ahead_;
  if (!enter() || !advance()) return none;
  if (ahead_.kind == token_kind::integer || ahead_.kind == token_kind::real) {
    token number = ahead_;
    number.length = number.offset + number.length - at.offset;
    number.offset = at.offset;
    if (!advance()) return none;
    const made whole =
        number.kind == token_kind::real
            ? constant(number, value::real(-number.real))
            : constant(number, value::integer(static_cast<std::int64_t>(~number.integer + 1)));
    --depth_;
    return whole == none ? none : dotted(whole);
  }
  const made of = unary();
  --depth_;
  return of == none ? none : add(op::negate, at, {of});
}

syntax::made syntax::member() {
  const made of = primary();
  return of == none ? none : dotted(of);
}

// What follows a value: .name, .method(…), [index].
syntax::made syntax::dotted(made of) {
  while (of != none) {
    if (ahead_.is("[")) {
      of = indexed(of);
      continue;
    }
    if (!ahead_.is(".")) return of;
    if (!advance()) return none;
    if (ahead_.kind != token_kind::name) {
      fail(ahead_.offset, ahead_.length, "a name is due after the point",
           "other names are written ['like this']");
      return none;
    }
    const token name = ahead_;
    if (!advance()) return none;
    if (!ahead_.is("(")) {
      of = add(op::select, name, {of}, intern(name.spelled));
      continue;
    }
    of = method(name, of);
  }
  return none;
}

syntax::made syntax::indexed(made of) {
  const token at = ahead_;
  if (!advance()) return none;
  const made key = coalesce();
  if (key == none || !expect("]", "after the index")) return none;
  return add(op::index, at, {of, key});
}

syntax::made syntax::primary() {
  const token at = ahead_;
  switch (at.kind) {
    case token_kind::integer:
      if (at.integer > static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max())) {
        fail(at.offset, at.length, "this number does not fit into 64 bits");
        return none;
      }
      return advance() ? constant(at, value::integer(static_cast<std::int64_t>(at.integer))) : none;
    case token_kind::uinteger:
      return advance() ? constant(at, value::uinteger(at.integer)) : none;
    case token_kind::real:
      return advance() ? constant(at, value::real(at.real)) : none;
    case token_kind::text:
      return advance() ? constant(at, value::text(at.content)) : none;
    case token_kind::bytes:
      return advance() ? constant(at, value::bytes(at.content)) : none;
    case token_kind::name:
      return named();
    case token_kind::end:
    case token_kind::symbol:
      break;
  }
  if (at.is("[")) return list();
  if (at.is("{")) return map();
  if (at.is("(")) {
    if (!advance()) return none;
    const made inside = coalesce();
    return inside != none && expect(")", "to close the bracket") ? inside : none;
  }
  if (at.kind == token_kind::end) {
    fail(at.offset, 1, "the expression ends where a value is due");
  } else {
    fail(at.offset, at.length, "a value is due here, not " + in_quotes(at.spelled));
  }
  return none;
}

syntax::made syntax::list() {
  const token at = ahead_;
  if (!advance()) return none;
  kid_list elements;
  while (!ahead_.is("]")) {
    if (elements.size() >= limits_.literal_size) {
      fail(ahead_.offset, 1, "too many elements in one list");
      return none;
    }
    const made element = coalesce();
    if (element == none) return none;
    elements.push_back(element);
    if (!ahead_.is(",")) break;
    if (!advance()) return none;
  }
  if (!expect("]", "to close the list")) return none;
  return add(op::list, at, elements);
}

syntax::made syntax::map() {
  const token at = ahead_;
  if (!advance()) return none;
  kid_list entries;
  while (!ahead_.is("}")) {
    if (entries.size() >= 2 * limits_.literal_size) {
      fail(ahead_.offset, 1, "too many entries in one map");
      return none;
    }
    const made key = coalesce();
    if (key == none || !expect(":", "between a key and its value")) return none;
    const made content = coalesce();
    if (content == none) return none;
    entries.push_back(key);
    entries.push_back(content);
    if (!ahead_.is(",")) break;
    if (!advance()) return none;
  }
  if (!expect("}", "to close the map")) return none;
  return add(op::map, at, entries);
}

}  // namespace weir::gateway::expression
