#pragma once

#include "weir/gateway/config/table.hpp"

// The mappings of a configuration. Each function gives the one table of its mapping; policy words
// are rows that four of them share.
namespace weir::gateway::config {

const table<retry_document>& retry_table();
const table<breaker_document>& breaker_table();
const table<policy_document>& policy_table();
const table<service_document>& service_table();
const table<errors_document>& errors_table();
const table<tls_document>& tls_table();
const table<discovery_document>& discovery_table();
const table<consul_service_document>& consul_service_table();
const type<std::vector<instance_document>>& instances();
const type<switchable<health_document>>& health_or_off();
const type<switchable<ejection_document>>& ejection_or_off();
const table<step_document>& step_table();
const table<document>& document_table();

const type<switchable<retry_document>>& retry_or_off();
const type<switchable<breaker_document>>& breaker_or_off();
const type<switchable<bulkhead_document>>& bulkhead_or_off();
const type<switchable<rate_limit_document>>& rate_limit_or_off();
const type<switchable<adaptive_limit_document>>& adaptive_limit_or_off();
const type<switchable<throttle_document>>& throttle_or_off();
const type<switchable<hedge_document>>& hedge_or_off();
const type<switchable<cache_document>>& cache_or_off();
const type<std::vector<named<step_document>>>& steps();
const type<std::vector<route_document>>& routes();
const table<route_document>& route_table();
const table<route_group>& route_group_table();

inline constexpr std::string_view timeout_about =
    "How long the whole step may take: retries, pauses, reading the body, all items of an `each`.";
inline constexpr std::string_view timeout_default = "what is left of the route's deadline";
inline constexpr std::string_view attempt_timeout_about = "How long one attempt may take.";
inline constexpr std::string_view attempt_timeout_default =
    "what is left of `timeout`; without one, 5s";
inline constexpr std::string_view connect_timeout_about = "How long connecting may take.";
inline constexpr std::string_view retry_about =
    "Whether and how a failed call is tried again, if it is idempotent; or `off`.";
inline constexpr std::string_view forward_about =
    "The client's headers that are sent along with calls; no others are, but trace context.";
inline constexpr std::string_view breaker_elsewhere =
    "a circuit belongs to the service, whoever calls it: write it under `services` or `policies`";
inline constexpr std::string_view bulkhead_about =
    "How many calls to the service may be in flight at once, for this process; or `off`.";
inline constexpr std::string_view service_rate_about =
    "How often the service may be called, by this process or by all that share it; or `off`.";
inline constexpr std::string_view route_rate_about =
    "How often requests may come; beyond it they are answered 429; or `off`.";
inline constexpr std::string_view adaptive_about =
    "A limit on calls in flight that finds itself by how latency answers to load; or `off`.";
inline constexpr std::string_view throttle_about =
    "Turn away, by chance, what an overloaded service would not answer; or `off`.";
inline constexpr std::string_view hedge_about =
    "Send another call beside one that is slow, and take what comes first, if the call is "
    "idempotent; within the retry budget; or `off`.";
inline constexpr std::string_view cache_about =
    "Keep answers to GET for a while, and make one call of equal ones at the same time; or `off`.";
inline constexpr std::string_view limits_elsewhere =
    "a limit on calls belongs to the service, whoever calls it: write it under `services` or "
    "`policies`";
inline constexpr std::string_view connect_elsewhere =
    "connections belong to the service: write it under `services` or `policies`";
inline constexpr std::string_view policy_about =
    "The policy of that name gives what is not said here.";

}  // namespace weir::gateway::config
