#include "systems/common/sql_json.hpp"

#include <charconv>

#include "weir/base/log.hpp"

namespace weir::systems {

namespace {

void write(json::writer& out, const cell& value) {
  if (const auto* number = std::get_if<std::int64_t>(&value)) {
    out.integer(*number);
  } else if (const auto* text = std::get_if<std::string>(&value)) {
    out.string(*text);
  } else {
    out.null();
  }
}

}  // namespace

std::optional<std::int64_t> integer_of(call& c) {
  const std::string_view text = c.parameter();
  std::int64_t id = 0;
  const auto [end, wrong] = std::from_chars(text.data(), text.data() + text.size(), id);
  if (wrong == std::errc() && end == text.data() + text.size()) return id;
  c.problem(400, "the id is not an integer");
  return {};
}

void write_row(json::writer& out, const row& r, const column_names& columns) {
  out.begin_object();
  for (std::size_t i = 0; i < columns.size(); ++i) {
    out.key(columns[i]);
    write(out, r[i]);
  }
  out.end_object();
}

void refuse(call& c, const storage_failure& why) {
  // The pool tells once that the database is away; a line for each request would fill a disk.
  if (why.away) return c.problem(503, "the database is away", "Retry-After: 1\r\n");
  log::warn("a query was refused", {{"why", why.detail}});
  c.problem(500, "the database refused the query");
}

storage::receiver list_for(call_ptr c, column_names columns) {
  return [c = std::move(c), columns = std::move(columns)](storage::answer rows) {
    if (!rows) return refuse(*c, rows.error());
    std::string body;
    json::writer out(body);
    out.begin_array();
    for (const row& r : *rows) write_row(out, r, columns);
    out.end_array();
    c->json(body);
  };
}

}  // namespace weir::systems
