#include "weir/io/stream.hpp"

#include <gtest/gtest.h>

#include <functional>
#include <string>

#include "unit/io/socket_support.hpp"

namespace weir::io {
namespace {

using namespace std::chrono_literals;
using test::run_until;
using test::socket_pair;

struct listener_of final : stream_handler {
  void on_readable() override {
    ++readable;
    if (when_readable) when_readable();
  }
  void on_writable() override { ++writable; }
  void on_peer_closed() override {
    ++closed;
    if (when_closed) when_closed();
  }
  int readable = 0;
  int writable = 0;
  int closed = 0;
  std::function<void()> when_readable;
  std::function<void()> when_closed;
};

iovec piece(std::string_view text) {
  return {const_cast<char*>(text.data()), text.size()};
}

struct PlainStream : testing::Test {
  void SetUp() override {
    near = make_plain_stream(l, pair.near.release());
    ASSERT_NE(near, nullptr);
    near->set_handler(&handler);
    l.run_once(0ms);
  }
  loop l;
  socket_pair pair;
  std::unique_ptr<stream> near;
  listener_of handler;
};

TEST_F(PlainStream, AShortReadSaysThatTheSourceIsDrained) {
  pair.far.send("hello");
  ASSERT_TRUE(run_until(l, [&] { return handler.readable == 1; }));
  std::array<char, 4> four;
  io_result r = near->read(four);
  EXPECT_EQ(r.bytes, 4U);
  EXPECT_FALSE(r.drained);
  r = near->read(four);
  EXPECT_EQ(r.bytes, 1U);
  EXPECT_TRUE(r.drained);
  EXPECT_EQ(near->read(four).status, io_status::would_block);
}

TEST_F(PlainStream, GathersPiecesIntoOneWrite) {
  const std::array<iovec, 3> pieces{piece("GET "), piece(""), piece("/")};
  const io_result r = near->write(pieces);
  EXPECT_EQ(r.status, io_status::ok);
  EXPECT_EQ(r.bytes, 5U);
  EXPECT_EQ(pair.far.receive(), "GET /");
}

TEST_F(PlainStream, TellsWritableOnlyAfterAWriteThatFoundNoRoom) {
  EXPECT_EQ(handler.writable, 0);
  const std::string much(1 << 20, 'x');
  const iovec all = piece(much);
  const io_result r = near->write({&all, 1});
  ASSERT_EQ(r.status, io_status::ok);
  ASSERT_LT(r.bytes, much.size());
  EXPECT_EQ(near->write({&all, 1}).status, io_status::would_block);
  l.run_once(0ms);
  EXPECT_EQ(handler.writable, 0);
  std::size_t taken = 0;
  ASSERT_TRUE(run_until(l, [&] {
    taken += pair.far.receive().size();
    return handler.writable == 1;
  }));
  taken += pair.far.receive().size();
  EXPECT_EQ(taken, r.bytes);
}

TEST_F(PlainStream, TellsThatThePeerHasClosedAndThenReadsTheRestAndTheEnd) {
  pair.far.send("bye");
  pair.far.close();
  ASSERT_TRUE(run_until(l, [&] { return handler.closed == 1; }));
  std::array<char, 64> buffer;
  EXPECT_EQ(near->read(buffer).bytes, 3U);
  EXPECT_EQ(near->read(buffer).status, io_status::end);
}

TEST_F(PlainStream, IsNotDrainedBeforeAnEndThatHasBeenAnnounced) {
  pair.far.send("bye");
  pair.far.close();
  ASSERT_TRUE(run_until(l, [&] { return handler.closed == 1; }));
  std::array<char, 64> buffer;
  const io_result r = near->read(buffer);
  EXPECT_EQ(r.bytes, 3U);
  EXPECT_FALSE(r.drained);  // or nobody would look for the end
}

TEST_F(PlainStream, AWriteToAClosedPeerFailsWithoutASignal) {
  pair.far.close();
  const iovec some = piece("x");
  const io_result r = near->write({&some, 1});
  EXPECT_EQ(r.status, io_status::failed);
  EXPECT_EQ(r.error, EPIPE);
}

TEST_F(PlainStream, MayBeDestroyedByItsHandler) {
  handler.when_readable = [&] { near.reset(); };
  pair.far.send("x");
  pair.far.close();
  ASSERT_TRUE(run_until(l, [&] { return handler.readable == 1; }));
  l.run_once(0ms);
  EXPECT_EQ(handler.closed, 0);
}

TEST_F(PlainStream, KeepsEventsForTheNextHandler) {
  near->set_handler(nullptr);
  pair.far.send("x");
  l.run_once(1s);
  pair.far.close();
  l.run_once(1s);
  EXPECT_EQ(handler.readable, 0);
  near->set_handler(&handler);
  EXPECT_EQ(handler.readable, 0);  // not from within set_handler
  l.run_once(0ms);
  EXPECT_EQ(handler.readable, 1);
  EXPECT_EQ(handler.closed, 1);
}

TEST_F(PlainStream, AHandlerThatStepsAsideLeavesTheRestToTheNext) {
  listener_of next;
  handler.when_readable = [&] { near->set_handler(&next); };
  pair.far.send("x");
  pair.far.close();
  ASSERT_TRUE(run_until(l, [&] { return next.closed == 1; }));
  EXPECT_EQ(handler.closed, 0);
}

TEST_F(PlainStream, ShutdownOfWritingIsTheEndForThePeerAlone) {
  near->shutdown_write();
  EXPECT_EQ(pair.far.receive(), "");
  EXPECT_TRUE(pair.far.ended());
  pair.far.send("late");
  ASSERT_TRUE(run_until(l, [&] { return handler.readable > 0; }));
  std::array<char, 64> buffer;
  EXPECT_EQ(near->read(buffer).bytes, 4U);
}

TEST(PlainStreamOverTcp, ResetIsSeenAsAFailure) {
  loop l;
  test::raw_listener server;
  test::socket_fd client(::socket(AF_INET, SOCK_STREAM, 0));
  ASSERT_EQ(::connect(client.get(), server.at().raw(), server.at().raw_length()), 0);
  auto near = make_plain_stream(l, server.accept().release());
  EXPECT_EQ(near->peer_address().substr(0, 10), "127.0.0.1:");
  near->reset();
  char byte;
  EXPECT_EQ(::recv(client.get(), &byte, 1, 0), -1);
  EXPECT_EQ(errno, ECONNRESET);
}

TEST(PlainStreamOverTcp, OfABadDescriptorIsNull) {
  loop l;
  EXPECT_EQ(make_plain_stream(l, 1000), nullptr);
  EXPECT_EQ(errno, EBADF);
}

}  // namespace
}  // namespace weir::io
