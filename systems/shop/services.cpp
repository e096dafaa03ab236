#include "systems/shop/services.hpp"

#include <charconv>
#include <optional>

#include "weir/base/log.hpp"
#include "weir/base/random.hpp"
#include "weir/json/writer.hpp"

namespace weir::systems::shop {

namespace {

// The whole text is a whole number, or there is a 400.
std::optional<std::int64_t> id_of(call& c) {
  const std::string_view text = c.parameter();
  std::int64_t id = 0;
  const auto [end, wrong] = std::from_chars(text.data(), text.data() + text.size(), id);
  if (wrong == std::errc() && end == text.data() + text.size()) return id;
  c.problem(400, "the id is not an integer");
  return {};
}

void write(json::writer& out, const cell& value) {
  if (const auto* number = std::get_if<std::int64_t>(&value)) {
    out.integer(*number);
  } else if (const auto* text = std::get_if<std::string>(&value)) {
    out.string(*text);
  } else {
    out.null();
  }
}

using names = std::vector<std::string_view>;

void write(json::writer& out, const row& r, const names& columns) {
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

// Answers with every row as an object in a list.
storage::receiver list_for(call_ptr c, names columns) {
  return [c = std::move(c), columns = std::move(columns)](storage::answer rows) {
    if (!rows) return refuse(*c, rows.error());
    std::string body;
    json::writer out(body);
    out.begin_array();
    for (const row& r : *rows) write(out, r, columns);
    out.end_array();
    c->json(body);
  };
}

void serve_users_products(service& to, storage& from, const std::string& what,
                          const std::string& table) {
  const std::string sql =
      "SELECT product_id FROM " + table + " WHERE user_id = $1 ORDER BY product_id";
  to.get("/users/{id}/" + what, [&from, sql](call_ptr c) {
    if (auto id = id_of(*c)) from.read(sql, {*id}, list_for(c, {"product_id"}));
  });
}

}  // namespace

void serve_products(service& to, storage& from) {
  to.get("/products", [&from](call_ptr c) {
    from.read("SELECT product_id, product_name FROM product ORDER BY product_id", {},
              list_for(c, {"product_id", "product_name"}));
  });
  to.get("/products/{id}", [&from](call_ptr c) {
    auto id = id_of(*c);
    if (!id) return;
    from.read(
        "SELECT product_id, product_name, description, sku FROM product WHERE product_id = $1",
        {*id}, [c](storage::answer rows) {
          if (!rows) return refuse(*c, rows.error());
          if (rows->empty()) return c->problem(404, "there is no such product");
          std::string body;
          json::writer out(body);
          write(out, rows->front(), {"product_id", "product_name", "description", "sku"});
          c->json(body);
        });
  });
}

void serve_inventory(service& to) {
  to.get("/products/{id}/inventory", [](call_ptr c) {
    if (!id_of(*c)) return;
    std::string body;
    json::writer out(body);
    out.begin_object().key("inventory").unsigned_integer(thread_random().below(101)).end_object();
    c->json(body);
  });
}

void serve_favorites(service& to, storage& from) {
  serve_users_products(to, from, "favorites", "user_favorite");
}

void serve_cart(service& to, storage& from) {
  serve_users_products(to, from, "cart", "user_cart");
}

}  // namespace weir::systems::shop
