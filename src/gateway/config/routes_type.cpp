#include <algorithm>

#include "schema_writer.hpp"
#include "tables.hpp"
#include "weir/gateway/config/spelling.hpp"
#include "weir/gateway/config/suggest.hpp"

namespace weir::gateway::config {
namespace {

constexpr std::size_t most_parameters = 16;  // route_table::most_parameters
constexpr const char* too_many_parameters =
    "a path has 16 parameters at most; take some into the query";

// Reads the path of a route's name; tells what is wrong with it at its place in the file.
class path_reader {
 public:
  path_reader(reader& r, const node& key, std::size_t begin) : r_(r), key_(key), begin_(begin) {}

  bool read(route_pattern& into) {
    const std::string_view path = std::string_view(key_.text).substr(begin_);
    if (path.find_first_of("?#") != std::string_view::npos) {
      const std::size_t at = path.find_first_of("?#");
      return fail(at, path.size() - at,
                  "a route's path has no query; read parameters with `${query.name}`");
    }
    std::size_t at = 1;  // behind the '/' it begins with
    bool good = true;
    while (at <= path.size()) {
      const std::size_t end = std::min(path.find('/', at), path.size());
      good = segment(path.substr(at, end - at), at, end == path.size(), into) && good;
      at = end + 1;
    }
    return good;
  }

 private:
  bool segment(std::string_view text, std::size_t at, bool last, route_pattern& into) {
    into.path += '/';
    if (text.find_first_of("{}") == std::string_view::npos) {
      const auto plain = decode(text);
      if (!plain) {
        return fail(
            at, text.size(),
            "a `%` is not followed by two hexadecimal digits; write `%25` for the sign itself");
      }
      if (*plain == "." || *plain == "..") {
        return fail(
            at, text.size(),
            "`.` and `..` are resolved before routes are looked up; write the path they lead to");
      }
      if (text.size() > 1 && text.front() == ':' && is_name(text.substr(1), false)) {
        warn(at, text.size(),
             "`" + std::string(text) + "` stands for itself; a parameter is written `{" +
                 std::string(text.substr(1)) + "}`");
      } else if (text.find('*') != std::string_view::npos) {
        warn(at, text.size(),
             "`*` stands for itself; a segment that may be anything is written `{name}`, and all "
             "that is left of the path `{name...}`");
      }
      into.path += *encode_path(text);
      return true;
    }
    if (text.size() < 3 || text.front() != '{' || text.back() != '}' ||
        text.find_first_of("{}", 1) != text.size() - 1) {
      return fail(
          at, text.size(),
          "`" + std::string(text) + "` must be a whole segment; write `{name}` between two `/`");
    }
    std::string name(text.substr(1, text.size() - 2));
    if (name.ends_with("...")) {
      name.resize(name.size() - 3);
      if (!last) {
        return fail(at, text.size(),
                    "`" + std::string(text) +
                        "` is all that is left of a path, and something follows it; write `{" +
                        name + "}` for one segment");
      }
      into.takes_rest = true;
    }
    if (!is_name(name, false)) {
      return fail(at, text.size(),
                  "`" + name +
                      "` cannot be the name of a parameter; begin with a small letter and go on "
                      "with letters, digits and `_`");
    }
    if (std::find(into.parameters.begin(), into.parameters.end(), name) != into.parameters.end()) {
      return fail(at, text.size(),
                  "the parameter `" + name + "` is here twice; give each its own name");
    }
    into.parameters.push_back(name);
    if (into.parameters.size() > most_parameters) {
      return fail(at, text.size(), too_many_parameters);
    }
    into.path += text;
    return true;
  }

  bool fail(std::size_t at, std::size_t length, std::string why) {
    r_.error(r_.part(key_, begin_ + at, std::max<std::size_t>(length, 1)), std::move(why));
    return false;
  }

  void warn(std::size_t at, std::size_t length, std::string what) {
    r_.warn(r_.part(key_, begin_ + at, length), std::move(what));
  }

  reader& r_;
  const node& key_;
  std::size_t begin_;
};

template <class T>
void inherit(setting<T>& own, const setting<T>& of_group) {
  if (!own.given) own = of_group;
}

void inherit(route_settings& own, const route_settings& of_group) {
  inherit(own.deadline, of_group.deadline);
  inherit(own.idle_timeout, of_group.idle_timeout);
  inherit(own.policy, of_group.policy);
  inherit(own.words.timeout, of_group.words.timeout);
  inherit(own.words.attempt_timeout, of_group.words.attempt_timeout);
  inherit(own.words.retry, of_group.words.retry);
  inherit(own.words.hedge, of_group.words.hedge);
  inherit(own.words.cache, of_group.words.cache);
  inherit(own.rate_limit, of_group.rate_limit);
  inherit(own.forward, of_group.forward);
  inherit(own.errors, of_group.errors);
  inherit(own.limits, of_group.limits);
  inherit(own.meta, of_group.meta);
  if (!own.require.given) {
    own.require = of_group.require;
  } else if (own.require.value && of_group.require.value) {
    own.require.value->insert(own.require.value->begin(), of_group.require->begin(),
                              of_group.require->end());
  }
}

class routes_type final : public type<std::vector<route_document>> {
 public:
  std::optional<std::vector<route_document>> read(reader& r, const node& from) const override {
    if (!from.is_mapping()) {
      r.error(from.where, "expected a mapping from `METHOD /path` to routes, and this is " +
                              std::string(describe(from)));
      return std::nullopt;
    }
    std::vector<route_document> out;
    for (std::size_t i = 0; i < from.keys.size(); ++i) {
      const node& k = from.keys[i];
      if (k.text.starts_with('/')) {
        read_group(r, k, from.items[i], out);
      } else {
        read_route(r, k, from.items[i], out);
      }
    }
    return out;
  }
  std::string word() const override { return "mapping from `METHOD /path` to routes"; }
  void schema(schema_writer& to) const override {
    json::writer& w = to.out();
    w.begin_object().key("type").string("object");
    w.key("patternProperties").begin_object().key("^/");
    route_group_table().schema(to);
    w.key("^[A-Z]+(, ?[A-Z]+)* /");
    route_table().schema(to);
    w.end_object().key("additionalProperties").boolean(false).end_object();
  }

 private:
  static void read_route(reader& r, const node& k, const node& value,
                         std::vector<route_document>& out) {
    route_pattern pattern;
    std::vector<verb> methods;
    const bool named = read_name(r, k, pattern, methods);
    if (value.is_empty()) {
      r.error(k.where,
              "the route `" + k.text + "` is empty; give it `steps` and a `reply`, or `proxy`");
      return;
    }
    auto body = route_table().read(r, value);
    if (!named || !body) return;
    body->where = k.where;
    body->whole = k.where.until(value.where);
    const std::string path = k.text.substr(k.text.find(" /"));
    for (const verb method : methods) {
      pattern.method = method;
      body->pattern = pattern;
      body->name = std::string(token_of(method)) + path;
      out.push_back(*body);
    }
  }

  // `METHOD /path`, or `METHOD,METHOD /path` for a route of each.
  static bool read_name(reader& r, const node& k, route_pattern& into, std::vector<verb>& methods) {
    std::size_t space = k.text.find(' ');
    while (space != std::string::npos && space > 0 && k.text[space - 1] == ',' &&
           k.text[space + 1] != '/') {
      space = k.text.find(' ', space + 1);
    }
    if (space == std::string::npos) {
      const std::string first = k.text.substr(0, k.text.find(','));
      const bool method =
          std::find(verb_tokens.begin(), verb_tokens.end(), first) != verb_tokens.end();
      r.error(k.where, "a route is named by its method and its path; write `" +
                           (method ? k.text + " /path" : "GET /" + k.text) + "`");
      return false;
    }
    bool good = read_methods(r, k, space, methods);
    if (k.text[space + 1] != '/') {
      r.error(k.where,
              "a route's path begins with `/` and stands one space behind the method; write `" +
                  k.text.substr(0, space) + " /…`");
      return false;
    }
    return path_reader(r, k, space + 1).read(into) && good;
  }

  static bool read_methods(reader& r, const node& k, std::size_t end, std::vector<verb>& into) {
    bool good = true;
    std::size_t begin = 0;
    while (begin <= end) {
      const std::size_t comma = std::min(k.text.find(',', begin), end);
      const std::string method = k.text.substr(begin, comma - begin);
      const auto found = std::find(verb_tokens.begin(), verb_tokens.end(), method);
      if (found != verb_tokens.end()) {
        into.push_back(static_cast<verb>(found - verb_tokens.begin()));
      } else {
        r.error(r.part(k, begin, std::max<std::size_t>(method.size(), 1)),
                "`" + method + "` is no method a route can have; write " + one_of(verb_tokens),
                std::string(nearest(method, verb_tokens)));
        good = false;
      }
      begin = comma + 1;
      if (begin < end && k.text[begin] == ' ') ++begin;
    }
    return good;
  }

  static void read_group(reader& r, const node& k, const node& value,
                         std::vector<route_document>& out) {
    if (value.is_empty()) {
      r.error(k.where, "the group `" + k.text + "` is empty; give it `routes`");
      return;
    }
    if (value.is_mapping() && value.find("routes") == nullptr &&
        (value.find("reply") || value.find("steps") || value.find("proxy"))) {
      r.error(k.where, "a route is named by its method and its path; write `GET " + k.text + "`");
      return;
    }
    route_pattern prefix;
    const bool good = path_reader(r, k, 0).read(prefix);
    if (prefix.takes_rest) {
      r.error(k.where, "the paths of a group's routes go on behind its own; take `{" +
                           prefix.parameters.back() + "...}` into those of the routes");
    }
    auto group = route_group_table().read(r, value);
    if (!good || !group || !group->routes) return;
    while (prefix.path.ends_with('/')) prefix.path.pop_back();
    for (route_document route : *group->routes) {
      for (const std::string& p : prefix.parameters) {
        if (std::find(route.pattern.parameters.begin(), route.pattern.parameters.end(), p) !=
            route.pattern.parameters.end()) {
          r.error(route.where, "the parameter `" + p +
                                   "` is in the group's path already; give each its own name");
        }
      }
      route.pattern.path = prefix.path + route.pattern.path;
      route.pattern.parameters.insert(route.pattern.parameters.begin(), prefix.parameters.begin(),
                                      prefix.parameters.end());
      if (route.pattern.parameters.size() > most_parameters) {
        r.error(route.where, too_many_parameters);
      }
      route.name = std::string(token_of(route.pattern.method)) + " " + route.pattern.path;
      inherit(route.settings, group->settings);
      out.push_back(std::move(route));
    }
  }
};

}  // namespace

bool route_pattern::is_rest(const expression::ast& e) const {
  return takes_rest && says(e, "path." + parameters.back());
}

const type<std::vector<route_document>>& routes() {
  static const routes_type t;
  return t;
}

}  // namespace weir::gateway::config
