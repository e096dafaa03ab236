#pragma once

#include <memory>
#include <string>

#include "systems/common/storage.hpp"

namespace weir::systems {

struct postgres_pool_options {
  std::string uri;
  std::string application;
  std::size_t connections = 6;
  std::size_t longest_queue = 1024;
  duration longest_wait = std::chrono::seconds(5);  // a query, waiting and running
  duration longest_connect = std::chrono::seconds(3);
  duration first_pause = std::chrono::milliseconds(100);  // doubles with each failed attempt
  duration longest_pause = std::chrono::seconds(2);
};

// Connections to one PostgreSQL database on one loop, without a thread and without blocking.
// While the database is away every read fails at once as `away`, one connection alone tries again
// with a growing pause, and the others follow it when it gets through. Reads that were waiting or
// running when it went away are sent again on another connection if one can be had, else answered
// `away`.
std::unique_ptr<storage> make_postgres_pool(io::loop& on, postgres_pool_options with);

}  // namespace weir::systems
