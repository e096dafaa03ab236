#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "weir/gateway/config/route_document.hpp"
#include "weir/gateway/config/service_document.hpp"
#include "weir/gateway/config/source.hpp"

// A configuration as it was written: typed values, each with its place. Nothing is looked up or
// put together here: names are checked by check(), the plan is made by compile().
namespace weir::gateway::config {

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
