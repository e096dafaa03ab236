#include "systems/common/postgres_connection.hpp"

#include <poll.h>

#include <charconv>

#include "systems/common/dsn.hpp"

namespace weir::systems {

namespace {

// A schema change waits for other processes' transactions; beyond this something is stuck.
constexpr duration longest_statement = std::chrono::seconds(30);

// "FATAL:  3D000: database …" with verbose errors on; libpq gives no other way to the code of a
// failed connection. The severity may be in the server's language.
std::string_view sqlstate_in(std::string_view message) {
  const std::size_t at = message.find(":  ");
  if (at == std::string_view::npos || message.size() < at + 9 || message[at + 8] != ':') return {};
  return message.substr(at + 3, 5);
}

// The first line, without the code and the severity's double space.
std::string readable(std::string_view message) {
  std::string line(message.substr(0, message.find('\n')));
  if (const std::string_view code = sqlstate_in(line); !code.empty()) {
    line.erase(line.find(":  ") + 1, code.size() + 3);
  }
  return line.empty() ? "no reason given" : line;
}

sql_error classified(std::string_view message, std::string_view state, bool connected) {
  // 28: authorization; 3D000: no such database; "invalid …": libpq's own word on an option.
  const bool permanent =
      state.starts_with("28") || state == "3D000" || message.starts_with("invalid ");
  // 57P0x: shutting down or starting up; 08: connection; 53: no room for another.
  const bool away =
      !connected || state.starts_with("57P") || state.starts_with("08") || state.starts_with("53");
  return {readable(message), away, permanent};
}

cell parsed(const PGresult* from, int r, int c) {
  if (PQgetisnull(from, r, c) != 0) return {};
  const std::string_view text(PQgetvalue(from, r, c),
                              static_cast<std::size_t>(PQgetlength(from, r, c)));
  constexpr Oid int8 = 20, int2 = 21, int4 = 23;  // pg_type.dat; these never change
  const Oid type = PQftype(from, c);
  if (type == int8 || type == int2 || type == int4) {
    std::int64_t n = 0;
    std::from_chars(text.data(), text.data() + text.size(), n);
    return n;
  }
  return std::string(text);
}

bool readable_now(int fd) {
  pollfd p{fd, POLLIN, 0};
  return ::poll(&p, 1, 0) > 0;
}

}  // namespace

postgres_connection::postgres_connection(const std::string& uri, const std::string& application) {
  const char* names[] = {"dbname", "fallback_application_name", nullptr};
  const char* values[] = {uri.c_str(), application.c_str(), nullptr};
  connection_.reset(PQconnectStartParams(names, values, 1));
  if (!connection_) throw std::bad_alloc();
  PQsetErrorVerbosity(connection_.get(), PQERRORS_VERBOSE);
  // Notices ("relation exists already, skipping") are nothing to print.
  PQsetNoticeProcessor(connection_.get(), [](void*, const char*) {}, nullptr);
}

sql_error postgres_connection::last_error() const {
  const char* message = PQerrorMessage(connection_.get());
  return classified(message, sqlstate_in(message), alive());
}

postgres_connection::progress postgres_connection::connect_step() {
  if (PQstatus(connection_.get()) == CONNECTION_BAD) return progress::failed;
  switch (PQconnectPoll(connection_.get())) {
    case PGRES_POLLING_READING:
      return progress::wants_read;
    case PGRES_POLLING_WRITING:
      return progress::wants_write;
    case PGRES_POLLING_OK:
      return PQsetnonblocking(connection_.get(), 1) == 0 ? progress::done : progress::failed;
    default:
      return progress::failed;
  }
}

postgres_connection::progress postgres_connection::send(const std::string& sql,
                                                        const std::vector<cell>& with) {
  std::vector<std::string> texts(with.size());
  std::vector<const char*> values(with.size(), nullptr);
  for (std::size_t i = 0; i < with.size(); ++i) {
    if (std::holds_alternative<std::monostate>(with[i])) continue;
    const auto* number = std::get_if<std::int64_t>(&with[i]);
    texts[i] = number != nullptr ? std::to_string(*number) : std::get<std::string>(with[i]);
    values[i] = texts[i].c_str();
  }
  outcome_.reset();
  if (PQsendQueryParams(connection_.get(), sql.c_str(), static_cast<int>(with.size()), nullptr,
                        values.data(), nullptr, nullptr, 0) == 0) {
    return progress::failed;
  }
  return query_step();
}

postgres_connection::progress postgres_connection::query_step() {
  const int unsent = PQflush(connection_.get());
  if (unsent < 0) return progress::failed;
  // A socket is watched for edges, and PQconsumeInput takes one helping: go on until it is empty.
  do {
    if (PQconsumeInput(connection_.get()) == 0) return progress::failed;
    while (PQisBusy(connection_.get()) == 0) {
      PGresult* next = PQgetResult(connection_.get());
      if (next == nullptr) return alive() ? progress::done : progress::failed;
      outcome_.reset(next);
    }
  } while (readable_now(fd()));
  return unsent > 0 ? progress::wants_write : progress::wants_read;
}

result<std::vector<row>, sql_error> postgres_connection::take() {
  const std::unique_ptr<PGresult, closer> from = std::move(outcome_);
  const ExecStatusType status = PQresultStatus(from.get());
  if (status != PGRES_TUPLES_OK && status != PGRES_COMMAND_OK) {
    const char* state = PQresultErrorField(from.get(), PG_DIAG_SQLSTATE);
    return failure(
        classified(PQresultErrorMessage(from.get()), state != nullptr ? state : "", alive()));
  }
  std::vector<row> rows(static_cast<std::size_t>(PQntuples(from.get())));
  for (std::size_t r = 0; r < rows.size(); ++r) {
    for (int c = 0; c < PQnfields(from.get()); ++c) {
      rows[r].push_back(parsed(from.get(), static_cast<int>(r), c));
    }
  }
  return rows;
}

namespace {

using progress = postgres_connection::progress;

// False when `until` passed first, or `stop` became readable.
bool wait_for(int fd, progress what, time_point until, int stop) {
  for (;;) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(until - now()).count();
    if (left <= 0) return false;
    pollfd both[]{
        {fd, static_cast<short>(what == progress::wants_read ? POLLIN : POLLOUT | POLLIN), 0},
        {stop, POLLIN, 0}};
    if (::poll(both, 2, static_cast<int>(left)) > 0) return both[1].revents == 0;
  }
}

}  // namespace

result<std::unique_ptr<postgres_session>, sql_error> postgres_session::open(
    const std::string& uri, const std::string& application, duration longest, int stop) {
  const time_point until = now() + longest;
  postgres_connection c(uri, application);
  // libpq's rule: before the first step, wait until the socket can be written.
  for (progress next = progress::wants_write; next != progress::done; next = c.connect_step()) {
    if (next == progress::failed || c.fd() < 0) return failure(c.last_error());
    if (!wait_for(c.fd(), next, until, stop)) {
      return failure(sql_error{"the server does not answer", true, false});
    }
  }
  return std::unique_ptr<postgres_session>(new postgres_session(std::move(c), stop));
}

result<std::vector<row>, sql_error> postgres_session::run(const std::string& sql) {
  const time_point until = now() + longest_statement;
  for (progress next = connection_.send(sql, {}); next != progress::done;
       next = connection_.query_step()) {
    if (next == progress::failed) return failure(connection_.last_error());
    if (!wait_for(connection_.fd(), next, until, stop_)) {
      return failure(sql_error{"the server does not answer", true, false});
    }
  }
  return connection_.take();
}

result<void, sql_error> postgres_session::execute(const std::string& sql) {
  auto done = run(sql);
  if (!done) return failure(done.error());
  return {};
}

result<std::int64_t, sql_error> postgres_session::number(const std::string& sql) {
  auto rows = run(sql);
  if (!rows) return failure(rows.error());
  if (!rows->empty() && !rows->front().empty()) {
    if (const auto* n = std::get_if<std::int64_t>(&rows->front().front())) return *n;
  }
  return failure(sql_error{"no number came of: " + sql, false, false});
}

result<void, sql_error> postgres_session::begin_exclusive() {
  if (auto begun = execute("BEGIN"); !begun) return begun;
  // One key for all of ours: the lock belongs to the database, and is let go at the end of the
  // transaction, whatever becomes of this process.
  return execute("SELECT pg_advisory_xact_lock(7737261)");
}

}  // namespace weir::systems
