#pragma once

#include <optional>
#include <string>
#include <vector>

#include "weir/gateway/config/setting.hpp"
#include "weir/gateway/expression/parse.hpp"
#include "weir/gateway/expression/template.hpp"

// What holds expressions, as it was written.
namespace weir::gateway::config {

// Text with expressions in it: `Cold offer ${clock('%M:%S')}`.
struct template_text {
  node scalar;
  expression::text_template parsed;
};

// An expression alone: `when: size(cart) > 0`.
struct expression_text {
  node scalar;
  std::size_t shift = 0;  // where in the scalar's text the offsets of the expression count from
  expression::ast parsed;
};

// `products as p`
struct each_source {
  expression_text over;
  std::string name;
  place name_at;
};

// A JSON value with expressions in it: `reply:`, `body:`, `default:`, `value:`.
struct shape {
  enum class kind : std::uint8_t { literal, text, list, object, each };
  kind what = kind::literal;
  place where;
  std::string json;                   // literal: as JSON
  std::optional<template_text> text;  // text: one with expressions
  std::vector<shape> items;           // list, object: the members; each: the one element
  std::vector<std::string> names;     // object: of the members
  std::vector<place> names_at;
  std::vector<each_source> sources;  // each
};

// service/path/${x}?name=${y}
// Whether the expression is just this, however it is spaced.
bool says(const expression::ast& e, std::string_view what);

struct target {
  struct piece {
    std::string literal;  // encoded; goes before the slot
    std::optional<expression::ast> slot;
  };
  struct parameter {
    std::string name;                 // encoded
    expression::text_template value;  // not encoded yet
    bool has_value = true;            // `?flag`
  };
  node scalar;
  std::string service;
  place service_at;
  std::vector<piece> path;
  std::vector<parameter> query;
  bool has_path = false;  // `service` alone has none
  bool has_query = false;
  bool client_query = false;  // `?${request.query}`
};

struct header {
  std::string name;
  place where;
  std::optional<template_text> value;
};

}  // namespace weir::gateway::config
