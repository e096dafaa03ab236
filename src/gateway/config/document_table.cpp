#include "tables.hpp"

namespace weir::gateway::config {
namespace {

const table<cors_document>& cors_table() {
  static const table<cors_document> t(
      "cors", "Which pages of other origins may call.",
      {
          required(key<&cors_document::origins>("origins", types::origins(),
                                                "The origins that may; `\"*\"` for all.")),
          key<&cors_document::headers>("headers", types::field_names(),
                                       "Headers of a request that they may set.", "[content-type]"),
          key<&cors_document::credentials>("credentials", types::boolean(),
                                           "Whether cookies and Authorization may come along.",
                                           "false"),
          key<&cors_document::max_age>("max_age", types::any_duration(),
                                       "How long a browser may keep the answer to a preflight.",
                                       "10m"),
      });
  return t;
}

const table<limits_document>& limits_table() {
  static const table<limits_document> t(
      "limits", "Bounds on all that a client or a service can make large or slow.",
      {
          key<&limits_document::target>("target", types::head_bytes(),
                                        "Of a request's target; above: 414. `44KiB` at most.",
                                        "8KiB"),
          key<&limits_document::head>("head", types::head_bytes(),
                                      "Of a request's head; above: 431. `44KiB` at most.", "32KiB"),
          key<&limits_document::fields>("fields", types::header_fields(),
                                        "Header fields of a request; above: 431.", "100"),
          key<&limits_document::body>("body", types::bytes(), "Of a request's body; above: 413.",
                                      "1MiB"),
          key<&limits_document::connections>(
              "connections", types::at_least_one(),
              "Connections of clients, for each worker; above, accepting stops.", "10000"),
          key<&limits_document::head_timeout>(
              "head_timeout", types::positive_duration(),
              "From a request's first byte to the end of its head; above: 408.", "10s"),
          key<&limits_document::body_timeout>(
              "body_timeout", types::positive_duration(),
              "For a request's body, unless it keeps the least rate; above: 408.", "30s"),
          key<&limits_document::body_least_rate>(
              "body_least_rate", types::bytes_or_zero(),
              "What a body must bring each second after its first 5 s; `0`: no least rate.",
              "1KiB"),
          key<&limits_document::idle_timeout>("idle_timeout", types::positive_duration(),
                                              "Between two requests of a connection.", "60s"),
          key<&limits_document::write_timeout>("write_timeout", types::positive_duration(),
                                               "Without progress in sending an answer.", "30s"),
          key<&limits_document::response>(
              "response", types::bytes(),
              "Of a service's body in a composed call; above, the call failed.", "8MiB"),
          key<&limits_document::depth>("depth", types::json_depth(), "Nesting of a service's JSON.",
                                       "512"),
          key<&limits_document::max_items>("max_items", types::at_least_one(),
                                           "Elements of an `each`, where the step does not say.",
                                           "1000"),
      });
  return t;
}

const table<drain_document>& drain_table() {
  static const table<drain_document> t(
      "drain", "How the process goes away on SIGTERM.",
      {
          key<&drain_document::notice>(
              "notice", types::any_duration(),
              "How long it goes on accepting, not ready and with `Connection: close`, "
              "so that load balancers notice.",
              "0s"),
          key<&drain_document::timeout>("timeout", types::any_duration(),
                                        "How long running requests may take to finish.", "30s"),
      });
  return t;
}

const table<redis_document>& redis_table() {
  static const table<redis_document> t(
      "redis",
      "A Redis or Valkey server. It is never waited for: without it every process goes on alone.",
      {
          required(key<&redis_document::url>(
              "url", types::text(), "`redis://[[user]:password@]host[:port][/database]`.")),
          key<&redis_document::prefix>(
              "prefix", types::text(),
              "The first part of every key; processes that share agree on it.", "weir"),
      });
  return t;
}

}  // namespace

const table<document>& document_table() {
  static const named_map<service_document> services(
      {.what = "service", .dashes = true, .fits = nullptr}, service_table());
  static const named_map<policy_document> policies(
      {.what = "policy", .dashes = true, .fits = nullptr}, policy_table());
  static const table<document> t(
      "configuration", "The whole file.",
      {
          key<&document::listen>("listen", types::addresses(), "Where clients connect.",
                                 "127.0.0.1:9000"),
          key<&document::admin>("admin", types::address_or_off(),
                                "Where health, metrics and circuits are shown; or `off`.",
                                "127.0.0.1:9901"),
          key<&document::workers>("workers", types::workers(), "Threads that serve requests.",
                                  "one for each core"),
          key<&document::services>("services", services, "The services that calls go to, by name."),
          key<&document::policies>("policies", policies,
                                   "Settings that services, routes and steps share, by name."),
          required(key<&document::routes>("routes", routes(), "What is answered, and how.")),
          key<&document::forward>("forward", types::field_names(), forward_about, "[]"),
          key<&document::errors>("errors", errors_table(), "The form of error bodies.",
                                 "application/problem+json"),
          key<&document::cors>("cors", cors_table(), "Which pages of other origins may call.",
                               "none"),
          key<&document::trusted_proxies>(
              "trusted_proxies", types::networks(),
              "Networks whose `Forwarded`, `X-Forwarded-*` and deadline headers count.", "[]"),
          key<&document::limits>("limits", limits_table(),
                                 "Bounds on what clients and services send."),
          key<&document::discovery>("discovery", discovery_table(),
                                    "Where instances are looked up, and kept for a restart."),
          key<&document::drain>("drain", drain_table(), "How the process goes away."),
          key<&document::meta>("meta", types::boolean(),
                               "Add `_meta` to partial answers: which steps are missing, and why.",
                               "false"),
          later<document>("auth", "tokens of clients"),
          key<&document::redis>("redis", redis_table(),
                                "The server through which circuits and rate limits are shared."),
          later<document>("tls", "HTTPS for clients"),
          later<document>("telemetry", "traces"),
      });
  return t;
}

}  // namespace weir::gateway::config
