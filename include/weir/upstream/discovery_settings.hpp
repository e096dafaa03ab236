#pragma once

#include <bitset>
#include <cstdint>
#include <string>
#include <vector>

#include "weir/base/clock.hpp"
#include "weir/upstream/instance.hpp"

namespace weir::upstream {

enum class discovery_kind : std::uint8_t { fixed, dns, srv, consul };

// Which instances Consul is asked for.
struct consul_query {
  std::string service;
  std::vector<std::string> tags;  // all of them
  std::string datacenter;         // empty: the agent's own
  friend bool operator==(const consul_query&, const consul_query&) = default;
};

// Where a service's instances come from.
struct discovery_settings {
  discovery_kind how = discovery_kind::fixed;
  std::vector<instance_spec> listed;  // fixed
  std::string name;                   // dns, srv
  std::uint16_t port = 80;            // dns
  consul_query consul;
  std::string authority;  // what Host says to all of them; empty: each its own address
  friend bool operator==(const discovery_settings&, const discovery_settings&) = default;
};

// Requests that find out whether an instance is fit for use.
struct check_settings {
  std::string path = "/";
  duration every = std::chrono::seconds(5);
  double jitter = 0.2;  // of the interval, up or down
  duration timeout = std::chrono::seconds(1);
  std::bitset<600> statuses;  // that pass
  friend bool operator==(const check_settings&, const check_settings&) = default;
};

// What consistent hashing goes by.
enum class hash_by : std::uint8_t { target, client, header };

// How Consul is reached, for all services.
struct consul_settings {
  std::string host = "127.0.0.1";
  std::uint16_t port = 8500;
  bool tls = false;
  std::string ca_file;
  std::size_t ca_content = 0;  // a hash of it: a file of the same name may hold others
  bool verify = true;
  std::string authority;
  std::string token;
  std::string datacenter;                           // where a service names none
  duration wait = std::chrono::seconds(60);         // of a blocking query
  duration empty_grace = std::chrono::seconds(30);  // an empty list is not believed for so long
  duration debounce =
      std::chrono::milliseconds(100);                // changes that come so close together are one
  duration longest_pause = std::chrono::seconds(1);  // between tries while it is gone
  friend bool operator==(const consul_settings&, const consul_settings&) = default;
};

}  // namespace weir::upstream
