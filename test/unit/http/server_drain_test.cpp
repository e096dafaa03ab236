#include "unit/http/server_support.hpp"

namespace weir::http {
namespace {

using namespace std::chrono_literals;
using test::count_of;
using test::get;

class ServerDrain : public test::server_test {
 protected:
  std::size_t drain(duration longest = 2s) {
    return srv->drain(loop.now() + longest, [this] { done = true; });
  }
  bool done = false;
};

TEST_F(ServerDrain, AnnouncesItselfWhileItStillAccepts) {
  serve();
  auto old = connect();
  old->send(get);
  ASSERT_TRUE(until_got(*old, "ok"));
  old->take();
  srv->announce_close(false);
  auto fresh = connect();
  for (auto* c : {old.get(), fresh.get()}) {
    c->send(get);
    ASSERT_TRUE(until_closed(*c));
    EXPECT_EQ(count_of(c->got, "Connection: close\r\n"), 1U);
    EXPECT_TRUE(c->got.ends_with("ok"));
  }
}

TEST_F(ServerDrain, ClosesIdleConnectionsWhenAskedTo) {
  serve();
  auto idle = connect();
  idle->send(get);
  ASSERT_TRUE(until_got(*idle, "ok"));
  auto asking = connect();
  asking->send(get);
  ASSERT_TRUE(until_got(*asking, "ok"));
  asking->take();
  asking->send(get);  // on its way while the others are closed
  srv->announce_close(true);
  ASSERT_TRUE(until_closed(*idle));
  EXPECT_FALSE(idle->was_reset);
  ASSERT_TRUE(until_closed(*asking));
  EXPECT_TRUE(asking->got.ends_with("ok")) << asking->got;
}

TEST_F(ServerDrain, IsDoneAtOnceWithoutConnections) {
  serve();
  EXPECT_EQ(drain(), 0U);
  EXPECT_FALSE(done) << "not within the call";
  EXPECT_TRUE(until([&] { return done; }));
}

TEST_F(ServerDrain, FinishesWhatRuns) {
  serve();
  auto c = connect();
  server_exchange* const held = held_request(*c);
  ASSERT_TRUE(held);
  drain();
  turn(10);
  EXPECT_FALSE(done);
  held->respond(200, "", "finished");
  ASSERT_TRUE(until_closed(*c));
  EXPECT_EQ(count_of(c->got, "Connection: close\r\n"), 1U);
  EXPECT_TRUE(c->got.ends_with("finished"));
  EXPECT_TRUE(until([&] { return done; }));
  EXPECT_EQ(srv->connections(), 0U);
}

TEST_F(ServerDrain, ServesWhatWaitsInTheBacklog) {
  serve();
  turn();
  auto a = connect();
  auto b = connect();
  a->send(get);
  EXPECT_EQ(drain(), 2U);
  b->send(get);
  for (auto* c : {a.get(), b.get()}) {
    ASSERT_TRUE(until_closed(*c));
    EXPECT_TRUE(c->got.ends_with("ok")) << c->got;
  }
  EXPECT_TRUE(until([&] { return done; }));
}

TEST_F(ServerDrain, AcceptsNoMore) {
  serve();
  drain();
  ASSERT_TRUE(until([&] { return done; }));
  const int fd = ::socket(AF_INET, SOCK_STREAM, 0);
  EXPECT_EQ(::connect(fd, at.raw(), at.raw_length()), -1);
  EXPECT_EQ(errno, ECONNREFUSED);
  ::close(fd);
}

TEST_F(ServerDrain, ResetsWhatRunsPastItsTime) {
  serve();
  int aborted = 0;
  const auto count = [&] { ++aborted; };
  server_exchange* held = nullptr;
  handle = [&](server_exchange& x) {
    held = &x;
    x.on_abort(delegate<void()>::ref(count));
  };
  auto c = connect();
  c->send(get);
  ASSERT_TRUE(until([&] { return held != nullptr; }));
  drain(30ms);
  ASSERT_TRUE(until([&] { return done; }));
  EXPECT_EQ(aborted, 1);
  ASSERT_TRUE(until_closed(*c));
  EXPECT_TRUE(c->was_reset);
  EXPECT_EQ(srv->cut_exchanges(), 1U);
}

TEST_F(ServerDrain, CountsAnAnswerThatItsClientDoesNotTakeAsCut) {
  serve();
  const std::string large(24 << 20, 'x');  // more than the kernel holds
  handle = [&](server_exchange& x) { x.respond(200, "", large); };
  auto c = connect();
  c->send(get);
  ASSERT_TRUE(until([&] { return !targets.empty(); }));
  drain(30ms);
  ASSERT_TRUE(until([&] { return done; }));
  EXPECT_EQ(srv->cut_exchanges(), 1U);
}

TEST_F(ServerDrain, CountsNoneAsCutThatWereAnsweredOrAskedNothing) {
  serve();
  auto answered = connect();
  answered->send(get);
  ASSERT_TRUE(until_got(*answered, "ok"));
  auto silent = connect();
  drain(30ms);
  ASSERT_TRUE(until([&] { return done; }));
  EXPECT_EQ(srv->cut_exchanges(), 0U);
}

TEST_F(ServerDrain, LetsTheServerBeDestroyedFromItsCall) {
  serve();
  auto c = connect();
  c->send(get);
  ASSERT_TRUE(until_got(*c, "ok"));
  bool gone = false;
  srv->drain(loop.now() + 1s, [&] {
    srv.reset();
    gone = true;
  });
  ASSERT_TRUE(until([&] { return gone; }));
  turn();
}

}  // namespace
}  // namespace weir::http
