#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "weir/gateway/config/load.hpp"
#include "weir/gateway/plan/compile.hpp"

namespace weir::gateway {

// A file's text, which must be right, and the plan that it makes.
struct compiled {
  explicit compiled(const std::string& text)
      : loaded(config::load_text("f.yaml", text, [](std::string_view) { return std::nullopt; })) {
    EXPECT_TRUE(loaded.ok()) << told();
    if (loaded.ok()) made = compile(loaded.what, services, loaded.found);
    EXPECT_TRUE(made) << told();
  }
  std::string told() const { return config::print(loaded.found, *loaded.what.from); }
  const route_plan& route(std::size_t i = 0) const { return made->routes[i]; }
  const step_plan& step(std::size_t i) const { return made->routes[0].steps[i]; }

  config::loaded loaded;
  upstream::service_registry services;
  std::shared_ptr<plan> made;
};

}  // namespace weir::gateway
