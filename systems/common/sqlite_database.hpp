#pragma once

#include <sqlite3.h>

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "systems/common/migrate.hpp"
#include "systems/common/storage.hpp"

namespace weir::systems {

// One connection to one SQLite file, used by one thread at a time. Everything on it blocks; waits
// for other writers at most five seconds. Statements are prepared once and kept.
class sqlite_database final : public sql_session {
 public:
  static result<std::unique_ptr<sqlite_database>, sql_error> open(const std::string& path);

  result<std::vector<row>, sql_error> read(const std::string& sql, const std::vector<cell>& with);

  result<void, sql_error> execute(const std::string& sql) override;
  result<std::int64_t, sql_error> number(const std::string& sql) override;
  result<void, sql_error> begin_exclusive() override;

 private:
  struct closer {
    void operator()(sqlite3* db) const noexcept { sqlite3_close_v2(db); }
    void operator()(sqlite3_stmt* s) const noexcept { sqlite3_finalize(s); }
  };
  using handle = std::unique_ptr<sqlite3, closer>;
  using statement = std::unique_ptr<sqlite3_stmt, closer>;

  sqlite_database(handle db, std::string path) : db_(std::move(db)), path_(std::move(path)) {}
  sql_error last_error() const;
  result<sqlite3_stmt*, sql_error> prepared(const std::string& sql);

  handle db_;  // before the statements, so that they go first
  std::string path_;
  std::map<std::string, statement> prepared_;
};

}  // namespace weir::systems
