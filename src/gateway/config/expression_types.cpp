#include <fstream>

#include "schema_writer.hpp"
#include "weir/gateway/config/spelling.hpp"
#include "weir/gateway/config/suggest.hpp"
#include "weir/gateway/config/types.hpp"

namespace weir::gateway::config {
namespace {

class expression_type final : public type<expression_text> {
 public:
  std::optional<expression_text> read(reader& r, const node& from) const override {
    return r.read_expression(from);
  }
  std::string word() const override { return "expression"; }
  void schema(schema_writer& to) const override { to.any_scalar(); }
};

class each_type final : public type<each_source> {
 public:
  std::optional<each_source> read(reader& r, const node& from) const override {
    auto sources = r.read_sources(from, false);
    if (sources.size() != 1) return std::nullopt;
    return std::move(sources.front());
  }
  std::string word() const override { return "`LIST as NAME`"; }
  void schema(schema_writer& to) const override { to.text(); }
};

class headers_type final : public type<std::vector<header>> {
 public:
  explicit headers_type(bool files) : files_(files) {}
  std::optional<std::vector<header>> read(reader& r, const node& from) const override {
    if (!from.is_mapping()) {
      r.error(from.where, std::string("expected a mapping like `{Authorization: ") +
                              (files_ ? "/run/secrets/token" : "token") + "}`, and this is " +
                              std::string(describe(from)));
      return std::nullopt;
    }
    std::vector<header> out;
    std::vector<std::string> seen;
    for (std::size_t i = 0; i < from.keys.size(); ++i) {
      const node& name = from.keys[i];
      if (!check_name(r, name, seen)) continue;
      if (from.items[i].is_empty()) {
        r.error(name.where,
                "the header `" + name.text + "` is empty; give it a value, or take the line out");
        continue;
      }
      auto value = files_ ? read_file(r, from.items[i]) : r.read_template(from.items[i]);
      if (!value || !check_value(r, *value)) continue;
      out.push_back({name.text, name.where, std::move(value)});
    }
    return out;
  }
  std::string word() const override {
    return files_ ? "mapping from header names to file names" : "mapping from header names to text";
  }
  void schema(schema_writer& to) const override {
    to.map([](schema_writer& w) { w.any_scalar(); });
  }

 private:
  // The file's text without the line break at its end; it is no expression.
  static std::optional<template_text> read_file(reader& r, const node& from) {
    const auto name = r.text(from, "the name of a file");
    if (!name) return std::nullopt;
    constexpr std::size_t most = 16 * 1024;
    std::ifstream in(*name, std::ios::binary);
    std::string text(most + 1, '\0');
    in.read(text.data(), static_cast<std::streamsize>(text.size()));
    text.resize(static_cast<std::size_t>(in.gcount()));
    if (in.bad() || text.empty() || text.size() > most) {
      r.error(from.where,
              "this file cannot be read, is empty, or is larger than 16 KiB; give the "
              "name of a file that holds the header's value");
      return std::nullopt;
    }
    while (text.ends_with('\n') || text.ends_with('\r')) text.pop_back();
    return template_text{from, expression::text_template({std::move(text)})};
  }

  static bool check_name(reader& r, const node& name, std::vector<std::string>& seen) {
    if (!is_token(name.text)) {
      r.error(name.where,
              "`" + name.text + "` cannot be the name of a header; use letters, digits and `-`");
      return false;
    }
    const std::string low = lower_case(name.text);
    if (is_our_field(low) || is_told_anyway(low)) {
      r.error(name.where, "`" + name.text + "` is written by weir itself; take it out");
      return false;
    }
    for (const std::string& s : seen) {
      if (s == low) {
        r.error(name.where, "the header `" + name.text +
                                "` is here twice (case does not count); keep one of them");
        return false;
      }
    }
    seen.push_back(low);
    return true;
  }

  static bool check_value(reader& r, const template_text& value) {
    for (const auto& part : value.parsed.parts()) {
      const auto* literal = std::get_if<std::string>(&part);
      if (literal != nullptr && !is_field_value(*literal)) {
        r.error(value.scalar.where,
                "a header's value is one line; take out line breaks and control characters");
        return false;
      }
    }
    return true;
  }

  bool files_;
};

class field_names_type final : public type<std::vector<std::string>> {
 public:
  std::optional<std::vector<std::string>> read(reader& r, const node& from) const override {
    if (!from.is_list()) {
      r.error(from.where, "expected a list of header names like `[Accept-Language]`");
      return std::nullopt;
    }
    std::vector<std::string> out;
    for (const node& item : from.items) {
      const auto name = r.text(item, "a header's name");
      if (!name) continue;
      if (!is_token(*name)) {
        r.error(item.where,
                "`" + item.text + "` cannot be the name of a header; use letters, digits and `-`");
      } else if (is_our_field(lower_case(*name))) {
        r.error(item.where, "`" + item.text +
                                "` belongs to the connection and is never passed on; take it out");
      } else if (*name == "*") {
        r.error(item.where, "there is no `*` for all headers; name those that are sent along");
      } else if (!is_told_anyway(lower_case(*name))) {
        out.push_back(lower_case(*name));
      }
    }
    return out;
  }
  std::string word() const override { return "list of header names"; }
  void schema(schema_writer& to) const override {
    to.list([](schema_writer& w) { w.text(); });
  }
};

class query_type final : public type<std::vector<named<template_text>>> {
 public:
  std::optional<std::vector<named<template_text>>> read(reader& r,
                                                        const node& from) const override {
    if (!from.is_mapping()) {
      r.error(from.where,
              "expected a mapping like `{limit: 100}`, and this is " + std::string(describe(from)));
      return std::nullopt;
    }
    std::vector<named<template_text>> out;
    for (std::size_t i = 0; i < from.keys.size(); ++i) {
      const node& name = from.keys[i];
      if (from.items[i].is_empty()) {
        r.error(name.where,
                "the parameter `" + name.text + "` is empty; write `''` for an empty value");
        continue;
      }
      if (auto value = r.read_template(from.items[i])) {
        out.push_back(
            {name.text, name.where, std::move(*value), name.where.until(from.items[i].where)});
      }
    }
    return out;
  }
  std::string word() const override { return "mapping from parameters to text"; }
  void schema(schema_writer& to) const override {
    to.map([](schema_writer& w) { w.any_scalar(); });
  }
};

}  // namespace

namespace types {

const type<expression_text>& expression() {
  static const expression_type t;
  return t;
}
const type<each_source>& each() {
  static const each_type t;
  return t;
}
const type<std::vector<header>>& headers() {
  static const headers_type t(false);
  return t;
}
const type<std::vector<header>>& header_files() {
  static const headers_type t(true);
  return t;
}
const type<std::vector<std::string>>& field_names() {
  static const field_names_type t;
  return t;
}
const type<std::vector<named<template_text>>>& query() {
  static const query_type t;
  return t;
}

}  // namespace types
}  // namespace weir::gateway::config
