#pragma once

#include <memory>
#include <string>
#include <vector>

#include "weir/base/result.hpp"
#include "weir/io/address.hpp"
#include "weir/io/loop.hpp"
#include "weir/upstream/registrar.hpp"

namespace CLI {
class App;
}

namespace weir::systems {

// What a service is to tell Consul of itself, from its options.
struct registration_options {
  std::string consul;  // URL of the agent; empty: nothing is told
  std::string name;    // empty: the service's own
  std::string id;
  std::string advertise;  // "10.0.0.7:8000"; empty: where it listens
  std::string check = "/livez";
  duration check_every = std::chrono::seconds(5);
  std::vector<std::string> tags;

  void add_to(CLI::App& app);
  // Null where nothing is to be told. The error is a sentence.
  result<std::unique_ptr<upstream::registrar>, std::string> start(
      io::loop& on, const std::string& service, const io::address& listening) const;
};

}  // namespace weir::systems
