#pragma once

#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>

#include "weir/sharing/shared_circuits.hpp"

namespace weir::gateway {

// Tells one connection's settings from another's. Holds the password: not for logs.
std::string identity(const shared_circuits::settings& s);

// What plans want shared through Redis, by name, from one plan to the next. `Shared` is the
// connection. Driven from one thread.
template <class Shared>
class sharing_over_reloads {
 public:
  // The connection for `wanted`, made anew by `make` where the server is another than before; who
  // is not wanted any more has left it. Null where nothing is wanted.
  template <class Make>
  Shared* renew(const std::optional<shared_circuits::settings>& server,
                std::set<std::string> wanted, const Make& make) {
    if (!server || wanted.empty()) {
      shared_.reset();
      names_.clear();
      made_for_.clear();
      return nullptr;
    }
    if (std::string which = identity(*server); which != made_for_ || !shared_) {
      shared_.reset();
      names_.clear();
      made_for_ = std::move(which);
      shared_ = make(*server);
    }
    for (const std::string& name : names_) {
      if (!wanted.contains(name)) shared_->leave(name);
    }
    names_ = std::move(wanted);
    return shared_.get();
  }

 private:
  std::string made_for_;
  std::unique_ptr<Shared> shared_;
  std::set<std::string> names_;
};

}  // namespace weir::gateway
