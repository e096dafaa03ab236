#include "weir/gateway/config/schema.hpp"

#include <algorithm>

#include "schema_writer.hpp"
#include "tables.hpp"

namespace weir::gateway::config {
namespace {

constexpr std::string_view from_environment = "\\$\\{[A-Z][A-Z0-9_]*[^}]*\\}";

std::string definition_name(std::string_view table) {
  std::string name(table);
  std::replace(name.begin(), name.end(), ' ', '_');
  return name;
}

void write_table(schema_writer& to, const any_table& t) {
  json::writer& w = to.out();
  w.begin_object();
  w.key("description").string(t.about());
  w.key("type").string("object");
  w.key("properties").begin_object();
  for (const key_info& k : t.keys()) {
    if (k.type == nullptr) continue;
    w.key(k.name).begin_object();
    std::string about(k.about);
    if (!k.by_default.empty()) about += " Default: " + std::string(k.by_default) + ".";
    w.key("description").string(about);
    w.key("allOf").begin_array();
    k.type->schema(to);
    w.end_array().end_object();
  }
  w.end_object();
  bool any_required = false;
  for (const key_info& k : t.keys()) any_required = any_required || k.required;
  if (any_required) {
    w.key("required").begin_array();
    for (const key_info& k : t.keys()) {
      if (k.required) w.string(k.name);
    }
    w.end_array();
  }
  w.key("additionalProperties").boolean(false);
  w.end_object();
}

}  // namespace

void schema_writer::text() {
  w_.begin_object().key("type").string("string").end_object();
}

void schema_writer::text_matching(std::string_view pattern) {
  std::string either(pattern);
  either += "|" + std::string(from_environment);
  w_.begin_object().key("type").string("string").key("pattern").string(either).end_object();
}

void schema_writer::boolean() {
  w_.begin_object().key("anyOf").begin_array();
  w_.begin_object().key("type").string("boolean").end_object();
  w_.begin_object()
      .key("type")
      .string("string")
      .key("pattern")
      .string(from_environment)
      .end_object();
  w_.end_array().end_object();
}

void schema_writer::integer(std::int64_t least, std::optional<std::int64_t> most) {
  w_.begin_object().key("anyOf").begin_array();
  w_.begin_object().key("type").string("integer").key("minimum").integer(least);
  if (most) w_.key("maximum").integer(*most);
  w_.end_object();
  w_.begin_object()
      .key("type")
      .string("string")
      .key("pattern")
      .string(from_environment)
      .end_object();
  w_.end_array().end_object();
}

void schema_writer::choice(std::span<const std::string_view> words) {
  w_.begin_object().key("enum").begin_array();
  for (const std::string_view word : words) w_.string(word);
  w_.end_array().end_object();
}

void schema_writer::any_scalar() {
  w_.begin_object().key("type").begin_array();
  w_.string("string").string("number").string("boolean").string("null");
  w_.end_array().end_object();
}

void schema_writer::anything() {
  w_.begin_object().end_object();
}

void schema_writer::remember(const any_table& t, std::string_view shorthand_key) {
  const auto same = [&](const referred& r) { return r.table == &t; };
  if (std::none_of(tables_.begin(), tables_.end(), same)) tables_.push_back({&t, shorthand_key});
}

void schema_writer::reference(const any_table& to) {
  w_.begin_object();
  w_.key("$ref").string("#/definitions/" + definition_name(to.name()));
  w_.end_object();
}

void refer_to_table(schema_writer& to, const any_table& t, std::string_view shorthand_key) {
  to.remember(t, shorthand_key);
  if (shorthand_key.empty()) {
    to.reference(t);
    return;
  }
  to.out().begin_object().key("oneOf").begin_array();
  to.text();
  to.reference(t);
  to.out().end_array().end_object();
}

void schema_off_or(schema_writer& to, const any_type& inner) {
  json::writer& w = to.out();
  w.begin_object().key("anyOf").begin_array();
  w.begin_object().key("const").string("off").end_object();
  inner.schema(to);
  w.end_array().end_object();
}

void schema_list_of(schema_writer& to, const any_type& inner) {
  to.list([&](schema_writer& w) { inner.schema(w); });
}

void schema_named_map(schema_writer& to, const any_type& inner) {
  to.map([&](schema_writer& w) { inner.schema(w); });
}

std::string json_schema() {
  std::string out;
  schema_writer to(out);
  json::writer& w = to.out();
  w.begin_object();
  w.key("$schema").string("http://json-schema.org/draft-07/schema#");
  w.key("title").string("weir configuration");
  w.key("allOf").begin_array();
  document_table().schema(to);
  w.end_array();
  w.key("definitions").begin_object();
  // Writing a table remembers those it refers to: the list grows while it is gone through.
  for (std::size_t i = 0; i < to.tables().size(); ++i) {
    const any_table& t = *to.tables()[i].table;
    w.key(definition_name(t.name()));
    write_table(to, t);
  }
  w.end_object().end_object();
  out += '\n';
  return out;
}

}  // namespace weir::gateway::config
