// weir-shop: the four services of the shop, one for each subcommand.
#include "systems/common/program.hpp"
#include "systems/shop/schema.hpp"
#include "systems/shop/services.hpp"

int main(int argc, char** argv) {
  using namespace weir::systems;
  service_program program;
  program.name = "weir-shop";
  program.help =
      "Examples:\n"
      "  weir-shop products --dsn sqlite:products.db\n"
      "  weir-shop cart --dsn postgresql://shop@127.0.0.1/cart\n"
      "  weir-shop inventory --delay 0s..5s --faults\n\n"
      "The four services that the shop's page is made of.";
  program.kinds = {
      {.name = "products",
       .what = "what there is to buy",
       .listen = "127.0.0.1:8000",
       .schema = shop::products_schema,
       .serve = [](service& s, storage* db) { shop::serve_products(s, *db); }},
      {.name = "inventory",
       .what = "how many of a product are left; slow, as its document wants it",
       .listen = "127.0.0.1:8001",
       .delay = "0s..5s",
       .serve = [](service& s, storage*) { shop::serve_inventory(s); }},
      {.name = "favorites",
       .what = "which products a user likes",
       .listen = "127.0.0.1:8002",
       .schema = shop::favorites_schema,
       .serve = [](service& s, storage* db) { shop::serve_favorites(s, *db); }},
      {.name = "cart",
       .what = "which products lie in a user's cart",
       .listen = "127.0.0.1:8003",
       .schema = shop::cart_schema,
       .serve = [](service& s, storage* db) { shop::serve_cart(s, *db); }},
  };
  return program.run(argc, argv);
}
