#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "systems/common/storage.hpp"

namespace weir::systems {

struct sql_error {
  std::string detail;
  bool away = false;       // worth another attempt
  bool permanent = false;  // no waiting mends it: a wrong name, a wrong password
};

// A blocking session, as much of it as bringing a schema up to date needs.
class sql_session {
 public:
  virtual ~sql_session() = default;
  virtual result<void, sql_error> execute(const std::string& sql) = 0;
  virtual result<std::int64_t, sql_error> number(const std::string& sql) = 0;
  // Begins the transaction that keeps every other process out of its own migrate().
  virtual result<void, sql_error> begin_exclusive() = 0;
};

// Applies, in one transaction, what this database has not seen yet. May run twice, and in several
// processes at once: the second finds the work done. Gives how many steps were applied.
result<int, sql_error> migrate(sql_session& on, const std::vector<migration>& steps);

}  // namespace weir::systems
