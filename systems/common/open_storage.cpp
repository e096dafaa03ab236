#include <poll.h>

#include "systems/common/dsn.hpp"
#include "systems/common/postgres_connection.hpp"
#include "systems/common/postgres_pool.hpp"
#include "systems/common/sqlite_database.hpp"
#include "systems/common/sqlite_storage.hpp"
#include "systems/common/storage.hpp"
#include "weir/base/duration_text.hpp"
#include "weir/base/log.hpp"

namespace weir::systems {

namespace {

constexpr int bad_configuration = 78;
constexpr auto pause = std::chrono::milliseconds(200);

template <class Session>
result<int, sql_error> prepare(result<std::unique_ptr<Session>, sql_error> session,
                               const std::vector<migration>& steps) {
  if (!session) return failure(session.error());
  return migrate(**session, steps);
}

result<int, sql_error> prepare(const dsn& where, const storage_options& with, duration left) {
  if (where.scheme == dsn::kind::sqlite) {
    return prepare(sqlite_database::open(where.target), with.migrations);
  }
  return prepare(postgres_session::open(where.target, with.application, left, with.stop),
                 with.migrations);
}

// True when told to stop before the time was over.
bool told_to_stop(int stop, std::chrono::milliseconds within) {
  pollfd p{stop, POLLIN, 0};
  return ::poll(&p, 1, static_cast<int>(within.count())) > 0;
}

startup_failure gave_up(const std::string& dsn_text, const sql_error& why, duration waited) {
  std::string message =
      "the database " + printable_dsn(dsn_text) + " cannot be used: " + why.detail;
  if (why.permanent) return {bad_configuration, message};
  if (why.away) message += " (tried for " + format_duration(waited) + ")";
  return {1, message};
}

}  // namespace

result<std::unique_ptr<storage>, startup_failure> open_storage(io::loop& on,
                                                               const storage_options& with) {
  auto where = parse_dsn(with.dsn);
  if (!where) return failure(startup_failure{bad_configuration, where.error()});

  const time_point until = now() + with.wait;
  for (bool told = false;; told = true) {
    const duration left = std::max<duration>(until - now(), pause);
    auto prepared = prepare(*where, with, left);
    if (prepared) {
      if (*prepared > 0) log::info("schema brought up to date", {{"steps", *prepared}});
      break;
    }
    if (told_to_stop(with.stop, {})) return failure(startup_failure{0, "told to stop"});
    const sql_error& why = prepared.error();
    if (why.permanent || !why.away || now() + pause >= until) {
      return failure(gave_up(with.dsn, why, with.wait));
    }
    if (!told) {
      log::warn("the database is not there yet; trying again",
                {{"for", format_duration(with.wait)}, {"why", why.detail}});
    }
    if (told_to_stop(with.stop, pause)) return failure(startup_failure{0, "told to stop"});
  }

  if (where->scheme == dsn::kind::sqlite) return make_sqlite_storage(on, where->target);
  postgres_pool_options pool;
  pool.uri = where->target;
  pool.application = with.application;
  return make_postgres_pool(on, std::move(pool));
}

}  // namespace weir::systems
