#include <algorithm>

#include "tables.hpp"
#include "weir/gateway/config/spelling.hpp"
#include "weir/gateway/config/suggest.hpp"

namespace weir::gateway::config {
namespace {

const table<refusal>& refusal_table() {
  static const table<refusal> t(
      "else", "How a request is answered that a requirement turns away.",
      {
          key<&refusal::status>("status", types::error_status(), "The status.", "400"),
          key<&refusal::code>("code", types::text(), "A code for the body."),
          key<&refusal::message>("message", types::text(), "A sentence for the body."),
      });
  return t;
}

const type<std::vector<requirement>>& requirements() {
  static const table<requirement> one(
      "requirement", "A condition that is checked as soon as what it refers to is there.",
      {
          required(key<&requirement::that>("that", types::expression(), "What must be true.")),
          key<&requirement::otherwise>("else", refusal_table(), "The answer where it is not."),
      });
  static const list_of<requirement> t(one);
  return t;
}

const table<route_limits>& route_limits_table() {
  static const table<route_limits> t(
      "route limits", "Bounds of one route.",
      {
          key<&route_limits::body>("body", types::bytes(),
                                   "The largest body of a request; above: 413.", "1MiB"),
      });
  return t;
}

bool is_known_cause(std::string_view name) {
  const auto known = cause_names();
  return name.starts_with("status_") || std::find(known.begin(), known.end(), name) != known.end();
}

// A cause code (`connect_timeout`), a status (`404`), a class of them (`5xx`), or `*`.
bool fits_cause(reader& r, const node& key) {
  const std::string& t = key.text;
  const auto digit = [](char c) { return c >= '0' && c <= '9'; };
  const bool status = t.size() == 3 && (t[0] == '4' || t[0] == '5') &&
                      ((digit(t[1]) && digit(t[2])) || t.substr(1) == "xx");
  if (t == "*" || status) return true;
  if (is_name(t, false)) {
    // A requirement's own code counts too, so that this may be one.
    if (!is_known_cause(t)) {
      const std::string_view near = nearest(t, cause_names());
      r.warn(key.where, "weir has no cause `" + t +
                            "`, so that this counts only for a requirement" + " with this `code`" +
                            (near.empty() ? "" : "; did you mean `" + std::string(near) + "`?"));
    }
    return true;
  }
  r.error(key.where, "`" + t +
                         "` is no cause of an error; write a status, `4xx`, `5xx`, a cause like "
                         "`connect_timeout`, or `'*'`");
  return false;
}

const type<std::vector<named<error_rule>>>& error_rules() {
  static const table<error_rule> one(
      "error rule", "What an error of this cause says.",
      {
          key<&error_rule::status>("status", types::error_status(), "Its status.",
                                   "the cause's own"),
          key<&error_rule::code>("code", types::text(), "`error.code` in the body."),
          key<&error_rule::message>("message", types::text(), "`error.message` in the body."),
      });
  static const named_map<error_rule> t({.what = "cause", .dashes = false, .fits = fits_cause}, one);
  return t;
}

// What a group and a route say in the same words; Path leads to the settings in Into.
template <class Into, auto... Path>
std::vector<row<Into>> shared_rows() {
  using s = route_settings;
  using p = policy_document;
  return {
      key_at<Into, Path..., &s::deadline>("deadline", types::duration_or_none(),
                                          "How long the whole answer may take, retries included; "
                                          "`none` for streams.",
                                          "15s"),
      key_at<Into, Path..., &s::idle_timeout>(
          "idle_timeout", types::positive_duration(),
          "With `deadline: none`: how long a stream may be silent.", "60s"),
      key_at<Into, Path..., &s::policy>("policy", types::policy_name(), policy_about, "default"),
      key_at<Into, Path..., &s::words, &p::timeout>("timeout", types::positive_duration(),
                                                    timeout_about, timeout_default),
      key_at<Into, Path..., &s::words, &p::attempt_timeout>(
          "attempt_timeout", types::positive_duration(), attempt_timeout_about,
          attempt_timeout_default),
      key_at<Into, Path..., &s::words, &p::retry>("retry", retry_or_off(), retry_about, "off"),
      key_at<Into, Path..., &s::forward>("forward", types::field_names(), forward_about, "[]"),
      key_at<Into, Path..., &s::require>("require", requirements(),
                                         "Conditions on the request and on steps, each with the "
                                         "answer where it does not hold."),
      key_at<Into, Path..., &s::errors>("errors", errors_table(), "The form of error bodies.",
                                        "application/problem+json"),
      key_at<Into, Path..., &s::limits>("limits", route_limits_table(), "Bounds of a request."),
      key_at<Into, Path..., &s::meta>(
          "meta", types::boolean(),
          "Add `_meta` to partial answers: which steps are missing, and "
          "why.",
          "false"),
      elsewhere<Into>("breaker", breaker_elsewhere),
      elsewhere<Into>("connect_timeout", connect_elsewhere),
      later<Into>("auth", "tokens of clients"),
      key_at<Into, Path..., &s::words, &p::hedge>("hedge", hedge_or_off(), hedge_about, "off"),
      key_at<Into, Path..., &s::words, &p::cache>("cache", cache_or_off(), cache_about, "off"),
      key_at<Into, Path..., &s::rate_limit>("rate_limit", rate_limit_or_off(), route_rate_about,
                                            "off"),
      elsewhere<Into>("bulkhead", limits_elsewhere),
      elsewhere<Into>("adaptive_limit", limits_elsewhere),
      elsewhere<Into>("throttle", limits_elsewhere),
  };
}

template <class Into>
std::vector<row<Into>> operator+(std::vector<row<Into>> a, std::vector<row<Into>> b) {
  a.insert(a.end(), b.begin(), b.end());
  return a;
}

}  // namespace

const table<errors_document>& errors_table() {
  static const table<errors_document> t(
      "errors", "The body of errors, for a system with its own form.",
      {
          key<&errors_document::causes>(
              "causes", error_rules(),
              "What errors say, by cause, status, `4xx`, `5xx` or `'*'`; the "
              "most exact one counts."),
          key<&errors_document::body>(
              "body", types::shape(),
              "The body, out of `error.status`, `error.code`, `error.message`, "
              "`error.cause`, `error.step` and `error.trace_id`; the last two may be null.",
              "a problem body (RFC 9457)"),
          key<&errors_document::content_type>("content_type", types::media_type(),
                                              "The body's media type.",
                                              "application/json with `body`"),
      });
  return t;
}

const table<route_document>& route_table() {
  static const table<route_document> t(
      "route",
      "What answers a request: steps and a reply made of them, or a proxy. Named "
      "`METHOD /path`, or `METHOD,METHOD /path` for one of each; `{x}` stands for one segment, "
      "`{x...}` at the end for all that is left.",
      std::vector<row<route_document>>{
          key<&route_document::steps>("steps", steps(), "The calls behind the answer, by name."),
          key<&route_document::reply>("reply", types::shape(), "The answer, as JSON."),
          key<&route_document::status>("status", types::answer_status(), "The answer's status.",
                                       "200"),
          key<&route_document::reply_headers>(
              "reply_headers", types::headers(),
              "Headers of the answer; one that is null is left out."),
          key<&route_document::proxy>("proxy", types::proxy_target(),
                                      "Pass the request on, and the answer back as it comes: to "
                                      "`service` with the client's path and query, to "
                                      "`service/path?query` with exactly that."),
          key<&route_document::headers>("headers", types::headers(),
                                        "Of a proxied request: headers that replace the client's."),
          key<&route_document::honours>(
              "honours", types::honours(),
              "Of a proxied request: `idempotency-key` lets one with a key be "
              "retried."),
      } + shared_rows<route_document, &route_document::settings>());
  return t;
}

const table<route_group>& route_group_table() {
  static const table<route_group> t(
      "route group",
      "Routes below one path: `/v1: {routes: {…}}`. What it says counts for each of them that does "
      "not say it itself; its requirements come before theirs.",
      std::vector<row<route_group>>{
          required(key<&route_group::routes>("routes", routes(),
                                             "The routes, without the group's path.")),
      } + shared_rows<route_group, &route_group::settings>());
  return t;
}

}  // namespace weir::gateway::config
