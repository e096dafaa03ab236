#include "weir/upstream/directory.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <filesystem>
#include <string>
#include <vector>

#include "support/own_folder.hpp"
#include "unit/io/socket_support.hpp"
#include "unit/upstream/log_lines.hpp"
#include "weir/upstream/instance_file.hpp"

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

// A service whose instances DNS says, and a folder for the file that they are kept in.
struct DirectorySnapshot : testing::Test {
  DirectorySnapshot() {
    service_settings s;
    s.name = "a";
    s.discovery.emplace();
    s.discovery->how = discovery_kind::dns;
    s.discovery->name = "localhost";
    s.discovery->port = 8000;
    a = services.prepare(s);
    services.commit({a});
  }

  bool is_written() const { return std::filesystem::exists(file); }

  weir::test::own_folder folder;
  const std::string file = folder / "known.json";
  test::log_lines log;
  io::loop loop;
  service_registry services;
  std::shared_ptr<service> a;
  directory d{loop};
};

TEST_F(DirectorySnapshot, IsNotWrittenAnyMoreWhenAReloadHasTakenItsFileAway) {
  d.follow({a}, {.consul = {}, .dns_servers = "127.0.0.1:1", .snapshot_file = file});
  // The list is there, and what is to be written waits for more of it.
  ASSERT_TRUE(weir::test::run_until(loop, [&] { return !a->instances()->specs().empty(); }));
  ASSERT_FALSE(is_written());
  d.follow({a}, {.consul = {}, .dns_servers = "127.0.0.1:1", .snapshot_file = {}});
  const time_point until = now() + 400ms;
  while (now() < until) loop.run_once(5ms);
  for (const std::string& line : log.said()) {
    EXPECT_EQ(line.find("could not be written"), std::string::npos) << line;
  }
  EXPECT_FALSE(is_written());
}

TEST_F(DirectorySnapshot, IsWrittenWhenAReloadNamesAFileAndNothingChanges) {
  d.follow({a}, {.consul = {}, .dns_servers = "127.0.0.1:1", .snapshot_file = {}});
  ASSERT_TRUE(weir::test::run_until(loop, [&] { return !a->instances()->specs().empty(); }));
  d.follow({a}, {.consul = {}, .dns_servers = "127.0.0.1:1", .snapshot_file = file});
  ASSERT_TRUE(weir::test::run_until(loop, [&] { return is_written(); }));
  const auto text = read_file(file);
  ASSERT_TRUE(text);
  EXPECT_NE(text->find("127.0.0.1"), std::string::npos) << *text;
}

}  // namespace
}  // namespace weir::upstream
