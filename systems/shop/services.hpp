#pragma once

#include "systems/common/service.hpp"
#include "systems/common/storage.hpp"

namespace weir::systems::shop {

// Each gives `to` its routes. The storage outlives the service.
void serve_products(service& to, storage& from);   // /products, /products/{id}
void serve_inventory(service& to);                 // /products/{id}/inventory
void serve_favorites(service& to, storage& from);  // /users/{id}/favorites
void serve_cart(service& to, storage& from);       // /users/{id}/cart

}  // namespace weir::systems::shop
