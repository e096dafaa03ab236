#include "systems/shop/cast.hpp"

namespace weir::systems::shop {

namespace {

using stage::at_port;

// The configuration as it is shipped, or without the part whose use is to be shown.
std::vector<stage::edit> edits(const cast_options& with) {
  using extent = stage::edit::extent;
  std::vector<stage::edit> made;
  if (!with.breaker) made.push_back({"breaker:", "breaker: off", extent::rest_of_line});
  if (!with.defaults) made.push_back({"default: null", "", extent::line});
  return made;
}

}  // namespace

cast::cast(io::loop& on, const cast_options& with, stage::company::listener told)
    : company_(on, "shop", with.keep_logs, std::move(told)) {
  const auto port = [&](int nth, int usual) {
    return static_cast<std::uint16_t>(with.port_base ? *with.port_base + nth : usual);
  };
  const std::string shop = stage::program("weir-shop");
  for (const role r : {products, inventory, favorites, cart}) {
    const std::uint16_t at = port(r, 8000 + r);
    std::vector<std::string> command{shop, name(r), "--listen", at_port(at), "--faults"};
    if (r == inventory) {
      command.insert(command.end(), {"--delay", with.inventory_delay});
    } else {
      command.insert(command.end(),
                     {"--dsn", "sqlite:" + (company_.directory() / (name(r) + ".db"))});
    }
    company_.add({name(r), std::move(command), {}, at});
  }
  std::vector<std::string> command{stage::program("weir"), "serve",
                                   stage::configuration_of("shop/shop.yaml", company_, edits(with)),
                                   "--log-json"};
  if (with.log_attempts) command.insert(command.end(), {"--log-level", "debug"});
  const std::uint16_t gateway = port(4, 9000), admin = port(5, 9901);
  company_.add({"gateway",
                std::move(command),
                {"SHOP_PORT=" + std::to_string(gateway), "SHOP_ADMIN_PORT=" + std::to_string(admin),
                 "PRODUCTS_PORT=" + std::to_string(port(0, 8000)),
                 "INVENTORY_PORT=" + std::to_string(port(1, 8001)),
                 "FAVORITES_PORT=" + std::to_string(port(2, 8002)),
                 "CART_PORT=" + std::to_string(port(3, 8003))},
                gateway,
                admin});
}

}  // namespace weir::systems::shop
