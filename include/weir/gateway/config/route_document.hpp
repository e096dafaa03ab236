#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "weir/gateway/config/policy_document.hpp"
#include "weir/gateway/config/text_document.hpp"

// Routes and their steps, as they were written.
namespace weir::gateway::config {

enum class body_as : std::uint8_t { json, text, bytes };
enum class body_kind : std::uint8_t { list, object, string, number };

struct step_document {
  setting<target> get, post, put, delete_, patch;
  setting<shape> value;

  setting<each_source> each;
  setting<std::uint64_t> limit;
  setting<std::uint64_t> max_items;
  setting<expression_text> when;
  setting<expression_text> take;
  setting<body_kind> expect;
  setting<body_as> as;
  setting<shape> fallback;  // `default:`
  setting<int> missing;
  setting<std::vector<int>> pass;

  setting<std::string> policy;
  policy_document words;
  setting<std::vector<named<template_text>>> query;
  setting<std::vector<header>> headers;
  setting<std::vector<std::string>> forward;
  setting<shape> body;
  setting<std::string> honours;
  setting<std::uint64_t> response;

  // The call, if it makes one.
  struct call {
    verb how;
    const setting<target>* to;
  };
  std::optional<call> the_call() const noexcept;
};

struct refusal {
  setting<int> status;
  setting<std::string> code;
  setting<std::string> message;
};

struct requirement {
  setting<expression_text> that;
  setting<refusal> otherwise;  // `else:`
};

struct error_rule {
  setting<int> status;
  setting<std::string> code;
  setting<std::string> message;
};

struct errors_document {
  setting<std::vector<named<error_rule>>> causes;
  setting<shape> body;
  setting<std::string> content_type;
};

struct route_limits {
  setting<std::uint64_t> body;
};

struct cors_document {
  setting<std::vector<std::string>> origins;
  setting<std::vector<std::string>> headers;
  setting<bool> credentials;
  setting<duration> max_age;
};

// A route's deadline: `none`, or how long.
struct time_limit {
  std::optional<duration> at_most;
};

// What a group of routes says for all of them, and a route for itself.
struct route_settings {
  setting<time_limit> deadline;
  setting<duration> idle_timeout;
  setting<std::string> policy;
  policy_document words;
  setting<std::vector<std::string>> forward;
  setting<std::vector<requirement>> require;
  setting<errors_document> errors;
  setting<route_limits> limits;
  setting<switchable<rate_limit_document>> rate_limit;  // of its requests, not of calls
  setting<bool> meta;
};

struct route_pattern {
  verb method = verb::get;
  std::string path;                     // literal parts decoded to their canonical form
  std::vector<std::string> parameters;  // in order
  bool takes_rest = false;              // the last one is `{name...}`: all that is left

  // Whether the expression is `path.name` of that one: in a target it goes along as it came.
  bool is_rest(const expression::ast& e) const;
};

struct route_document {
  route_pattern pattern;
  std::string name;  // "GET /products/{id}"
  place where;
  place whole;

  route_settings settings;
  setting<std::vector<named<step_document>>> steps;
  setting<shape> reply;
  setting<int> status;
  setting<std::vector<header>> reply_headers;
  setting<target> proxy;
  setting<std::vector<header>> headers;  // of a proxied request
  setting<std::string> honours;
};

// Routes below one path, with what is said for all of them. Read into its routes; a document holds
// none.
struct route_group {
  route_settings settings;
  setting<std::vector<route_document>> routes;
};

}  // namespace weir::gateway::config
