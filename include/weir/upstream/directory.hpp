#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "weir/io/loop.hpp"
#include "weir/io/resolver.hpp"
#include "weir/upstream/link.hpp"
#include "weir/upstream/service.hpp"

namespace weir::upstream {

// Where the process looks instances up, beside what each service says.
struct directory_settings {
  std::optional<consul_settings> consul;
  std::string dns_servers;    // empty: the system's
  std::string snapshot_file;  // empty: none is kept
};

// Keeps the rosters of all services up to date: follows Consul and DNS, runs the active checks, and
// keeps the last known instances on disk. One for the process, on its main loop, so that however
// many workers there are, Consul is asked once and instances are checked once.
class directory {
 public:
  explicit directory(io::loop& main);
  ~directory();
  directory(const directory&) = delete;
  directory& operator=(const directory&) = delete;

  // The services that are in use from now on. What is followed as before goes on undisturbed.
  void follow(const std::vector<std::shared_ptr<service>>& services,
              const directory_settings& with);

 private:
  struct impl;
  std::unique_ptr<impl> impl_;
};

// Something that keeps one roster up to date for as long as it lives.
class source {
 public:
  virtual ~source() = default;
};

// Told when a roster has got another list.
using list_changed = std::function<void()>;

// `last_known`: an earlier process's list, already in the roster; empty: none.
std::unique_ptr<source> follow_consul(io::loop& on, link& agent, const consul_settings& at,
                                      std::shared_ptr<service> of,
                                      std::vector<instance_spec> last_known, list_changed changed);
std::unique_ptr<source> follow_dns(io::loop& on, io::resolver& names, std::shared_ptr<service> of,
                                   list_changed changed);
// Runs the active checks of a service's instances.
std::unique_ptr<source> check_instances(io::loop& on, io::resolver& names,
                                        std::shared_ptr<service> of);

}  // namespace weir::upstream
