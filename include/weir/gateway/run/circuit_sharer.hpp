#pragma once

#include <memory>
#include <set>
#include <string>

#include "weir/gateway/plan/plan.hpp"

namespace weir::gateway {

// Tells one connection's settings from another's. Holds the password: not for logs.
std::string identity(const shared_circuits::settings& s);

// Keeps the circuits that a plan wants shared in touch with those of other processes, over
// reloads. Driven from one thread.
class circuit_sharer {
 public:
  void apply(const plan& p);

 private:
  std::string server_;  // what the connection was made for
  std::unique_ptr<shared_circuits> shared_;
  std::set<std::string> names_;
};

}  // namespace weir::gateway
