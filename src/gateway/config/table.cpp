#include "weir/gateway/config/table.hpp"

#include <algorithm>
#include <iterator>

namespace weir::gateway::config {

std::string plural(std::string_view word) {
  if (word.ends_with('y')) return std::string(word.substr(0, word.size() - 1)) + "ies";
  return std::string(word) + "s";
}

std::string any_table::called() const {
  // Mappings that users name or list are things; all others are called by their key.
  static constexpr std::string_view things[] = {"configuration", "service",    "policy",
                                                "step",          "route",      "route group",
                                                "requirement",   "error rule", "route limits"};
  if (std::find(std::begin(things), std::end(things), name_) == std::end(things)) {
    return "`" + std::string(name_) + "`";
  }
  if (name_ == "route limits") return "a route's `limits`";
  return (name_ == "error rule" ? "an " : "a ") + std::string(name_);
}

void any_table::refuse(reader& r, const node& key) const {
  std::vector<std::string_view> names;
  for (const key_info& k : keys_) {
    if (k.name == key.text && !k.elsewhere.empty()) {
      r.error(key.where, "`" + key.text + "` stands elsewhere; " + std::string(k.elsewhere));
      return;
    }
    if (k.name == key.text) {
      r.error(key.where, "`" + key.text + "` (" + std::string(k.later) +
                             ") is not available in this version; take it out");
      return;
    }
    if (k.type != nullptr) names.push_back(k.name);
  }
  // `get:service/path` is one word to YAML.
  const std::size_t colon = key.text.find(':');
  const std::string_view before = std::string_view(key.text).substr(0, colon);
  if (colon != std::string::npos && std::find(names.begin(), names.end(), before) != names.end()) {
    r.error(key.where, "a `:` stands before a space; write `" + std::string(before) + ": " +
                           key.text.substr(colon + 1) + "`");
    return;
  }
  const std::string_view near = nearest(key.text, names);
  std::string what = "`" + key.text + "` is no key of " + called();
  constexpr std::size_t few = 8;
  if (near.empty() && names.size() <= few) what += "; write " + one_of(names);
  r.error(key.where, std::move(what), std::string(near));
}

void refuse_word(reader& r, const node& from) {
  static constexpr std::string_view words[] = {"off"};
  const bool other_word = from.text == "false" || from.text == "no" || from.text == "none";
  r.error(from.where, "`" + from.text + "` is not known here; write `off`, or a mapping",
          other_word ? "off" : std::string(nearest(from.text, words)));
}

bool any_table::expect_mapping(reader& r, const node& from) const {
  if (from.is_mapping()) return true;
  std::string example;
  for (const key_info& k : keys_) {
    if (k.type == nullptr) continue;
    example = std::string(k.name);
    break;
  }
  r.error(from.where, "expected a mapping like `{" + example + ": …}`, and this is " +
                          std::string(describe(from)));
  return false;
}

void any_table::empty_value(reader& r, const node& key) const {
  const std::string help = key.text == "default" ? "; write `null` if null is meant"
                                                 : "; give it a value, or take the line out";
  r.error(key.where, "`" + key.text + "` is empty" + help);
}

void any_table::missing_key(reader& r, const node& from, std::string_view key) const {
  place at = from.where;
  if (!from.keys.empty()) at = from.keys.front().where;
  r.error(at, called() + " needs a `" + std::string(key) + "`; add it");
}

}  // namespace weir::gateway::config
