#include "weir/upstream/directory.hpp"

#include <gtest/gtest.h>

#include <chrono>

namespace weir::upstream {
namespace {

using namespace std::chrono_literals;

TEST(Directory, FindsConsulByItsNameAfterTheServersOfDnsHaveChanged) {
  io::loop loop;
  service_registry services;
  service_settings s;
  s.name = "a";
  s.discovery.emplace();
  s.discovery->how = discovery_kind::consul;
  s.discovery->consul.service = "a";
  const auto a = services.prepare(s);
  services.commit({a});

  directory_settings with;
  with.consul.emplace();
  with.consul->host = "localhost";
  with.consul->port = 1;
  with.consul->authority = "localhost:1";
  directory d(loop);
  with.dns_servers = "127.0.0.1:1";
  d.follow({a}, with);
  with.dns_servers = "127.0.0.1:2";
  d.follow({a}, with);
  const time_point give_up = now() + 10s;
  while (a->instances()->source().trouble.empty() && now() < give_up) loop.run_once(5ms);
  EXPECT_NE(a->instances()->source().trouble.find("refused"), std::string::npos)
      << a->instances()->source().trouble;
}

}  // namespace
}  // namespace weir::upstream
