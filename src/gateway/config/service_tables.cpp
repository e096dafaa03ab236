#include "tables.hpp"

namespace weir::gateway::config {

const table<tls_document>& tls_table() {
  static const table<tls_document> t(
      "tls", "How the certificate of an `https://` service is judged.",
      {
          key<&tls_document::ca_file>("ca_file", types::file_name(),
                                      "PEM file of the authorities to trust.",
                                      "those of the system"),
          key<&tls_document::verify>("verify", types::boolean(),
                                     "Whether the certificate and its name are verified.", "true"),
      });
  return t;
}

namespace {

template <auto Member>
row<service_document> word(std::string_view name,
                           const type<typename detail::member_of<decltype(Member)>::value>& t,
                           std::string_view about, std::string_view by_default = {}) {
  return key_at<service_document, &service_document::words, Member>(name, t, about, by_default);
}

bool read_url_alone(reader& r, const node& from, service_document& into) {
  into.url.given = true;
  into.url.where = from.where;
  into.url.value = types::service_url().read(r, from);
  return into.url.value.has_value();
}

}  // namespace

const table<service_document>& service_table() {
  static const table<service_document> t = [] {
    table<service_document> made(
        "service",
        "A service that calls go to; its URL alone is the short form. Exactly one of `url`, "
        "`instances`, `dns`, `srv` and `consul` says where it is.",
        {
            key<&service_document::url>("url", types::service_url(),
                                        "Where it is: `http://` or `https://`, host, port, and "
                                        "the path that its calls begin with."),
            key<&service_document::instances>(
                "instances", instances(),
                "Its instances: URLs, which differ in host and port alone."),
            key<&service_document::dns>(
                "dns", types::service_url(),
                "A URL whose name has an address (A, AAAA) for each instance; asked for again when "
                "the records' time to live is over."),
            key<&service_document::srv>(
                "srv", types::service_url(),
                "A URL whose name has an SRV record for each instance, which says its host, port "
                "and weight: `http://_http._tcp.shop.internal`."),
            key<&service_document::consul>("consul", consul_service_table(),
                                           "Its instances are those that pass in Consul, followed "
                                           "as they change; needs `discovery`."),
            key<&service_document::host>("host", types::head_word(),
                                         "What Host says, and the name that a certificate must "
                                         "bear, for all instances.",
                                         "each its own address; the name, with `dns` and `srv`"),
            key<&service_document::balance>("balance", types::balance(),
                                            "Which instance a call goes to.", "least_requests"),
            key<&service_document::hash_by>(
                "hash_by", types::hash_source(),
                "For `balance: maglev`: what the instance is chosen by.", "target"),
            key<&service_document::health>("health", health_or_off(),
                                           "Requests that find out which instances are fit for "
                                           "use; or `off`.",
                                           "off"),
            key<&service_document::ejection>("ejection", ejection_or_off(),
                                             "When an instance is left alone for a while because "
                                             "calls to it fail; or `off`.",
                                             "as below, where there are several"),
            key<&service_document::panic>(
                "panic", types::percent(),
                "When fewer instances than this share are fit for use, all are used.", "25%"),
            key<&service_document::slow_start>(
                "slow_start", types::any_duration(),
                "How long the share of an instance grows that is new or fit again.", "0s"),
            key<&service_document::policy>("policy", types::policy_name(), policy_about, "default"),
            word<&policy_document::timeout>("timeout", types::positive_duration(), timeout_about,
                                            timeout_default),
            word<&policy_document::attempt_timeout>("attempt_timeout", types::positive_duration(),
                                                    attempt_timeout_about, attempt_timeout_default),
            word<&policy_document::connect_timeout>("connect_timeout", types::positive_duration(),
                                                    connect_timeout_about, "1s"),
            word<&policy_document::retry>("retry", retry_or_off(), retry_about, "off"),
            word<&policy_document::breaker>("breaker", breaker_or_off(),
                                            "Its circuit breaker, which all calls share; or `off`.",
                                            "off"),
            key<&service_document::failures>(
                "failures", types::failures(),
                "What the breaker counts as a failure: `connect` (also reset and truncation), "
                "`timeout`, `decode` (not JSON, or too large), `kind` (not as expected), statuses.",
                "[connect, timeout, decode, 5xx]"),
            key<&service_document::headers>("headers", types::headers(),
                                            "Headers that all its calls carry."),
            key<&service_document::header_files>("header_files", types::header_files(),
                                                 "The same, each value read from a file, for "
                                                 "secrets. Read when the configuration is."),
            key<&service_document::forward>("forward", types::field_names(), forward_about, "[]"),
            key<&service_document::honours>(
                "honours", types::honours(),
                "`idempotency-key`: the service does a call once, however "
                "often it comes with the same key, so that a POST with one "
                "may be retried."),
            key<&service_document::tls>("tls", tls_table(), "For `https://`: whom to trust."),
            key<&service_document::connections>("connections", types::at_least_one(),
                                                "Connections to it at most, for each worker.",
                                                "1024"),
            key<&service_document::pipelining>(
                "pipelining", types::pipelining(),
                "How many GETs that start at the same moment may go out on one connection, "
                "answered in their order; 1: each has its own. For services that answer quickly "
                "and evenly: who stands behind a slow answer waits for it.",
                "1"),
            key<&service_document::response>("response", types::bytes(),
                                             "The largest body of a composed call.", "8MiB"),
            word<&policy_document::bulkhead>("bulkhead", bulkhead_or_off(), bulkhead_about, "off"),
            word<&policy_document::rate_limit>("rate_limit", rate_limit_or_off(),
                                               service_rate_about, "off"),
            word<&policy_document::adaptive_limit>("adaptive_limit", adaptive_limit_or_off(),
                                                   adaptive_about, "off"),
            word<&policy_document::throttle>("throttle", throttle_or_off(), throttle_about, "off"),
            word<&policy_document::hedge>("hedge", hedge_or_off(), hedge_about, "off"),
            word<&policy_document::cache>("cache", cache_or_off(), cache_about, "off"),
        });
    made.with_shorthand("url", read_url_alone);
    return made;
  }();
  return t;
}

}  // namespace weir::gateway::config
