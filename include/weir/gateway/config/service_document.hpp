#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "weir/gateway/config/policy_document.hpp"
#include "weir/gateway/config/text_document.hpp"

// A service, as it was written.
namespace weir::gateway::config {

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
  setting<std::uint64_t> pipelining;
  setting<std::uint64_t> response;
};

}  // namespace weir::gateway::config
