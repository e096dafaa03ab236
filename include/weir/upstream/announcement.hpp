#pragma once

#include <memory>

#include "weir/upstream/registrar.hpp"

namespace weir::upstream {

// A service's place in Consul's list, for a program that has no loop of ours: a registrar with a
// thread of its own, which takes no signals.
//
//     announcement here(*parse_consul_url("http://127.0.0.1:8500"),
//                       {.name = "greetings", .address = "127.0.0.1", .port = 8001,
//                        .check_path = "/healthz", .notice = 500ms});
//     …                    // serve until SIGTERM
//     here.leave();        // nobody is sent here any more
//     …                    // stop accepting, finish what runs
//
// Made when the service accepts calls; the registration happens in the background, whenever Consul
// is there. Thread-safe.
class announcement {
 public:
  announcement(const consul_settings& at, registration what);
  ~announcement();  // leaves, if it has not
  announcement(const announcement&) = delete;
  announcement& operator=(const announcement&) = delete;

  bool registered() const noexcept;
  // Blocks until Consul has taken the service out and those who watch it have had their `notice`;
  // false when Consul did not within `patience`.
  bool leave(duration patience = std::chrono::seconds(2));

 private:
  struct impl;
  std::unique_ptr<impl> impl_;
};

}  // namespace weir::upstream
