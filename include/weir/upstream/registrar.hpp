#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "weir/io/loop.hpp"
#include "weir/upstream/discovery_settings.hpp"

namespace weir::upstream {

// What a service says of itself to Consul.
struct registration {
  std::string name;     // of the service
  std::string id = {};  // stable over restarts; empty: name-address-port
  std::string address;  // where it is reached
  std::uint16_t port = 0;
  std::vector<std::string> tags = {};
  std::uint32_t weight = 1;
  // With a path, Consul asks for it (an HTTP check); without one, we tell Consul that we live (a
  // TTL check), three times in its time.
  std::string check_path = {};
  duration check_every = std::chrono::seconds(5);
  duration check_timeout = std::chrono::seconds(1);
  duration forget_after = std::chrono::minutes(1);  // critical for so long: Consul forgets it
  duration again = std::chrono::seconds(30);        // an agent that was restarted may have lost us
  duration notice{};  // after it was taken out: for those who watch Consul to hear of it

  std::string the_id() const;
  std::string json() const;  // the body of /v1/agent/service/register
};

// Keeps a service registered with the Consul agent for as long as it lives: registers, registers
// again now and then and at once when the agent has forgotten, renews the TTL, and takes it out on
// leave(). Consul's absence is waited out, with pauses of at most a second. Belongs to its loop's
// thread; a program that has no loop of ours takes an announcement.
class registrar {
 public:
  registrar(io::loop& on, const consul_settings& at, registration what);
  ~registrar();
  registrar(const registrar&) = delete;
  registrar& operator=(const registrar&) = delete;

  // Takes the service out; `done` runs when Consul has said yes and the watchers have had `notice`,
  // or when Consul has had `patience` in vain. Only then should the service stop accepting.
  void leave(duration patience, std::function<void(bool taken_out)> done);
  bool registered() const noexcept;  // any thread

 private:
  struct impl;
  std::unique_ptr<impl> impl_;
};

}  // namespace weir::upstream
