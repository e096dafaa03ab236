#include "inference.hpp"

#include "clock_format.hpp"
#include "quotes.hpp"
#include "type_names.hpp"

namespace weir::gateway::expression {
namespace {

constexpr type_set text = bit(type::text);
constexpr type_set bytes = bit(type::bytes);
constexpr type_set boolean = bit(type::boolean);
constexpr type_set list_set = bit(type::list);
constexpr type_set map_set = bit(type::map);

// What two operands can give; 0 if nothing.
type_set arithmetic_result_of(op what, type_set a, type_set b) {
  type_set out = 0;
  const type_set real = bit(type::real);
  for (const type_set whole : {bit(type::integer), bit(type::uinteger)}) {
    if ((a & whole) && (b & whole)) out |= whole;
  }
  if (what != op::modulo && (((a & real) && (b & numbers)) || ((b & real) && (a & numbers))))
    out |= real;
  if (what == op::add) out |= a & b & (text | bytes | list_set);
  return out;
}

bool comparable(type_set a, type_set b) {
  if ((a & numbers) && (b & numbers)) return true;
  return (a & b & (text | bytes | boolean)) != 0;
}

}  // namespace

std::string describe(type_set types) {
  if ((types & numbers) == numbers && types != anything) {
    const type_set rest = types & ~numbers;
    return rest ? "number or " + describe(rest) : "number";
  }
  std::string out;
  for (unsigned i = 0; i <= static_cast<unsigned>(type::type); ++i) {
    const auto t = static_cast<type>(i);
    if ((types & bit(t)) == 0) continue;
    if (!out.empty()) out += " or ";
    out += t == type::null ? "null" : name_of(t);
  }
  return out;
}

void inference::wrong(const tree_node& node, std::string message, std::string suggestion) {
  out_.problems.push_back({node.offset, std::max<std::size_t>(1, node.length), std::move(message),
                           std::move(suggestion)});
}

bool inference::known(std::string_view name) const {
  return names_.find(name) != nullptr || named_type(name).has_value();
}

void inference::needs_truth(const tree_node& node, const static_type& of) {
  if (!of.may_be(boolean)) {
    wrong(node,
          in_quotes(spelling(node.what)) + " needs true or false, not " + describe(of.may_be()));
  }
}

static_type inference::at(std::uint32_t number) {
  const tree_node& node = tree_.nodes[number];
  switch (node.what) {
    case op::literal:
      return static_type(bit(tree_.constants[node.data].get_type()));
    case op::name:
    case op::slot:
    case op::type_name:
      return name(node);
    case op::local:
      return locals_[node.data];
    case op::select:
      return select(node);
    case op::index:
      return index(node);
    case op::has:
      kid(node, 0);
      return static_type::boolean();
    case op::call:
      return call(node);
    case op::logical_not:
      needs_truth(node, kid(node, 0));
      return static_type::boolean();
    case op::negate: {
      const auto of = kid(node, 0);
      constexpr type_set signed_numbers = bit(type::integer) | bit(type::real);
      if (!of.may_be(signed_numbers)) wrong(node, "'-' cannot take " + describe(of.may_be()));
      return static_type(signed_numbers);
    }
    case op::add:
    case op::subtract:
    case op::multiply:
    case op::divide:
    case op::modulo:
      return arithmetic(node);
    case op::equal:
    case op::unequal:
      return equality(node);
    case op::less:
    case op::less_equal:
    case op::greater:
    case op::greater_equal:
      return comparison(node);
    case op::in:
      return contained(node);
    case op::logical_and:
    case op::logical_or:
      needs_truth(node, kid(node, 0));
      needs_truth(node, kid(node, 1));
      return static_type::boolean();
    case op::conditional:
      return conditional(node);
    case op::coalesce: {
      const auto first = kid(node, 0);
      const auto second = kid(node, 1);
      return first.without(absent).either(second);
    }
    case op::list:
      return list(node);
    case op::map:
      return map(node);
    case op::all:
    case op::exists:
    case op::exists_one:
    case op::filter:
    case op::transform:
    case op::filter_transform:
      return macro(node);
  }
  return {};
}

static_type inference::name(const tree_node& node) {
  const auto name = tree_.names[node.data];
  if (const auto* found = names_.find(name)) {
    out_.roots.emplace(name);
    return *found;
  }
  if (named_type(name)) return static_type(bit(type::type));
  std::vector<std::string_view> candidates{"true", "false", "null"};
  std::string suggestion;
  if (name[0] >= 'A' && name[0] <= 'Z') {
    suggestion = suggest(name, candidates);
    if (suggestion.empty()) {
      suggestion = "a variable of the environment stands alone: ${" + std::string(name) + "}";
    }
  } else {
    for (const auto& entry : names_.names()) candidates.push_back(entry.first);
    suggestion = suggest(name, candidates);
  }
  wrong(node, "there is no name " + in_quotes(name), std::move(suggestion));
  return {};
}

static_type inference::known_member(const tree_node& node, const static_type& of,
                                    std::string_view name) {
  const auto* const members = of.members();
  if (!members) return {};
  if (const auto found = members->find(name); found != members->end()) {
    return found->second.with(of.may_be() & absent);
  }
  std::vector<std::string_view> candidates;
  for (const auto& entry : *members) candidates.push_back(entry.first);
  const tree_node& object = kid_node(node, 0);
  std::string where = object.what == op::name ? " in " + in_quotes(tree_.names[object.data]) : "";
  if (object.what == op::select) where = " in " + in_quotes(tree_.names[object.data]);
  wrong(node, "there is no " + in_quotes(name) + where, suggest(name, candidates));
  return {};
}

static_type inference::select(const tree_node& node) {
  const auto of = kid(node, 0);
  const auto name = tree_.names[node.data];
  if (of.may_be(map_set)) return known_member(node, of, name);
  if (of.may_be(absent)) return static_type(absent);
  wrong(node, in_quotes(name) + " is asked of what has no members: " + describe(of.may_be()),
        of.may_be() == list_set ? "take an element first, x[0]." + std::string(name) +
                                      ", or all: x.map(e, e." + std::string(name) + ")"
                                : std::string());
  return {};
}

static_type inference::index(const tree_node& node) {
  const auto of = kid(node, 0);
  const auto key = kid(node, 1);
  if (!of.may_be(list_set | map_set | absent)) {
    wrong(node, "only lists and maps have an index, not " + describe(of.may_be()));
    return {};
  }
  if (!of.may_be(map_set) && !key.may_be(numbers)) {
    wrong(kid_node(node, 1), "a list is indexed by a whole number, not " + describe(key.may_be()));
    return {};
  }
  const tree_node& literal = kid_node(node, 1);
  if (literal.what == op::literal && key.may_be() == text && !of.may_be(list_set)) {
    tree_node at = node;  // the caret goes under the key
    at.offset = literal.offset;
    at.length = literal.length;
    return known_member(at, of, tree_.constants[literal.data].text_here());
  }
  if (of.may_be(map_set)) return {};
  return of.element().with(bit(type::missing) | (of.may_be() & absent));
}

static_type inference::call(const tree_node& node) {
  const auto& called = signature_of(static_cast<function>(node.data));
  type_set gone = 0;
  static_type last;
  for (std::size_t i = 0; i < node.kid_count; ++i) {
    last = kid(node, i);
    gone |= last.may_be() & absent;
    const type_set allowed = parameter(called, i) | (passes_absent(called.id) ? absent : 0);
    if (!last.may_be(allowed)) {
      wrong(node, in_quotes(called.name) + " cannot take " + describe(last.may_be()));
      return static_type(called.gives);
    }
  }
  if (called.id == function::dyn) return static_type::any();
  if (called.id == function::clock) {
    const tree_node& format = kid_node(node, 0);
    if (format.what == op::literal && last.may_be() == text &&
        !is_clock_format(tree_.constants[format.data].text_here())) {
      wrong(format, "this is no format for the time of day", "for example '%H:%M:%S'");
    }
  }
  return static_type(called.gives | (passes_absent(called.id) ? gone : 0));
}

static_type inference::arithmetic(const tree_node& node) {
  const auto a = kid(node, 0);
  const tree_node& right = kid_node(node, 1);
  if (node.what == op::subtract && right.what == op::name && !known(tree_.names[right.data])) {
    const auto word = std::string(tree_.names[right.data]);
    wrong(right, "there is no name " + in_quotes(word),
          "a member with '-' in its name is written x['…-" + word + "']");
    return static_type::number();
  }
  const auto b = kid(node, 1);
  const type_set gives = arithmetic_result_of(node.what, a.may_be(), b.may_be());
  if (gives == 0) {
    const bool text_and_number = node.what == op::add && (a.may_be() == text || b.may_be() == text);
    wrong(node,
          in_quotes(spelling(node.what)) + " cannot take " + describe(a.may_be()) + " and " +
              describe(b.may_be()),
          text_and_number ? "string(x) makes text of a number" : "");
    return {};
  }
  return static_type(gives);
}

// Different types are never equal. Null may be asked of anything.
static_type inference::equality(const tree_node& node) {
  const auto family = [](type_set types) { return types & numbers ? types | numbers : types; };
  const auto a = kid(node, 0);
  const auto b = kid(node, 1);
  const bool apart = (family(a.may_be()) & family(b.may_be())) == 0;
  if (apart && !a.may_be(absent) && !b.may_be(absent)) {
    wrong(node, describe(a.may_be()) + " and " + describe(b.may_be()) + " are never equal");
  }
  return static_type::boolean();
}

static_type inference::comparison(const tree_node& node) {
  const auto a = kid(node, 0);
  const auto b = kid(node, 1);
  if (!comparable(a.may_be(), b.may_be())) {
    wrong(node, in_quotes(spelling(node.what)) + " cannot take " + describe(a.may_be()) + " and " +
                    describe(b.may_be()));
  }
  return static_type::boolean();
}

static_type inference::contained(const tree_node& node) {
  kid(node, 0);
  const auto where = kid(node, 1);
  if (!where.may_be(list_set | map_set)) {
    wrong(node, "'in' looks into a list or a map, not " + describe(where.may_be()));
  }
  return static_type::boolean();
}

static_type inference::conditional(const tree_node& node) {
  needs_truth(node, kid(node, 0));
  const auto yes = kid(node, 1);
  return yes.either(kid(node, 2));
}

static_type inference::list(const tree_node& node) {
  if (node.kid_count == 0) return static_type::list();
  auto element = kid(node, 0);
  for (std::size_t i = 1; i < node.kid_count; ++i) element = element.either(kid(node, i));
  return static_type::list(element);
}

static_type inference::map(const tree_node& node) {
  constexpr type_set keys = text | boolean | bit(type::integer) | bit(type::uinteger);
  for (std::size_t i = 0; i < node.kid_count; i += 2) {
    const tree_node& key = kid_node(node, i);
    if (key.what == op::name && !known(tree_.names[key.data])) {
      const auto word = std::string(tree_.names[key.data]);
      wrong(key, "there is no name " + in_quotes(word), "a key is a string: '" + word + "'");
    } else if (const auto of = kid(node, i); !of.may_be(keys)) {
      wrong(key, "a key is a string, an int, a uint or a bool, not " + describe(of.may_be()));
    }
    kid(node, i + 1);
  }
  return static_type::map();
}

static_type inference::macro(const tree_node& node) {
  const auto range = kid(node, 0);
  if (!range.may_be(list_set | map_set | absent)) {
    wrong(node, in_quotes(spelling(node.what)) + " goes over a list or a map, not " +
                    describe(range.may_be()));
  }
  const auto element = range.may_be(map_set) ? static_type::any() : range.element();
  locals_[node.data] = element;
  const auto body = kid(node, 1);
  if (node.what != op::transform) needs_truth(node, body);
  const type_set gone = range.may_be() & absent;
  switch (node.what) {
    case op::filter:
      return static_type::list(element).with(gone);
    case op::transform:
      return static_type::list(body).with(gone);
    case op::filter_transform:
      return static_type::list(kid(node, 2)).with(gone);
    default:
      return static_type(boolean | gone);
  }
}

}  // namespace weir::gateway::expression
