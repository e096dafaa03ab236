#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <variant>
#include <vector>

#include "weir/base/result.hpp"
#include "weir/io/loop.hpp"

namespace weir::systems {

// One value of a row or one parameter: null, a whole number, or text.
using cell = std::variant<std::monostate, std::int64_t, std::string>;
using row = std::vector<cell>;

struct storage_failure {
  bool away = false;   // the database cannot be reached at the moment: the caller's 503
  std::string detail;  // for the log; never for clients
};

// Rows by SQL, whatever keeps them. Belongs to its loop's thread and never blocks it. Destroying it
// drops what is outstanding, without calls.
class storage {
 public:
  using answer = result<std::vector<row>, storage_failure>;
  using receiver = std::function<void(answer)>;

  virtual ~storage() = default;
  // Parameters are $1, $2, … in every dialect. A read: it may be sent again when the
  // connection it was on breaks. `done` runs on the loop, never before this returns.
  virtual void read(std::string sql, std::vector<cell> parameters, receiver done) = 0;
};

// One step of a schema, applied once for each database and never edited afterwards.
struct migration {
  int version = 0;
  std::vector<std::string> statements;  // SQL that every dialect here takes
};

// What a process says and does when its storage cannot be opened at start.
struct startup_failure {
  int exit_code = 1;  // 78 for a DSN that no waiting would mend; 0: told to stop
  std::string message;
};

struct storage_options {
  std::string dsn;  // sqlite:PATH or postgresql://…
  std::vector<migration> migrations;
  duration wait = std::chrono::seconds(10);  // for a database that is not there yet
  std::string application;                   // how the server's own lists name us
  int stop = -1;                             // a descriptor; once readable, the wait is over
};

// Waits for the database, brings its schema up to date (any number of processes may do so at the
// same time) and gives the storage. Blocks: it is for the start, before the loop runs.
result<std::unique_ptr<storage>, startup_failure> open_storage(io::loop& on,
                                                               const storage_options& with);

}  // namespace weir::systems
