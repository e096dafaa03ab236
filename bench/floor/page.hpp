#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

// The shop page put together from answers of which everything is known: found by plain search,
// copied as they stand.
namespace bench {

struct product {
  std::string_view id;
  std::string_view name;  // with its quotes
};

inline std::string_view behind(std::string_view text, std::string_view key, std::size_t& at,
                               std::string_view stops) {
  const std::size_t from = text.find(key, at);
  if (from == std::string_view::npos) return {};
  const std::size_t to = text.find_first_of(stops, from + key.size());
  at = to;
  return text.substr(from + key.size(), to - from - key.size());
}

inline std::vector<product> products_in(std::string_view list) {
  std::vector<product> all;
  for (std::size_t at = 0;;) {
    const std::string_view id = behind(list, "\"product_id\":", at, ",");
    if (id.empty()) return all;
    all.push_back({id, behind(list, "\"product_name\":", at, "}")});
  }
}

inline int objects_in(std::string_view list) {
  int count = 0;
  for (const char c : list) count += c == '{' ? 1 : 0;
  return count;
}

struct shop_page {
  std::string list;  // products' answer, which the views are into
  std::vector<product> products;
  std::vector<std::string> stock;  // by product
  int cart = 0;
  int favorites = 0;

  std::string json() const {
    std::string text = "{\"cart_items\":" + std::to_string(cart) +
                       ",\"favorite_items\":" + std::to_string(favorites) + ",\"products\":[";
    for (std::size_t i = 0; i < products.size(); ++i) {
      if (i != 0) text += ',';
      text.append("{\"product_id\":").append(products[i].id);
      text.append(",\"product_name\":").append(products[i].name);
      text.append(",\"inventory\":").append(stock[i]).append("}");
    }
    return text + "]}";
  }
};

}  // namespace bench
