#include <algorithm>
#include <string>

#include "schema_writer.hpp"
#include "weir/gateway/config/types.hpp"
#include "weir/json/writer.hpp"

namespace weir::gateway::config {
namespace {

// What JSON itself reads as a number; `010`, `.5`, `1_000` and `0x1f` stay text.
bool is_json_number(std::string_view t) noexcept {
  std::size_t i = 0;
  const auto digits = [&] {
    const std::size_t from = i;
    while (i < t.size() && t[i] >= '0' && t[i] <= '9') ++i;
    return i > from;
  };
  if (i < t.size() && t[i] == '-') ++i;
  const std::size_t first = i;
  if (!digits()) return false;
  if (t[first] == '0' && i > first + 1) return false;
  if (i < t.size() && t[i] == '.') {
    ++i;
    if (!digits()) return false;
  }
  if (i < t.size() && (t[i] == 'e' || t[i] == 'E')) {
    ++i;
    if (i < t.size() && (t[i] == '+' || t[i] == '-')) ++i;
    if (!digits()) return false;
  }
  return i == t.size();
}

// A plain scalar's value by YAML 1.2's core schema, as JSON; anything else is text.
std::string plain_json(std::string_view text) {
  if (text == "null" || text == "Null" || text == "NULL" || text == "~") return "null";
  if (text == "true" || text == "True" || text == "TRUE") return "true";
  if (text == "false" || text == "False" || text == "FALSE") return "false";
  if (is_json_number(text)) return std::string(text);
  std::string quoted;
  json::append_quoted(quoted, text);
  return quoted;
}

class shape_type final : public type<config::shape> {
 public:
  std::optional<config::shape> read(reader& r, const node& from) const override {
    switch (from.what) {
      case node::kind::empty: {
        r.error(from.where, "this is empty; write `null` if null is meant");
        return std::nullopt;
      }
      case node::kind::scalar:
        return read_scalar(r, from);
      case node::kind::list:
        return read_list(r, from);
      case node::kind::mapping:
        return from.find("each") != nullptr ? read_each(r, from) : read_object(r, from);
    }
    return std::nullopt;
  }
  std::string word() const override { return "JSON with expressions in it"; }
  void schema(schema_writer& to) const override { to.anything(); }

 private:
  std::optional<config::shape> read_scalar(reader& r, const node& from) const {
    auto text = r.read_template(from);
    if (!text) return std::nullopt;
    config::shape s;
    s.where = from.where;
    if (const auto literal = text->parsed.literal()) {
      // A quoted scalar is text whatever it says.
      if (from.is_plain()) {
        s.json = plain_json(*literal);
      } else {
        json::append_quoted(s.json, *literal);
      }
      return s;
    }
    s.what = config::shape::kind::text;
    s.text = std::move(text);
    return s;
  }

  std::optional<config::shape> read_list(reader& r, const node& from) const {
    config::shape s;
    s.what = config::shape::kind::list;
    s.where = from.where;
    for (const node& item : from.items) {
      if (auto read_item = read(r, item)) s.items.push_back(std::move(*read_item));
    }
    return s;
  }

  std::optional<config::shape> read_object(reader& r, const node& from) const {
    config::shape s;
    s.what = config::shape::kind::object;
    s.where = from.where;
    read_members(r, from, s, {});
    return s;
  }

  // `each: products as p, stock as s` and then the members of one element, or `to:` with the
  // element.
  std::optional<config::shape> read_each(reader& r, const node& from) const {
    config::shape s;
    s.what = config::shape::kind::each;
    s.where = from.where;
    const node& each = *from.find("each");
    if (each.is_empty()) {
      r.error(
          key_of(from, "each").where,
          "`each` is empty; write `each: LIST as NAME`, or `'=each'` for a member of that name");
    } else {
      s.sources = r.read_sources(each, true);
    }
    if (const node* to = from.find("to")) {
      for (const node& k : from.keys) {
        if (k.text != "each" && k.text != "to") {
          r.error(k.where, "beside `each` and `to` there is no room for `" + k.text +
                               "`; put it into `to`, or write `'=to'` for a member of that name");
        }
      }
      if (to->is_empty()) {
        r.error(key_of(from, "to").where, "`to` is empty; write `null` if null is meant");
        return s;
      }
      if (auto element = read(r, *to)) s.items.push_back(std::move(*element));
      return s;
    }
    config::shape element;
    element.what = config::shape::kind::object;
    element.where = from.where;
    read_members(r, from, element, "each");
    if (from.keys.size() == 1) {
      r.error(from.keys[0].where,
              "`each` says nothing of its element; add members, or `to:` with what an element is");
    }
    s.items.push_back(std::move(element));
    return s;
  }

  static const node& key_of(const node& from, std::string_view name) {
    std::size_t i = 0;
    while (i + 1 < from.keys.size() && from.keys[i].text != name) ++i;
    return from.keys[i];
  }

  void read_members(reader& r, const node& from, config::shape& into, std::string_view but) const {
    for (std::size_t i = 0; i < from.keys.size(); ++i) {
      const node& k = from.keys[i];
      if (!but.empty() && k.text == but) continue;
      if (k.text.find("${") != std::string::npos) {
        r.error(k.where, "the name of a member is no expression; write it out");
        continue;
      }
      if (from.items[i].is_empty()) {
        const std::size_t colon = k.text.find(':');
        const bool glued = colon != std::string::npos && k.is_plain();
        r.error(k.where,
                "`" + k.text + "` is empty; write " +
                    (glued ? "`" + k.text.substr(0, colon) + ": " + k.text.substr(colon + 1) +
                                 "`, with a space behind the `:`"
                           : "`null` if null is meant"));
        continue;
      }
      auto value = read(r, from.items[i]);
      if (!value) continue;
      std::string name = k.text.starts_with('=') ? k.text.substr(1) : k.text;
      if (std::find(into.names.begin(), into.names.end(), name) != into.names.end()) {
        r.error(k.where, "the member `" + name + "` is here twice; keep one of them");
        continue;
      }
      into.items.push_back(std::move(*value));
      into.names.push_back(std::move(name));
      into.names_at.push_back(k.where);
    }
  }
};

}  // namespace

namespace types {
const type<config::shape>& shape() {
  static const shape_type t;
  return t;
}
}  // namespace types

}  // namespace weir::gateway::config
