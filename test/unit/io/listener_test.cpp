#include "weir/io/listener.hpp"

#include <gtest/gtest.h>
#include <sys/resource.h>

#include <functional>
#include <memory>
#include <vector>

#include "unit/io/socket_support.hpp"
#include "weir/base/log.hpp"

namespace weir::io {
namespace {

using namespace std::chrono_literals;
using test::run_a_little;
using test::run_until;
using test::socket_fd;

struct collector final : acceptor {
  void on_accepted(std::unique_ptr<stream> client, const address& from) override {
    accepted.push_back(std::move(client));
    last = from;
    if (then) then();
  }
  std::vector<std::unique_ptr<stream>> accepted;
  address last;
  std::function<void()> then;
};

socket_fd connect_to(const address& at) {
  socket_fd s(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  EXPECT_EQ(::connect(s.get(), at.raw(), at.raw_length()), 0);
  return s;
}

std::unique_ptr<listener> open_any(listener::options with = {}) {
  auto opened = listener::open(*address::parse("127.0.0.1", 0), with);
  EXPECT_TRUE(opened) << opened.error();
  return std::move(*opened);
}

TEST(Listener, AcceptsWhoConnects) {
  loop l;
  collector c;
  auto at = open_any();
  at->start(l, c);
  const socket_fd one = connect_to(at->bound());
  const socket_fd two = connect_to(at->bound());
  ASSERT_TRUE(run_until(l, [&] { return c.accepted.size() == 2; }));
  EXPECT_EQ(c.last.ip(), "127.0.0.1");
}

TEST(Listener, TakesMoreThanOneTurnsWorthOfConnections) {
  loop l;
  collector c;
  auto at = open_any();
  std::vector<socket_fd> clients;
  for (int i = 0; i < 200; ++i) clients.push_back(connect_to(at->bound()));
  at->start(l, c);
  l.run_once(0ms);
  EXPECT_LT(c.accepted.size(), 200U);
  EXPECT_TRUE(run_until(l, [&] { return c.accepted.size() == 200; }));
}

TEST(Listener, ATakenPortIsOneClearSentence) {
  auto first = open_any();
  const auto second = listener::open(first->bound(), {});
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error(),
            "cannot listen on " + first->bound().to_string() + ": the port is taken (EADDRINUSE)");
}

TEST(Listener, SharesItsAddressWhenAllAgree) {
  auto first = open_any({.reuse_port = true});
  EXPECT_TRUE(listener::open(first->bound(), {.reuse_port = true}));
}

TEST(Listener, AnAddressThatIsNotOursIsOneClearSentence) {
  const auto refused = listener::open(*address::parse("192.0.2.1", 1), {});
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error(),
            "cannot listen on 192.0.2.1:1: no interface has this address (EADDRNOTAVAIL)");
}

TEST(Listener, PausedItLeavesConnectionsInTheBacklog) {
  loop l;
  collector c;
  auto at = open_any();
  at->start(l, c);
  at->pause();
  const socket_fd one = connect_to(at->bound());
  run_a_little(l);
  EXPECT_EQ(c.accepted.size(), 0U);
  at->resume();
  EXPECT_TRUE(run_until(l, [&] { return c.accepted.size() == 1; }));
}

TEST(Listener, MayBePausedByItsAcceptor) {
  loop l;
  collector c;
  auto at = open_any();
  const socket_fd one = connect_to(at->bound());
  const socket_fd two = connect_to(at->bound());
  c.then = [&] { at->pause(); };
  at->start(l, c);
  run_a_little(l);
  EXPECT_EQ(c.accepted.size(), 1U);
  at->resume();
  EXPECT_TRUE(run_until(l, [&] { return c.accepted.size() == 2; }));
}

TEST(Listener, MayBeDestroyedByItsAcceptor) {
  loop l;
  collector c;
  auto at = open_any();
  const socket_fd one = connect_to(at->bound());
  const socket_fd two = connect_to(at->bound());
  c.then = [&] { at.reset(); };
  at->start(l, c);
  run_a_little(l);
  EXPECT_EQ(c.accepted.size(), 1U);
}

TEST(Listener, DrainTakesWhatWaitsAndThenRefuses) {
  loop l;
  collector c;
  auto at = open_any();
  at->start(l, c);
  const address where = at->bound();
  const socket_fd one = connect_to(where);
  const socket_fd two = connect_to(where);
  EXPECT_EQ(at->drain_and_close(), 2U);
  EXPECT_EQ(c.accepted.size(), 2U);
  const socket_fd late(::socket(AF_INET, SOCK_STREAM, 0));
  EXPECT_EQ(::connect(late.get(), where.raw(), where.raw_length()), -1);
  EXPECT_EQ(errno, ECONNREFUSED);
}

struct silent final : log::sink {
  void write(const log::record&) noexcept override { ++lines; }
  int lines = 0;
};

TEST(Listener, OutOfDescriptorsItPausesWithoutSpinningAndResumes) {
  silent sink;
  log::set_sink(&sink);
  log::warn("UBSan needs a descriptor for its first look at a type");
  loop l;
  collector c;
  auto at = open_any();
  at->start(l, c);
  l.run_once(0ms);
  const socket_fd one = connect_to(at->bound());
  rlimit before{};
  ::getrlimit(RLIMIT_NOFILE, &before);
  const int lowest_free = ::dup(0);
  ::close(lowest_free);
  rlimit none = before;
  none.rlim_cur = static_cast<rlim_t>(lowest_free);
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &none), 0);

  l.run_once(1s);
  const time_point paused = l.now();
  int batches = 0;  // one for the retry, one or two in which the wheel moves the timer down
  for (; l.now() - paused < 90ms; ++batches) l.run_once(1s);
  EXPECT_LE(batches, 3);
  EXPECT_EQ(c.accepted.size(), 0U);

  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &before), 0);
  EXPECT_TRUE(run_until(l, [&] { return c.accepted.size() == 1; }));
  EXPECT_EQ(sink.lines, 2);
  log::set_sink(nullptr);
}

}  // namespace
}  // namespace weir::io
