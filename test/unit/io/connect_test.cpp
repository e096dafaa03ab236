#include "weir/io/connect.hpp"

#include <gtest/gtest.h>
#include <sys/resource.h>

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "unit/io/socket_support.hpp"

namespace weir::io {
namespace {

using namespace std::chrono_literals;
using test::raw_listener;
using test::run_until;

struct outcome final : connector::receiver {
  void on_connected(std::unique_ptr<stream> s) override {
    connected = std::move(s);
    if (then) then();
  }
  void on_connect_failed(const connect_failure& why) override {
    failure = why;
    if (then) then();
  }
  bool done() const { return connected || failure; }
  std::unique_ptr<stream> connected;
  std::optional<connect_failure> failure;
  std::function<void()> then;
};

// A port on which nobody listens: taken and given back.
address refused_address() {
  raw_listener l;
  return l.at();
}

// A listener whose backlog is full swallows further connects, as a dead host would.
struct black_hole {
  black_hole() : l(0) {
    for (int i = 0; i < 4; ++i) {
      test::socket_fd s(::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0));
      (void)::connect(s.get(), l.at().raw(), l.at().raw_length());
      fillers.push_back(std::move(s));
    }
  }
  raw_listener l;
  std::vector<test::socket_fd> fillers;
};

TEST(Connector, ConnectsAndHandsOverAStream) {
  loop l;
  raw_listener server;
  outcome o;
  connector c(l, o);
  c.start({.addresses = {server.at()}, .tls = nullptr, .server_name = ""}, l.now() + 1s);
  EXPECT_FALSE(o.done());
  ASSERT_TRUE(run_until(l, [&] { return o.done(); }));
  ASSERT_TRUE(o.connected);
  EXPECT_EQ(o.connected->peer_address(), server.at().to_string());
  auto far = server.accept();
  const iovec hello{const_cast<char*>("hello"), 5};
  EXPECT_EQ(o.connected->write({&hello, 1}).bytes, 5U);
  EXPECT_EQ(far.receive(), "hello");
}

TEST(Connector, SaysRefused) {
  loop l;
  outcome o;
  connector c(l, o);
  const address nobody = refused_address();
  c.start({.addresses = {nobody}, .tls = nullptr, .server_name = ""}, l.now() + 1s);
  ASSERT_TRUE(run_until(l, [&] { return o.done(); }));
  ASSERT_TRUE(o.failure);
  EXPECT_EQ(o.failure->kind, connect_error::refused);
  EXPECT_EQ(o.failure->error, ECONNREFUSED);
  EXPECT_EQ(o.failure->detail, nobody.to_string() + ": Connection refused");
}

TEST(Connector, TriesTheAddressesInOrder) {
  loop l;
  raw_listener server;
  outcome o;
  connector c(l, o);
  c.start({.addresses = {refused_address(), refused_address(), server.at()},
           .tls = nullptr,
           .server_name = ""},
          l.now() + 1s);
  ASSERT_TRUE(run_until(l, [&] { return o.done(); }));
  ASSERT_TRUE(o.connected);
  EXPECT_EQ(o.connected->peer_address(), server.at().to_string());
}

TEST(Connector, GivesUpAtItsDeadline) {
  loop l;
  const black_hole hole;
  outcome o;
  connector c(l, o);
  const time_point until = l.now() + 30ms;
  c.start({.addresses = {hole.l.at()}, .tls = nullptr, .server_name = ""}, until);
  ASSERT_TRUE(run_until(l, [&] { return o.done(); }));
  ASSERT_TRUE(o.failure);
  EXPECT_EQ(o.failure->kind, connect_error::timed_out);
  EXPECT_GE(l.now(), until);
}

TEST(Connector, LeavesTimeForTheNextAddressWhenTheFirstSwallowsPackets) {
  loop l;
  const black_hole hole;
  raw_listener server;
  outcome o;
  connector c(l, o);
  const time_point until = l.now() + 60ms;
  c.start({.addresses = {hole.l.at(), server.at()}, .tls = nullptr, .server_name = ""}, until);
  ASSERT_TRUE(run_until(l, [&] { return o.done(); }));
  ASSERT_TRUE(o.connected);
  EXPECT_LT(l.now(), until);
}

TEST(Connector, WithoutAddressesItIsAFailureOfNames) {
  loop l;
  outcome o;
  connector c(l, o);
  c.start({.addresses = {}, .tls = nullptr, .server_name = ""}, l.now() + 1s);
  EXPECT_FALSE(o.done());
  ASSERT_TRUE(run_until(l, [&] { return o.done(); }));
  EXPECT_EQ(o.failure->kind, connect_error::dns);
}

TEST(Connector, OutOfDescriptorsIsToldApart) {
  loop l;
  raw_listener server;
  outcome o;
  connector c(l, o);
  rlimit before{};
  ::getrlimit(RLIMIT_NOFILE, &before);
  const int lowest_free = ::dup(0);
  ::close(lowest_free);
  rlimit none = before;
  none.rlim_cur = static_cast<rlim_t>(lowest_free);
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &none), 0);
  c.start({.addresses = {server.at()}, .tls = nullptr, .server_name = ""}, l.now() + 1s);
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &before), 0);
  ASSERT_TRUE(run_until(l, [&] { return o.done(); }));
  EXPECT_EQ(o.failure->kind, connect_error::no_descriptors);
}

TEST(Connector, MayBeDestroyedByItsReceiver) {
  for (const bool refused : {false, true}) {
    loop l;
    raw_listener server;
    outcome o;
    auto c = std::make_unique<connector>(l, o);
    o.then = [&] {
      c.reset();
      o.connected.reset();
    };
    c->start({.addresses = {refused ? refused_address() : server.at()},
              .tls = nullptr,
              .server_name = ""},
             l.now() + 1s);
    EXPECT_TRUE(run_until(l, [&] { return c == nullptr; }));
  }
}

TEST(Connector, DestroyedItTellsNobody) {
  loop l;
  raw_listener server;
  outcome o;
  {
    connector c(l, o);
    c.start({.addresses = {server.at()}, .tls = nullptr, .server_name = ""}, l.now() + 1s);
  }
  test::run_a_little(l);
  EXPECT_FALSE(o.done());
}

}  // namespace
}  // namespace weir::io
