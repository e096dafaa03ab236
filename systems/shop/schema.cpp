#include "systems/shop/schema.hpp"

namespace weir::systems::shop {

namespace {

std::vector<migration> users_and_products(const std::string& table, const std::string& rows) {
  return {{1,
           {"CREATE TABLE " + table + " (user_id BIGINT NOT NULL, product_id BIGINT NOT NULL)",
            "CREATE INDEX " + table + "_by_user ON " + table + " (user_id)",
            "INSERT INTO " + table + " (user_id, product_id) VALUES " + rows}}};
}

}  // namespace

std::vector<migration> products_schema() {
  return {{1,
           {"CREATE TABLE product (product_id BIGINT NOT NULL PRIMARY KEY, "
            "product_name VARCHAR(200) NOT NULL, description TEXT NOT NULL, "
            "sku VARCHAR(40) NOT NULL UNIQUE)",
            "INSERT INTO product (product_id, product_name, description, sku) VALUES "
            "(1, 'River stone', 'Smooth, grey, fits a hand', 'WR-0001'), "
            "(2, 'Rope', 'Ten metres of hemp', 'WR-0002'), "
            "(3, 'Lantern', 'Burns a whole night on one filling', 'WR-0003'), "
            "(4, 'Water gauge', 'Enamel, marked in centimetres', 'WR-0004'), "
            "(5, 'Sluice key', 'Cast iron, for square spindles', 'WR-0005')"}}};
}

std::vector<migration> favorites_schema() {
  return users_and_products("user_favorite", "(1, 1), (1, 2), (1, 3), (3, 1), (3, 2), (3, 3)");
}

std::vector<migration> cart_schema() {
  return users_and_products("user_cart", "(1, 1), (1, 2), (1, 3), (2, 1), (2, 2), (2, 5)");
}

}  // namespace weir::systems::shop
