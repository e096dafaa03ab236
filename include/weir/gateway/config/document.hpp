#pragma once

#include <array>
#include <bitset>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "weir/base/clock.hpp"
#include "weir/gateway/config/node.hpp"
#include "weir/gateway/config/source.hpp"
#include "weir/gateway/expression/parse.hpp"
#include "weir/gateway/expression/template.hpp"

// A configuration as it was written: typed values, each with its place. Nothing is looked up or
// put together here: names are checked by check(), the plan is made by compile().
namespace weir::gateway::config {

// A key's value and where it stands.
template <class T>
struct setting {
  std::optional<T> value;
  place key;
  place where;
  bool given = false;  // it is there, though it may be wrong and so have no value

  explicit operator bool() const noexcept { return value.has_value(); }
  const T& operator*() const { return *value; }
  const T* operator->() const { return &*value; }
};

// An entry of a mapping whose keys are names that the user chose.
template <class T>
struct named {
  std::string name;
  place where;  // of the name
  T value;
  place whole;  // the name and all that is said under it
};

// `off`, or the options.
template <class T>
struct switchable {
  std::optional<T> on;
};

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

// 25ms..250ms, or 100ms always
struct pause_range {
  duration from{};
  duration to{};
  bool constant = false;
};

struct retry_budget_document {
  setting<double> ratio;         // 0.2 for `20%`
  setting<std::uint64_t> floor;  // tries in ten seconds
};

struct retry_document {
  setting<std::uint64_t> attempts;
  setting<pause_range> backoff;
  setting<bool> jitter;
  setting<switchable<retry_budget_document>> budget;
};

struct trip_document {
  setting<std::uint64_t> in_a_row;
  setting<std::uint64_t> failures;
  setting<double> ratio;
  setting<double> slow;
  setting<duration> slower_than;
  setting<duration> within;
  setting<std::uint64_t> min_calls;
};

struct probe_document {
  setting<std::uint64_t> calls;
  setting<std::uint64_t> close_after;
};

enum class breaker_profile : std::uint8_t { pybreaker, fabfuel, book };
enum class breaker_sharing : std::uint8_t { sum, quorum, any };

enum class breaker_scope : std::uint8_t { service, instance };

struct breaker_document {
  setting<breaker_profile> profile;
  setting<trip_document> trip;
  setting<pause_range> open;
  setting<probe_document> probe;
  setting<breaker_sharing> shared;
  setting<breaker_scope> scope;
};

// What a service, a route, a step and a policy say in the same words. The nearest that says a word
// wins, whole: step, route, service, `policy: NAME`, the policy `default`.
struct policy_document {
  setting<duration> timeout;
  setting<duration> attempt_timeout;
  setting<duration> connect_timeout;
  setting<switchable<retry_document>> retry;
  setting<switchable<breaker_document>> breaker;
};

struct url {
  bool tls = false;
  std::string host;  // without brackets
  std::uint16_t port = 80;
  std::string authority;  // what Host says
  std::string base_path;  // "" or "/api"; never ends in '/'
};

struct tls_document {
  setting<std::string> ca_file;
  setting<bool> verify;
};

struct failure_kinds {
  bool connect = false;
  bool timeout = false;
  bool decode = false;
  bool kind = false;
  std::bitset<600> statuses;
};

struct instance_document {
  setting<config::url> url;
  setting<std::uint64_t> weight;
};

// What Consul is asked for.
struct consul_service_document {
  setting<std::string> service;
  setting<std::vector<std::string>> tags;
  setting<std::string> datacenter;
  setting<bool> tls;  // the instances speak it
  setting<std::string> path;
};

enum class balance_kind : std::uint8_t { least_requests, round_robin, weighted, peak_ewma, maglev };

// `target`, `client` or `header NAME`
struct hash_source {
  enum class kind : std::uint8_t { target, client, header } what = kind::target;
  std::string header;  // lower case
};

struct health_document {
  setting<std::string> path;
  setting<duration> every;
  setting<double> jitter;
  setting<duration> timeout;
  setting<std::uint64_t> rise;
  setting<std::uint64_t> fall;
  setting<std::vector<int>> status;
};

struct ejection_document {
  setting<std::uint64_t> in_a_row;
  setting<double> worse_by;
  setting<duration> every;
  setting<std::uint64_t> min_calls;
  setting<pause_range> for_;
  setting<double> at_most;
};

struct service_document {
  setting<config::url> url;
  setting<std::vector<instance_document>> instances;
  setting<config::url> dns;
  setting<config::url> srv;
  setting<consul_service_document> consul;
  setting<std::string> host;
  setting<balance_kind> balance;
  setting<config::hash_source> hash_by;
  setting<switchable<health_document>> health;
  setting<switchable<ejection_document>> ejection;
  setting<double> panic;
  setting<duration> slow_start;
  setting<std::string> policy;
  policy_document words;
  setting<failure_kinds> failures;
  setting<std::vector<header>> headers;
  setting<std::vector<header>> header_files;  // read already
  setting<std::vector<std::string>> forward;
  setting<std::string> honours;
  setting<tls_document> tls;
  setting<std::uint64_t> connections;
  setting<std::uint64_t> response;
};

enum class verb : std::uint8_t { get, head, post, put, delete_, patch };
constexpr std::array<std::string_view, 6> verb_tokens{"GET", "HEAD",   "POST",
                                                      "PUT", "DELETE", "PATCH"};
constexpr std::string_view token_of(verb v) noexcept {
  return verb_tokens[static_cast<std::size_t>(v)];
}

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
  setting<bool> meta;
};

struct route_pattern {
  verb method = verb::get;
  std::string path;                     // literal parts decoded to their canonical form
  std::vector<std::string> parameters;  // in order
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

struct listen_address {
  std::string ip;
  std::uint16_t port = 0;
  place where;
};

struct network_block {
  std::array<std::uint8_t, 16> bytes{};  // IPv4 in its mapped IPv6 form
  std::uint8_t prefix = 128;             // counted in that form
};

struct limits_document {
  setting<std::uint64_t> target, head, fields, body, connections;
  setting<duration> head_timeout, body_timeout, idle_timeout, write_timeout;
  setting<std::uint64_t> body_least_rate;  // bytes a second
  setting<std::uint64_t> response, depth, max_items;
};

struct consul_document {
  setting<config::url> url;
  setting<std::string> token;
  setting<std::string> token_file;
  setting<std::string> datacenter;
  setting<tls_document> tls;
  setting<duration> wait;
  setting<duration> empty_grace;
  setting<duration> debounce;
};

// This gateway, as Consul is told of it.
struct register_document {
  setting<std::string> service;
  setting<std::string> id;
  setting<std::string> address;
  setting<std::uint64_t> port;
  setting<std::vector<std::string>> tags;
  setting<std::string> check;
  setting<duration> every;
};

struct discovery_document {
  setting<consul_document> consul;
  setting<register_document> register_;
  setting<std::vector<std::string>> dns_servers;
  setting<std::string> snapshot;
};

struct drain_document {
  setting<duration> notice;
  setting<duration> timeout;
};

struct redis_document {
  setting<std::string> url;
  setting<std::string> prefix;
};

struct document {
  std::shared_ptr<const source> from;

  setting<std::vector<listen_address>> listen;
  setting<switchable<listen_address>> admin;
  setting<std::uint64_t> workers;
  setting<std::vector<named<service_document>>> services;
  setting<std::vector<named<policy_document>>> policies;
  setting<std::vector<route_document>> routes;
  setting<std::vector<std::string>> forward;
  setting<errors_document> errors;
  setting<cors_document> cors;
  setting<std::vector<network_block>> trusted_proxies;
  setting<limits_document> limits;
  setting<drain_document> drain;
  setting<redis_document> redis;
  setting<discovery_document> discovery;
  setting<bool> meta;
};

const named<service_document>* find_service(const document& d, std::string_view name) noexcept;
const policy_document* find_policy(const document& d, std::string_view name) noexcept;

}  // namespace weir::gateway::config
