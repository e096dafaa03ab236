#include "systems/common/sqlite_database.hpp"

#include <cstring>

namespace weir::systems {

namespace {

constexpr int busy_timeout_ms = 5000;

bool worth_another_attempt(int code) {
  switch (code & 0xff) {
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
    case SQLITE_IOERR:
    case SQLITE_CANTOPEN:
    case SQLITE_FULL:
    case SQLITE_PROTOCOL:
      return true;
    default:
      return false;
  }
}

int bind(sqlite3_stmt* s, int index, const cell& value) {
  if (const auto* number = std::get_if<std::int64_t>(&value)) {
    return sqlite3_bind_int64(s, index, *number);
  }
  if (const auto* text = std::get_if<std::string>(&value)) {
    return sqlite3_bind_text(s, index, text->data(), static_cast<int>(text->size()),
                             SQLITE_TRANSIENT);
  }
  return sqlite3_bind_null(s, index);
}

cell column(sqlite3_stmt* s, int index) {
  switch (sqlite3_column_type(s, index)) {
    case SQLITE_NULL:
      return {};
    case SQLITE_INTEGER:
      return std::int64_t{sqlite3_column_int64(s, index)};
    default:
      return std::string(reinterpret_cast<const char*>(sqlite3_column_text(s, index)),
                         static_cast<std::size_t>(sqlite3_column_bytes(s, index)));
  }
}

}  // namespace

result<std::unique_ptr<sqlite_database>, sql_error> sqlite_database::open(const std::string& path) {
  sqlite3* raw = nullptr;
  const int code =
      sqlite3_open_v2(path.c_str(), &raw,
                      SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX, nullptr);
  handle db(raw);
  if (code != SQLITE_OK) {
    std::string why = raw != nullptr ? sqlite3_errmsg(raw) : sqlite3_errstr(code);
    // "unable to open database file" alone does not tell a missing folder from a missing right.
    const int reason = raw != nullptr ? sqlite3_system_errno(raw) : 0;
    if (reason != 0) why.append(" (").append(std::strerror(reason)).append(")");
    // A file that cannot be opened at all is a wrong path or a missing right.
    return failure(sql_error{path + ": " + why, true, (code & 0xff) == SQLITE_CANTOPEN});
  }
  sqlite3_busy_timeout(raw, busy_timeout_ms);
  std::unique_ptr<sqlite_database> made(new sqlite_database(std::move(db), path));
  // Readers and the writer do not wait for each other; the mode stays with the file.
  if (auto mode = made->execute("PRAGMA journal_mode=WAL"); !mode) return failure(mode.error());
  return made;
}

sql_error sqlite_database::last_error() const {
  const int code = sqlite3_extended_errcode(db_.get());
  // A file that may not be written is a wrong path or a missing right too.
  return {path_ + ": " + sqlite3_errmsg(db_.get()), worth_another_attempt(code),
          (code & 0xff) == SQLITE_READONLY};
}

result<sqlite3_stmt*, sql_error> sqlite_database::prepared(const std::string& sql) {
  statement& kept = prepared_[sql];
  if (!kept) {
    sqlite3_stmt* raw = nullptr;
    const int code = sqlite3_prepare_v3(db_.get(), sql.data(), static_cast<int>(sql.size()),
                                        SQLITE_PREPARE_PERSISTENT, &raw, nullptr);
    if (code != SQLITE_OK) return failure(last_error());
    kept.reset(raw);
  }
  return kept.get();
}

result<std::vector<row>, sql_error> sqlite_database::read(const std::string& sql,
                                                          const std::vector<cell>& with) {
  auto made = prepared(sql);
  if (!made) return failure(made.error());
  sqlite3_stmt* s = *made;

  struct resetter {
    sqlite3_stmt* statement;
    ~resetter() {
      sqlite3_reset(statement);
      sqlite3_clear_bindings(statement);
    }
  } always{s};

  for (std::size_t i = 0; i < with.size(); ++i) {
    // SQLite takes $1 for a name, and counts names in the order they appear.
    std::string name = "$";
    name += std::to_string(i + 1);
    const int index = sqlite3_bind_parameter_index(s, name.c_str());
    if (index != 0 && bind(s, index, with[i]) != SQLITE_OK) return failure(last_error());
  }

  std::vector<row> rows;
  for (;;) {
    const int code = sqlite3_step(s);
    if (code == SQLITE_DONE) return rows;
    if (code != SQLITE_ROW) return failure(last_error());
    row& r = rows.emplace_back();
    const int columns = sqlite3_column_count(s);
    r.reserve(static_cast<std::size_t>(columns));
    for (int c = 0; c < columns; ++c) r.push_back(column(s, c));
  }
}

result<void, sql_error> sqlite_database::execute(const std::string& sql) {
  if (sqlite3_exec(db_.get(), sql.c_str(), nullptr, nullptr, nullptr) != SQLITE_OK) {
    return failure(last_error());
  }
  return {};
}

result<std::int64_t, sql_error> sqlite_database::number(const std::string& sql) {
  auto rows = read(sql, {});
  if (!rows) return failure(rows.error());
  if (!rows->empty() && !rows->front().empty()) {
    if (const auto* n = std::get_if<std::int64_t>(&rows->front().front())) return *n;
  }
  return failure(sql_error{path_ + ": no number came of: " + sql, false, false});
}

// IMMEDIATE takes the write lock now; a second process waits here for the busy time.
result<void, sql_error> sqlite_database::begin_exclusive() {
  return execute("BEGIN IMMEDIATE");
}

}  // namespace weir::systems
