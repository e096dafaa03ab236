#include "systems/shop/page.hpp"

#include <algorithm>

#include "systems/stage/chronicle.hpp"
#include "weir/base/arena.hpp"
#include "weir/json/parser.hpp"

namespace weir::systems::shop {

namespace {

// A member that is a whole number or null; anything else, or nothing, is `bad`.
std::optional<std::int64_t> number_or_null(json::value of, std::string_view name, bool& bad) {
  const json::value found = of.find(name);
  if (found && found.is_null()) return {};
  const auto number = found.as_int64();
  bad = bad || !number;
  return number;
}

std::optional<page::item> read_item(json::value of, bool with_inventory, arena& memory) {
  bool bad = false;
  page::item made;
  made.id = number_or_null(of, "product_id", bad).value_or(0);
  const auto name = of.find("product_name").as_string(memory);
  if (with_inventory) made.inventory = number_or_null(of, "inventory", bad);
  if (bad || !name) return {};
  made.name = *name;
  return made;
}

bool read_items(json::value from, bool with_inventory, arena& memory, std::vector<page::item>& to) {
  if (!from.is(json::kind::array)) return false;
  for (json::value element : from.elements()) {
    auto made = read_item(element, with_inventory, memory);
    if (!made) return false;
    to.push_back(std::move(*made));
  }
  return true;
}

std::string shown(const std::optional<std::int64_t>& n) {
  return n ? std::to_string(*n) : "null";
}

}  // namespace

std::size_t page::without_inventory() const noexcept {
  return static_cast<std::size_t>(std::count_if(
      products.begin(), products.end(), [](const item& i) { return !i.inventory.has_value(); }));
}

std::string page::in_short() const {
  std::string text = status == 0 ? "no answer" : std::to_string(status);
  text += " in " + stage::milliseconds(took);
  if (well_formed) {
    text += ": cart " + shown(cart_items) + ", favorites " + shown(favorite_items) + ", inventory";
    for (const item& i : products) text += " " + shown(i.inventory);
  }
  if (!retry_after.empty()) text += ", Retry-After: " + retry_after;
  return text;
}

page read_page(const stage::answer& from) {
  page made;
  made.status = from.status;
  made.took = from.took;
  made.missing = from.field("Weir-Partial");
  made.retry_after = from.field("Retry-After");
  made.content_type = from.field("Content-Type");
  json::parser parser;
  arena memory;
  const auto parsed = parser.parse(from.body, memory);
  if (from.status != 200 || !parsed) return made;
  bool bad = false;
  made.cart_items = number_or_null(*parsed, "cart_items", bad);
  made.favorite_items = number_or_null(*parsed, "favorite_items", bad);
  made.well_formed = read_items(parsed->find("products"), true, memory, made.products) && !bad;
  return made;
}

std::vector<page::item> read_products(const stage::answer& from) {
  std::vector<page::item> made;
  json::parser parser;
  arena memory;
  const auto parsed = parser.parse(from.body, memory);
  if (from.status != 200 || !parsed || !read_items(*parsed, false, memory, made)) made.clear();
  return made;
}

bool same_products(const std::vector<page::item>& a, const std::vector<page::item>& b) noexcept {
  return std::equal(
      a.begin(), a.end(), b.begin(), b.end(),
      [](const page::item& x, const page::item& y) { return x.id == y.id && x.name == y.name; });
}

}  // namespace weir::systems::shop
