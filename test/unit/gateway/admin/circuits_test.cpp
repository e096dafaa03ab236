#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <string>
#include <thread>
#include <vector>

#include "unit/gateway/plan/compile_support.hpp"
#include "weir/base/log.hpp"
#include "weir/gateway/admin/admin.hpp"

namespace weir::gateway {
namespace {

// Whoever finds an instance failing publishes another list; the old one goes with its last reader.
TEST(Circuits, AreToldOfWhileWorkersChangeTheListOfInstances) {
  const compiled c(R"(
services:
  s:
    instances: ["http://127.0.0.1:1", "http://127.0.0.1:2"]
    breaker: {trip: {in_a_row: 5}, open: 5s, scope: instance}
routes:
  GET /: {proxy: s}
)");
  log::set_level(log::level::off);
  upstream::roster& instances = *c.made->services[0]->instances();
  const time_point start{std::chrono::seconds(1)};
  std::atomic<bool> done = false;
  std::thread worker([&] {
    std::vector<upstream::instance_spec> few, many;
    for (std::uint16_t port = 1; port <= 5; ++port) {
      many.push_back({.host = "127.0.0.1", .port = port, .authority = {}, .weight = 1});
    }
    few.push_back(many.front());
    for (int i = 0; !done.load(); ++i) instances.set(i % 2 == 0 ? many : few, start);
  });
  const worker_stats nothing;
  for (int i = 0; i < 100; ++i) {
    for (const auto& [circuit, of] : circuits_of(*c.made))
      EXPECT_TRUE(circuit.name().starts_with("s/127.0.0.1:"));
    EXPECT_NE(metrics_text(nothing, *c.made, {}, start).find("s/127.0.0.1:1\""), std::string::npos);
  }
  done = true;
  worker.join();
  log::set_level(log::level::info);
}

}  // namespace
}  // namespace weir::gateway
