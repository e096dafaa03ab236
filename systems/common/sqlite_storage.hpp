#pragma once

#include <memory>
#include <string>

#include "systems/common/storage.hpp"

namespace weir::systems {

// SQLite blocks, so worker threads run the queries and post the rows to the loop. At most 4096
// queries wait; more are refused as if the database were away.
std::unique_ptr<storage> make_sqlite_storage(io::loop& on, std::string path);

}  // namespace weir::systems
