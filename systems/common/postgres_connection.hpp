#pragma once

#include <libpq-fe.h>

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "systems/common/migrate.hpp"
#include "systems/common/storage.hpp"

namespace weir::systems {

// One libpq connection that never waits by itself: it says which readiness of its socket it needs
// and is stepped when that is there. Who steps it (a loop, poll) is not its concern. A host *name*
// in the DSN is the exception: libpq looks it up blocking, so the DSNs here give addresses.
class postgres_connection {
 public:
  enum class progress { wants_read, wants_write, done, failed };

  postgres_connection(const std::string& uri, const std::string& application);

  progress connect_step();
  // Sends a query; go on with query_step().
  progress send(const std::string& sql, const std::vector<cell>& with);
  // Takes in what the socket has. After `done`, take() gives the outcome. Called while nothing
  // runs, it finds out whether the server is still there.
  progress query_step();
  result<std::vector<row>, sql_error> take();

  int fd() const noexcept { return PQsocket(connection_.get()); }  // may change while connecting
  bool alive() const noexcept { return PQstatus(connection_.get()) == CONNECTION_OK; }
  sql_error last_error() const;

 private:
  struct closer {
    void operator()(PGconn* c) const noexcept { PQfinish(c); }
    void operator()(PGresult* r) const noexcept { PQclear(r); }
  };

  std::unique_ptr<PGconn, closer> connection_;
  std::unique_ptr<PGresult, closer> outcome_;
};

// The same connection with someone waiting on it, for the start of a process. Waits end early, as a
// failure, once the descriptor `stop` is readable (-1: never).
class postgres_session final : public sql_session {
 public:
  static result<std::unique_ptr<postgres_session>, sql_error> open(const std::string& uri,
                                                                   const std::string& application,
                                                                   duration longest, int stop);

  result<void, sql_error> execute(const std::string& sql) override;
  result<std::int64_t, sql_error> number(const std::string& sql) override;
  result<void, sql_error> begin_exclusive() override;

 private:
  postgres_session(postgres_connection c, int stop) : connection_(std::move(c)), stop_(stop) {}
  result<std::vector<row>, sql_error> run(const std::string& sql);

  postgres_connection connection_;
  int stop_;
};

}  // namespace weir::systems
