#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "systems/stage/visitor.hpp"

namespace weir::systems::shop {

// The product page as a visitor got it.
struct page {
  struct item {
    std::int64_t id = 0;
    std::string name;
    std::optional<std::int64_t> inventory;
  };

  int status = 0;
  bool well_formed = false;  // 200, and every member there with a value of its kind, or null
  std::optional<std::int64_t> cart_items;
  std::optional<std::int64_t> favorite_items;
  std::vector<item> products;
  std::string missing;  // what the answer itself says is missing, and why
  std::string retry_after;
  std::string content_type;
  duration took{};

  std::size_t without_inventory() const noexcept;
  std::string in_short() const;  // "200 in 12 ms: cart 3, favorites null, 5 products"
};

page read_page(const stage::answer& from);

// {product_id, product_name} in the order of the list; inventory is never there.
std::vector<page::item> read_products(const stage::answer& from);

bool same_products(const std::vector<page::item>& a, const std::vector<page::item>& b) noexcept;

}  // namespace weir::systems::shop
