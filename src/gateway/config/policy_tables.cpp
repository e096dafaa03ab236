#include "tables.hpp"

namespace weir::gateway::config {
namespace {

const table<retry_budget_document>& budget_table() {
  static const table<retry_budget_document> t(
      "budget", "How many retries a service is given, so that they cannot become a storm.",
      {
          key<&retry_budget_document::ratio>(
              "ratio", types::percent(),
              "Retries as a share of the first attempts of the last 10 s.", "20%"),
          key<&retry_budget_document::floor>("floor", types::count(),
                                             "Retries within 10 s that are always allowed.", "10"),
      });
  return t;
}

const table<trip_document>& trip_table() {
  static const table<trip_document> t(
      "trip",
      "When a circuit opens, by one of four rules: `{in_a_row: 5}`, `{failures: 5, within: 10s}`, "
      "`{ratio: 20%, within: 20s, min_calls: 10}` or `{slow: 80%, slower_than: 500ms, within: "
      "10s}`.",
      {
          key<&trip_document::in_a_row>("in_a_row", types::at_least_one(),
                                        "So many failures without a success between them."),
          key<&trip_document::failures>("failures", types::at_least_one(),
                                        "So many failures within `within`; 100000 at most."),
          key<&trip_document::ratio>("ratio", types::percent(),
                                     "This share of the calls within `within` failed."),
          key<&trip_document::slow>("slow", types::percent(),
                                    "This share of the calls within `within` took longer than "
                                    "`slower_than`."),
          key<&trip_document::slower_than>("slower_than", types::positive_duration(),
                                           "What is slow."),
          key<&trip_document::within>("within", types::positive_duration(),
                                      "The window of `failures`, `ratio` or `slow`."),
          key<&trip_document::min_calls>(
              "min_calls", types::at_least_one(),
              "Calls that the window must hold before `ratio` or `slow` is judged.",
              "10; 20 for `slow`"),
      });
  return t;
}

const table<probe_document>& probe_table() {
  static const table<probe_document> t(
      "probe", "How an open circuit finds out that the service is back.",
      {
          key<&probe_document::calls>("calls", types::at_least_one(),
                                      "Calls let through at once while half-open.", "1"),
          key<&probe_document::close_after>("close_after", types::at_least_one(),
                                            "Successes among them that close the circuit.",
                                            "as many as `calls`"),
          key<&probe_document::ramp>("ramp", types::positive_duration(),
                                     "Recover by letting a growing share of the calls through, "
                                     "from none to all over this time, in place of `calls`."),
      });
  return t;
}

}  // namespace

const table<retry_document>& retry_table() {
  static const off_or<retry_budget_document> budget(budget_table());
  static const table<retry_document> t(
      "retry", "Trying again what failed for a passing reason.",
      {
          key<&retry_document::attempts>("attempts", types::tries(),
                                         "All tries, the first included.", "2"),
          key<&retry_document::backoff>(
              "backoff", types::durations(),
              "The pause before a retry: always the same, or doubled each "
              "time from the first to the second.",
              "25ms..250ms"),
          key<&retry_document::jitter>(
              "jitter", types::boolean(),
              "Draw each pause between zero and its length, so that clients "
              "do not come back in step.",
              "true"),
          key<&retry_document::on>(
              "on", types::failures(),
              "What is tried again: `connect` (also reset and truncation), `timeout`, statuses. A "
              "`Retry-After` is waited for.",
              "[connect, timeout, 429, 502, 503, 504]"),
          key<&retry_document::methods>(
              "methods", types::methods(),
              "Only calls with these methods; others than the idempotent ones need `honours`.",
              "those that are idempotent"),
          key<&retry_document::budget>("budget", budget,
                                       "What the retries of one service may add to its load, for "
                                       "this process; or `off`.",
                                       "{ratio: 20%, floor: 10}"),
      });
  return t;
}

const table<breaker_document>& breaker_table() {
  static const table<breaker_document> t(
      "breaker", "The circuit breaker of a service.",
      {
          key<&breaker_document::trip>("trip", trip_table(), "When the circuit opens.",
                                       "{in_a_row: 5}"),
          key<&breaker_document::open>(
              "open", types::durations(),
              "How long it stays open before a call may probe; a range "
              "grows from its first to its second with every failed probe.",
              "5s"),
          key<&breaker_document::probe>("probe", probe_table(),
                                        "How it finds out that the service is back.",
                                        "{calls: 1, close_after: 1}"),
          key<&breaker_document::profile>(
              "profile", types::profile(),
              "Begin with the settings of a known breaker; the other keys "
              "replace them."),
          key<&breaker_document::shared>(
              "shared", types::sharing(),
              "Act together with the circuit of this name in other processes, through `redis`: "
              "`sum` counts what all of them see; with `quorum` it opens for all when the "
              "majority of them, with `any` when one of them has opened it. Without `redis` it "
              "is this process' alone."),
          key<&breaker_document::scope>(
              "scope", types::scope(),
              "One circuit for the service, or one for each of its instances; calls then go to "
              "those whose circuits let them.",
              "service"),
      });
  return t;
}

const type<switchable<retry_document>>& retry_or_off() {
  static const off_or<retry_document> t(retry_table());
  return t;
}

const type<switchable<breaker_document>>& breaker_or_off() {
  static const off_or<breaker_document> t(breaker_table());
  return t;
}

const table<policy_document>& policy_table() {
  static const table<policy_document> t(
      "policy",
      "Settings by name, for services, routes and steps that say `policy: NAME`; the one "
      "called `default` is for all.",
      {
          key<&policy_document::timeout>("timeout", types::positive_duration(), timeout_about,
                                         timeout_default),
          key<&policy_document::attempt_timeout>("attempt_timeout", types::positive_duration(),
                                                 attempt_timeout_about, attempt_timeout_default),
          key<&policy_document::connect_timeout>("connect_timeout", types::positive_duration(),
                                                 connect_timeout_about, "1s"),
          key<&policy_document::retry>("retry", retry_or_off(), retry_about, "off"),
          key<&policy_document::breaker>(
              "breaker", breaker_or_off(),
              "The circuit breaker of each service under this policy; or "
              "`off`.",
              "off"),
          key<&policy_document::bulkhead>("bulkhead", bulkhead_or_off(), bulkhead_about, "off"),
          key<&policy_document::rate_limit>("rate_limit", rate_limit_or_off(), service_rate_about,
                                            "off"),
          key<&policy_document::adaptive_limit>("adaptive_limit", adaptive_limit_or_off(),
                                                adaptive_about, "off"),
          key<&policy_document::throttle>("throttle", throttle_or_off(), throttle_about, "off"),
          key<&policy_document::hedge>("hedge", hedge_or_off(), hedge_about, "off"),
          key<&policy_document::cache>("cache", cache_or_off(), cache_about, "off"),
      });
  return t;
}

}  // namespace weir::gateway::config
