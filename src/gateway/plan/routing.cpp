#include "weir/gateway/plan/routing.hpp"

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

namespace weir::gateway {
namespace {

constexpr std::size_t verbs = static_cast<std::size_t>(http::method::other) + 1;

std::size_t index_of(http::method verb) noexcept {
  return static_cast<std::size_t>(verb);
}

int nibble(char c) noexcept {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

// One byte of an encoded segment, escape or not; a broken escape stands for itself.
char take_byte(std::string_view& segment) noexcept {
  if (segment[0] == '%' && segment.size() > 2 && nibble(segment[1]) >= 0 &&
      nibble(segment[2]) >= 0) {
    const char c = static_cast<char>(nibble(segment[1]) * 16 + nibble(segment[2]));
    segment.remove_prefix(3);
    return c;
  }
  const char c = segment[0];
  segment.remove_prefix(1);
  return c;
}

std::string decoded(std::string_view segment) {
  std::string out;
  while (!segment.empty()) out += take_byte(segment);
  return out;
}

// Whether the encoded segment of a request says the literal.
bool says(std::string_view segment, std::string_view literal) noexcept {
  if (segment == literal) return segment.find('%') == std::string_view::npos;
  if (segment.find('%') == std::string_view::npos) return false;
  while (!segment.empty() && !literal.empty()) {
    if (take_byte(segment) != literal[0]) return false;
    literal.remove_prefix(1);
  }
  return segment.empty() && literal.empty();
}

// The first segment of "/a/b" and what is behind it.
std::string_view first_segment(std::string_view path, std::string_view& rest) noexcept {
  path.remove_prefix(1);
  const std::size_t end = std::min(path.find('/'), path.size());
  rest = path.substr(end);
  return path.substr(0, end);
}

}  // namespace

// A segment of the patterns: what may follow it, and the routes that end here.
struct route_table::node {
  std::vector<std::pair<std::string, std::unique_ptr<node>>> literals;  // decoded
  std::unique_ptr<node> parameter;
  std::unique_ptr<node> rest;  // nothing follows it
  std::array<std::optional<std::uint32_t>, verbs> routes{};

  bool ends_here() const noexcept {
    return std::any_of(routes.begin(), routes.end(), [](const auto& r) { return r.has_value(); });
  }

  std::optional<std::uint32_t> route_for(http::method verb) const noexcept {
    const auto& own = routes[index_of(verb)];
    if (!own && verb == http::method::head) return routes[index_of(http::method::get)];
    return own;
  }

  // Literals first, then `{x}`, then `{x...}`; a way that leads nowhere is taken back. A path
  // visits a node of the trie once at most, so this is bounded by the configuration, not by the
  // request.
  template <class Visit>
  bool walk(std::string_view path, match& m, Visit&& visit) const {
    if (path.empty()) return ends_here() && visit(*this);
    std::string_view behind;
    const std::string_view segment = first_segment(path, behind);
    for (const auto& [literal, next] : literals) {
      if (says(segment, literal) && next->walk(behind, m, visit)) return true;
    }
    if (parameter && !segment.empty()) {
      m.parameters[m.parameter_count++] = segment;
      if (parameter->walk(behind, m, visit)) return true;
      --m.parameter_count;
    }
    if (rest) {
      m.parameters[m.parameter_count++] = path.substr(1);
      if (visit(*rest)) return true;
      --m.parameter_count;
    }
    return false;
  }
};

route_table::route_table() : root_(std::make_unique<node>()) {}
route_table::~route_table() = default;
route_table::route_table(route_table&&) noexcept = default;
route_table& route_table::operator=(route_table&&) noexcept = default;

bool route_table::add(http::method verb, std::string_view pattern, std::uint32_t route,
                      std::uint32_t& conflict) {
  node* at = root_.get();
  while (!pattern.empty()) {
    const std::string_view segment = first_segment(pattern, pattern);
    if (segment.starts_with('{') && segment.ends_with('}')) {
      std::unique_ptr<node>& next = segment.ends_with("...}") ? at->rest : at->parameter;
      if (!next) next = std::make_unique<node>();
      at = next.get();
      continue;
    }
    const std::string literal = decoded(segment);
    const auto known = std::find_if(at->literals.begin(), at->literals.end(),
                                    [&](const auto& l) { return l.first == literal; });
    if (known != at->literals.end()) {
      at = known->second.get();
    } else {
      at = at->literals.emplace_back(literal, std::make_unique<node>()).second.get();
    }
  }
  auto& slot = at->routes[index_of(verb)];
  if (slot) {
    conflict = *slot;
    return false;
  }
  slot = route;
  return true;
}

route_table::match route_table::find(http::method verb, std::string_view path) const {
  match m;
  if (!path.starts_with('/')) return m;
  bool known = false;
  const bool found = root_->walk(path, m, [&](const node& n) {
    known = true;
    const auto route = n.route_for(verb);
    if (route) m.route = *route;
    return route.has_value();
  });
  m.what = found   ? match::kind::found
           : known ? match::kind::no_such_method
                   : match::kind::no_such_path;
  return m;
}

std::string route_table::allowed(std::string_view path) const {
  using enum http::method;
  if (!path.starts_with('/')) return {};
  std::array<bool, verbs> there{};
  bool known = false;
  match m;
  root_->walk(path, m, [&](const node& n) {
    known = true;
    for (std::size_t i = 0; i < verbs; ++i) there[i] = there[i] || n.routes[i].has_value();
    return false;  // go on: another pattern may allow more
  });
  if (!known) return {};
  there[index_of(head)] = there[index_of(head)] || there[index_of(get)];
  there[index_of(options)] = true;
  std::string out;
  for (const http::method verb : {get, head, post, put, delete_, patch, options}) {
    if (!there[index_of(verb)]) continue;
    if (!out.empty()) out += ", ";
    out += http::to_string(verb);
  }
  return out;
}

}  // namespace weir::gateway
