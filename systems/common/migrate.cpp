#include "systems/common/migrate.hpp"

namespace weir::systems {

namespace {

result<int, sql_error> apply(sql_session& on, const std::vector<migration>& steps) {
  auto table = on.execute(
      "CREATE TABLE IF NOT EXISTS schema_version (version INTEGER NOT NULL PRIMARY KEY)");
  if (!table) return failure(table.error());
  auto seen = on.number("SELECT COALESCE(MAX(version), 0) FROM schema_version");
  if (!seen) return failure(seen.error());

  int applied = 0;
  for (const migration& step : steps) {
    if (step.version <= *seen) continue;
    for (const std::string& statement : step.statements) {
      if (auto done = on.execute(statement); !done) return failure(done.error());
    }
    auto noted = on.execute("INSERT INTO schema_version (version) VALUES (" +
                            std::to_string(step.version) + ")");
    if (!noted) return failure(noted.error());
    ++applied;
  }
  return applied;
}

}  // namespace

result<int, sql_error> migrate(sql_session& on, const std::vector<migration>& steps) {
  if (auto begun = on.begin_exclusive(); !begun) return failure(begun.error());
  auto applied = apply(on, steps);
  auto ended = on.execute(applied ? "COMMIT" : "ROLLBACK");
  if (!applied) return applied;  // the first error is the one to tell
  if (!ended) return failure(ended.error());
  return applied;
}

}  // namespace weir::systems
