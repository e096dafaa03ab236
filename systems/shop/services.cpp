#include "systems/shop/services.hpp"

#include "systems/common/sql_json.hpp"
#include "weir/base/random.hpp"

namespace weir::systems::shop {

namespace {

void serve_users_products(service& to, storage& from, const std::string& what,
                          const std::string& table) {
  const std::string sql =
      "SELECT product_id FROM " + table + " WHERE user_id = $1 ORDER BY product_id";
  to.get("/users/{id}/" + what, [&from, sql](const call_ptr& c) {
    if (auto id = integer_of(*c)) from.read(sql, {*id}, list_for(c, {"product_id"}));
  });
}

}  // namespace

void serve_products(service& to, storage& from) {
  to.get("/products", [&from](const call_ptr& c) {
    from.read("SELECT product_id, product_name FROM product ORDER BY product_id", {},
              list_for(c, {"product_id", "product_name"}));
  });
  to.get("/products/{id}", [&from](const call_ptr& c) {
    auto id = integer_of(*c);
    if (!id) return;
    from.read(
        "SELECT product_id, product_name, description, sku FROM product WHERE product_id = $1",
        {*id}, [c](storage::answer rows) {
          if (!rows) return refuse(*c, rows.error());
          if (rows->empty()) return c->problem(404, "there is no such product");
          std::string body;
          json::writer out(body);
          write_row(out, rows->front(), {"product_id", "product_name", "description", "sku"});
          c->json(body);
        });
  });
}

void serve_inventory(service& to) {
  to.get("/products/{id}/inventory", [](const call_ptr& c) {
    if (!integer_of(*c)) return;
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
