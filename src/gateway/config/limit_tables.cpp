#include "tables.hpp"

// Limits, hedges and caches: the policies beside retry and breaker.
namespace weir::gateway::config {
namespace {

const table<bulkhead_document>& bulkhead_table() {
  static const table<bulkhead_document> t(
      "bulkhead", "A limit on calls in flight, so that one slow service cannot take all there is.",
      {
          key<&bulkhead_document::calls>("calls", types::at_least_one(),
                                         "Calls at once; 1000000 at most.", "64"),
          key<&bulkhead_document::queue>(
              "queue", types::count(),
              "Calls that may wait for a place; the next one fails. 1000000 at most.", "0"),
          key<&bulkhead_document::longest_wait>("longest_wait", types::positive_duration(),
                                                "How long a call may wait for a place.", "1s"),
      });
  return t;
}

const table<rate_limit_document>& rate_limit_table() {
  static const table<rate_limit_document> t(
      "rate_limit", "A limit on how often calls start.",
      {
          required(
              key<&rate_limit_document::rate>("rate", types::rate(), "So many in such a time.")),
          key<&rate_limit_document::burst>("burst", types::at_least_one(),
                                           "So many at once after a silence; 1000000 at most.",
                                           "what `rate` allows in its time"),
          key<&rate_limit_document::longest_wait>(
              "longest_wait", types::any_duration(),
              "How long a call may wait for its turn; of a service's limit for everyone.", "0s"),
          key<&rate_limit_document::by>(
              "by", types::rate_source(),
              "Whom it is counted for: all together, each address of a client, or each value of a "
              "request's header.",
              "everyone"),
          key<&rate_limit_document::shared>("shared", types::boolean(),
                                            "Count together with other processes, through `redis`.",
                                            "false"),
      });
  return t;
}

const table<adaptive_limit_document>& adaptive_limit_table() {
  static const table<adaptive_limit_document> t(
      "adaptive_limit",
      "A limit on calls in flight that grows while latency stays as it is without a queue, and "
      "shrinks when it rises.",
      {
          key<&adaptive_limit_document::initial>("initial", types::at_least_one(),
                                                 "Calls at once, to begin with.", "20"),
          key<&adaptive_limit_document::least>("least", types::at_least_one(),
                                               "It never goes below this.", "1"),
          key<&adaptive_limit_document::most>("most", types::at_least_one(),
                                              "It never goes above this; 1000000 at most.", "1000"),
          key<&adaptive_limit_document::tolerance>(
              "tolerance", types::factor(),
              "Latency may rise to so many times its base before the limit shrinks.", "1.5"),
      });
  return t;
}

const table<throttle_document>& throttle_table() {
  static const table<throttle_document> t(
      "throttle",
      "Turns calls away by chance, the more of them the more of those sent fail: for a service "
      "that says when it is overloaded.",
      {
          key<&throttle_document::factor>("factor", types::factor(),
                                          "So many calls are sent for each that is served.", "2"),
          key<&throttle_document::within>("within", types::positive_duration(),
                                          "What is remembered.", "2m"),
          key<&throttle_document::min_calls>("min_calls", types::at_least_one(),
                                             "With fewer calls in the window none is turned away.",
                                             "10"),
      });
  return t;
}

const table<hedge_document>& hedge_table() {
  static const table<hedge_document> t(
      "hedge", "A second call when the first is slow.",
      {
          key<&hedge_document::after>(
              "after", types::hedge_delay(),
              "After as long as this share of recent calls took, or after a fixed time.", "p95"),
          key<&hedge_document::attempts>("attempts", types::at_least_one(),
                                         "All calls, the first included: 2 to 10.", "2"),
      });
  return t;
}

const table<cache_document>& cache_table() {
  static const table<cache_document> t(
      "cache",
      "Answers kept for a while: of GET, with status 200, unless the service says otherwise "
      "(`Cache-Control`, `Vary`, `Set-Cookie`).",
      {
          required(key<&cache_document::for_>("for", types::positive_duration(),
                                              "How long an answer is as good as new; a shorter "
                                              "`max-age` of the service counts.")),
          key<&cache_document::stale_if_error>(
              "stale_if_error", types::any_duration(),
              "…and how much longer it may stand in for one that failed; a `stale-if-error` of the "
              "service counts in its place.",
              "0s"),
          key<&cache_document::capacity>("capacity", types::bytes(),
                                         "What the answers of one service may take together; the "
                                         "largest that anybody says of it.",
                                         "16MiB"),
          key<&cache_document::coalesce>("coalesce", types::boolean(),
                                         "Make one call of equal ones at the same time.", "true"),
      });
  return t;
}

}  // namespace

const type<switchable<bulkhead_document>>& bulkhead_or_off() {
  static const off_or<bulkhead_document> t(bulkhead_table());
  return t;
}

const type<switchable<rate_limit_document>>& rate_limit_or_off() {
  static const off_or<rate_limit_document> t(rate_limit_table());
  return t;
}

const type<switchable<adaptive_limit_document>>& adaptive_limit_or_off() {
  static const off_or<adaptive_limit_document> t(adaptive_limit_table());
  return t;
}

const type<switchable<throttle_document>>& throttle_or_off() {
  static const off_or<throttle_document> t(throttle_table());
  return t;
}

const type<switchable<hedge_document>>& hedge_or_off() {
  static const off_or<hedge_document> t(hedge_table());
  return t;
}

const type<switchable<cache_document>>& cache_or_off() {
  static const off_or<cache_document> t(cache_table());
  return t;
}

}  // namespace weir::gateway::config
