#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "systems/stage/child.hpp"
#include "systems/stage/edited_copy.hpp"
#include "systems/stage/gateway_log.hpp"
#include "systems/stage/place.hpp"
#include "systems/stage/visitor.hpp"

namespace weir::stage {

// One program of a company.
struct member {
  std::string name;                      // what reads the gateway's log looks for "gateway"
  std::vector<std::string> command;      // the program's path first
  std::vector<std::string> environment;  // NAME=value
  std::uint16_t port = 0;
  std::uint16_t admin_port = 0;  // asked whether it is ready, where there is one; else port
  // Seen in its output when it is ready; empty: it is asked over HTTP.
  std::string ready_line = {};
};

// The path of one of our programs. Throws std::runtime_error when it is missing.
std::string program(const std::string& name);

// The path of someone else's, which Debian's `package` brings. Throws likewise.
std::string program_of_system(const std::string& name, const std::string& package);

// "127.0.0.1:8080"
std::string at_port(std::uint16_t port);

// The processes of a system and a place for their files: started in the order they are named,
// stopped in the opposite one, asked by name. All on the loop's thread.
class company {
 public:
  struct listener {
    std::function<void(const transition&)> on_transition;
    std::function<void(const std::string& name, int wait_status, bool asked)> on_end;
  };

  // `keep_logs`: a directory; empty: a temporary one.
  company(io::loop& on, const std::string& system, std::string keep_logs, listener told);

  void add(member one);

  // Sees that every port is free, starts everything and waits until it is ready. The error is a
  // sentence; what was started by then ends with this object.
  std::optional<std::string> start();
  std::optional<std::string> start(const std::string& name);   // one that was stopped; waits
  std::optional<std::string> launch(const std::string& name);  // does not wait
  void stop(const std::string& name);                          // and waits
  void ask_to_stop(const std::string& name);
  void stop_all();  // and waits

  // The process stands still: its port takes connections and nobody answers.
  void freeze(const std::string& name);
  void thaw(const std::string& name);

  bool running(const std::string& name) const { return at(name).process->running(); }
  bool stopping(const std::string& name) const { return at(name).process->stopping(); }
  bool frozen(const std::string& name) const { return at(name).frozen; }
  pid_t pid(const std::string& name) const { return at(name).process->pid(); }
  std::uint16_t port(const std::string& name) const { return at(name).is.port; }
  std::uint16_t admin_port(const std::string& name) const { return at(name).is.admin_port; }

  // How a service misbehaves from now on; "{}" ends it.
  void set_faults(const std::string& name, const std::string& json, std::function<void(bool)> done);
  bool set_faults(const std::string& name, const std::string& json);  // waits; whether it was taken
  // Requests a service has seen since it was started; none when it cannot be asked.
  std::optional<std::uint64_t> requests_seen(const std::string& name);

  // The answer to a GET, once it is there.
  answer ask(const std::string& name, const std::string& target);

  const temporary_directory& directory() const noexcept { return directory_; }
  stage::visitor& visitor() noexcept { return visitor_; }
  const gateway_log& log() const noexcept { return log_; }
  io::loop& loop() noexcept { return loop_; }

 private:
  struct hired {
    member is;
    std::unique_ptr<child> process;
    bool frozen = false;
    bool said_ready = false;
  };

  const hired& at(const std::string& name) const;
  hired& at(const std::string& name);
  std::optional<std::string> ports_taken() const;
  std::optional<std::string> wait_ready(const hired& one);

  io::loop& loop_;
  const listener told_;
  const std::string keep_logs_;
  temporary_directory directory_;
  stage::visitor visitor_;
  gateway_log log_;
  std::deque<hired> members_;  // which do not move: their lines are listened for
};

// The copy of a system's configuration that a company runs on: "shop/shop.yaml". Throws
// std::runtime_error when it is missing or an edit finds nothing.
std::string configuration_of(const std::string& file, const company& on,
                             const std::vector<edit>& edits);

}  // namespace weir::stage
