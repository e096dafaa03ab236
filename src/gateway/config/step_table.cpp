#include "tables.hpp"

namespace weir::gateway::config {
namespace {

template <auto Member>
row<step_document> word(std::string_view name,
                        const type<typename detail::member_of<decltype(Member)>::value>& t,
                        std::string_view about, std::string_view by_default = {}) {
  return key_at<step_document, &step_document::words, Member>(name, t, about, by_default);
}

}  // namespace

const table<step_document>& step_table() {
  static const table<step_document> t(
      "step",
      "One call, one call for each element of a list, or a computed value. A step runs as soon as "
      "what it refers to is there. Without `default` it is required.",
      {
          key<&step_document::get>("get", types::target(), "GET this from a service."),
          key<&step_document::post>("post", types::target(), "POST to a service."),
          key<&step_document::put>("put", types::target(), "PUT to a service."),
          key<&step_document::delete_>("delete", types::target(), "DELETE at a service."),
          key<&step_document::patch>("patch", types::target(), "PATCH at a service."),
          key<&step_document::value>("value", types::shape(),
                                     "A computed value in place of a call."),
          key<&step_document::each>(
              "each", types::each(),
              "One call for each element of a list, and the list of what they "
              "gave, in its order."),
          key<&step_document::limit>("limit", types::at_least_one(),
                                     "Calls of an `each` in flight at most.", "32"),
          key<&step_document::max_items>("max_items", types::at_least_one(),
                                         "Elements of an `each` at most; with more the step fails.",
                                         "1000, or `limits.max_items`"),
          key<&step_document::when>(
              "when", types::expression(),
              "Run only if this is true; if it is false or null, the step is null. "
              "What is neither, or missing, fails the step."),
          key<&step_document::take>(
              "take", types::expression(),
              "The part of the answer that is the step's value, out of `body`, "
              "`status` and `headers`.",
              "body"),
          key<&step_document::expect>("expect", types::expect(),
                                      "What the body must be; anything else fails the step."),
          key<&step_document::as>("as", types::as(),
                                  "How the body is read, whatever its type says.", "json"),
          key<&step_document::fallback>("default", types::shape(),
                                        "What the step is worth when it fails; makes it optional."),
          key<&step_document::missing>(
              "missing", types::error_status(),
              "The client's status when `take` finds nothing or the service "
              "says 404 or 410."),
          key<&step_document::pass>(
              "pass", types::statuses(),
              "Statuses of the service that are the client's answer, body and "
              "all."),
          key<&step_document::query>("query", types::query(),
                                     "Parameters of the query; one that is null is left out."),
          key<&step_document::headers>(
              "headers", types::headers(),
              "Headers to send; one that is null is left out, one that is missing "
              "fails the step, one of the service's with the same name is replaced."),
          key<&step_document::body>("body", types::shape(), "What is sent, as JSON."),
          key<&step_document::forward>("forward", types::field_names(), forward_about, "[]"),
          key<&step_document::honours>(
              "honours", types::honours(),
              "`idempotency-key`: this call may be retried when it carries "
              "one."),
          key<&step_document::policy>("policy", types::policy_name(), policy_about, "default"),
          word<&policy_document::timeout>("timeout", types::positive_duration(), timeout_about,
                                          timeout_default),
          word<&policy_document::attempt_timeout>("attempt_timeout", types::positive_duration(),
                                                  attempt_timeout_about, attempt_timeout_default),
          word<&policy_document::retry>("retry", retry_or_off(), retry_about, "off"),
          key<&step_document::response>("response", types::bytes(), "The largest body.",
                                        "the service's"),
          elsewhere<step_document>("breaker", breaker_elsewhere),
          elsewhere<step_document>("connect_timeout", connect_elsewhere),
          elsewhere<step_document>("deadline", "it is the route's; a step has a `timeout`"),
          word<&policy_document::hedge>("hedge", hedge_or_off(), hedge_about, "off"),
          word<&policy_document::cache>("cache", cache_or_off(), cache_about, "off"),
          elsewhere<step_document>("bulkhead", limits_elsewhere),
          elsewhere<step_document>("rate_limit", limits_elsewhere),
          elsewhere<step_document>("adaptive_limit", limits_elsewhere),
          elsewhere<step_document>("throttle", limits_elsewhere),
      });
  return t;
}

const type<std::vector<named<step_document>>>& steps() {
  static const named_map<step_document> t({.what = "step", .dashes = false, .fits = nullptr},
                                          step_table());
  return t;
}

}  // namespace weir::gateway::config
