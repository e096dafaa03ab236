#include "weir/io/tls.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "unit/io/certificates.hpp"
#include "unit/io/socket_support.hpp"
#include "weir/io/connect.hpp"
#include "weir/io/listener.hpp"

namespace weir::io {
namespace {

using namespace std::chrono_literals;
using test::run_until;

constexpr long day = 24 * 3600;

// One side of a conversation: collects what comes, sends what it is given as room allows.
struct talker final : stream_handler {
  void take(std::unique_ptr<stream> s) {
    over = std::move(s);
    over->set_handler(this);
    read();
    write();
  }
  void say(std::string_view text) {
    outgoing += text;
    write();
  }
  void read() {
    std::array<char, 8192> buffer;
    for (;;) {
      const io_result r = over->read(buffer);
      if (r.status == io_status::end) ended = true;
      if (r.status == io_status::failed) failed = true;
      if (r.status != io_status::ok) return;
      heard.append(buffer.data(), r.bytes);
      if (r.drained) return;
    }
  }
  void write() {
    while (!outgoing.empty()) {
      // Two pieces, as a head and a body would be.
      const std::size_t half = outgoing.size() / 2;
      const std::array<iovec, 2> pieces{iovec{outgoing.data(), half},
                                        iovec{outgoing.data() + half, outgoing.size() - half}};
      const io_result r = over->write(pieces);
      outgoing.erase(0, r.bytes);
      if (r.status == io_status::failed) failed = true;
      if (r.status != io_status::ok || !outgoing.empty()) return;
    }
  }
  void on_readable() override { read(); }
  void on_writable() override { write(); }
  void on_peer_closed() override { read(); }

  std::unique_ptr<stream> over;
  std::string outgoing;
  std::string heard;
  bool ended = false;
  bool failed = false;
};

struct Tls : testing::Test, acceptor, connector::receiver {
  void SetUp() override {
    auto opened = listener::open(*address::parse("127.0.0.1", 0), {});
    ASSERT_TRUE(opened);
    at = std::move(*opened);
    at->start(l, *this);
  }
  void serve(const test::certificate_folder::files& with) {
    auto made =
        tls_server_context::make({.certificate_file = with.certificate, .key_file = with.key});
    ASSERT_TRUE(made) << made.error();
    server_context = *made;
  }
  std::shared_ptr<tls_client_context> trust(const std::string& ca_file) {
    auto made = tls_client_context::make({.ca_file = ca_file, .verify = true});
    EXPECT_TRUE(made) << made.error();
    return *made;
  }
  void connect(std::shared_ptr<tls_client_context> context, const std::string& name) {
    connected = false;
    failure.reset();
    client = talker{};
    server = talker{};
    server.outgoing = greeting;
    attempt = std::make_unique<connector>(l, *this);
    attempt->start({.addresses = {at->bound()}, .tls = std::move(context), .server_name = name},
                   l.now() + 2s);
    ASSERT_TRUE(run_until(l, [&] { return connected || failure; }));
  }
  void on_accepted(std::unique_ptr<stream> s, const address&) override {
    server.take(make_tls_server_stream(l, std::move(s), server_context));
  }
  void on_connected(std::unique_ptr<stream> s) override {
    connected = true;
    client.take(std::move(s));
    attempt.reset();
  }
  void on_connect_failed(const connect_failure& why) override {
    failure = why;
    attempt.reset();
  }

  loop l;
  test::certificate_folder folder;
  std::unique_ptr<listener> at;
  std::shared_ptr<tls_server_context> server_context;
  std::unique_ptr<connector> attempt;
  talker client;
  talker server;
  std::string greeting;
  bool connected = false;
  std::optional<connect_failure> failure;
};

TEST_F(Tls, TalksToAServerWhoseCertificateIsTrusted) {
  const auto good = folder.make("good", "DNS:shop.test", -day, day);
  serve(good);
  connect(trust(good.certificate), "shop.test");
  ASSERT_TRUE(connected) << failure->detail;
  client.say("ping");
  ASSERT_TRUE(run_until(l, [&] { return server.heard == "ping"; }));
  server.say("pong");
  ASSERT_TRUE(run_until(l, [&] { return client.heard == "pong"; }));
}

TEST_F(Tls, BytesThatCameWithTheHandshakeReachTheNextHandler) {
  const auto good = folder.make("good", "DNS:shop.test", -day, day);
  serve(good);
  greeting = "welcome";  // the server speaks first
  connect(trust(good.certificate), "shop.test");
  ASSERT_TRUE(run_until(l, [&] { return client.heard == "welcome"; }));
}

TEST_F(Tls, VerifiesANumericAddress) {
  const auto good = folder.make("good", "IP:127.0.0.1", -day, day);
  serve(good);
  connect(trust(good.certificate), "127.0.0.1");
  EXPECT_TRUE(connected) << failure->detail;
  connect(trust(good.certificate), "127.0.0.2");
  ASSERT_TRUE(failure);
  EXPECT_THAT(failure->detail, testing::HasSubstr("IP address mismatch"));
}

TEST_F(Tls, RefusesAnotherName) {
  const auto good = folder.make("good", "DNS:shop.test", -day, day);
  serve(good);
  connect(trust(good.certificate), "bank.test");
  ASSERT_TRUE(failure);
  EXPECT_EQ(failure->kind, connect_error::tls);
  EXPECT_THAT(failure->detail, testing::HasSubstr("hostname mismatch"));
}

TEST_F(Tls, RefusesACertificateThatHasExpired) {
  const auto old = folder.make("old", "DNS:shop.test", -2 * day, -day);
  serve(old);
  connect(trust(old.certificate), "shop.test");
  ASSERT_TRUE(failure);
  EXPECT_EQ(failure->kind, connect_error::tls);
  EXPECT_THAT(failure->detail, testing::HasSubstr("certificate has expired"));
}

TEST_F(Tls, RefusesAnAuthorityItDoesNotKnow) {
  serve(folder.make("theirs", "DNS:shop.test", -day, day));
  const auto other = folder.make("ours", "DNS:shop.test", -day, day);
  connect(trust(other.certificate), "shop.test");
  ASSERT_TRUE(failure);
  EXPECT_THAT(failure->detail, testing::HasSubstr("self-signed certificate"));
}

TEST_F(Tls, RefusesToVerifyNoName) {
  const auto good = folder.make("good", "DNS:shop.test", -day, day);
  serve(good);
  connect(trust(good.certificate), "");
  ASSERT_TRUE(failure);
  EXPECT_EQ(failure->kind, connect_error::tls);
}

TEST_F(Tls, WithoutVerifyingItTakesWhatComes) {
  serve(folder.make("old", "DNS:else.test", -2 * day, -day));
  auto careless = tls_client_context::make({.ca_file = "", .verify = false});
  ASSERT_TRUE(careless);
  connect(*careless, "shop.test");
  EXPECT_TRUE(connected);
}

TEST_F(Tls, CarriesMegabytesBothWays) {
  const auto good = folder.make("good", "DNS:shop.test", -day, day);
  serve(good);
  connect(trust(good.certificate), "shop.test");
  ASSERT_TRUE(connected);
  std::string much;
  for (int i = 0; much.size() < (4U << 20); ++i) much += std::to_string(i) + ",";
  client.say(much);
  server.say(much);
  ASSERT_TRUE(run_until(
      l, [&] { return server.heard.size() >= much.size() && client.heard.size() >= much.size(); }));
  EXPECT_TRUE(server.heard == much);
  EXPECT_TRUE(client.heard == much);
}

TEST_F(Tls, AnEndThatWasAnnouncedIsAnEnd) {
  const auto good = folder.make("good", "DNS:shop.test", -day, day);
  serve(good);
  connect(trust(good.certificate), "shop.test");
  server.say("all");
  ASSERT_TRUE(run_until(l, [&] { return server.outgoing.empty(); }));
  server.over->shutdown_write();
  ASSERT_TRUE(run_until(l, [&] { return client.ended || client.failed; }));
  EXPECT_TRUE(client.ended);
  EXPECT_EQ(client.heard, "all");
}

TEST_F(Tls, AnEndThatWasNotAnnouncedIsAFailure) {
  const auto good = folder.make("good", "DNS:shop.test", -day, day);
  serve(good);
  connect(trust(good.certificate), "shop.test");
  server.say("half");
  ASSERT_TRUE(run_until(l, [&] { return client.heard == "half"; }));
  server.over.reset();
  ASSERT_TRUE(run_until(l, [&] { return client.ended || client.failed; }));
  EXPECT_TRUE(client.failed);
}

TEST_F(Tls, ASecondConnectionResumesTheSession) {
  const auto good = folder.make("good", "DNS:shop.test", -day, day);
  serve(good);
  const auto context = trust(good.certificate);
  // What the server sends in a handshake holds its certificate only when nothing is resumed; the
  // bytes are counted on a relay between the two.
  std::array<std::size_t, 2> bytes{};
  for (std::size_t& count : bytes) {
    test::socket_pair near;
    test::socket_pair far;
    const auto under = [&](test::socket_fd& fd) { return make_plain_stream(l, fd.release()); };
    client = talker{};
    server = talker{};
    server.take(make_tls_server_stream(l, under(far.near), server_context));
    client.take(make_tls_client_stream(l, under(near.near), context, "shop.test"));
    client.say("x");
    server.say("y");
    ASSERT_TRUE(run_until(l, [&] {
      far.far.send(near.far.receive());
      const std::string answer = far.far.receive();
      count += answer.size();
      near.far.send(answer);
      return server.heard == "x" && client.heard == "y";
    }));
  }
  EXPECT_LT(bytes[1] + 300, bytes[0]);
}

TEST_F(Tls, AServerThatSpeaksNoTlsIsAFailureInWords) {
  test::raw_listener plain;
  attempt = std::make_unique<connector>(l, *this);
  const auto good = folder.make("good", "DNS:shop.test", -day, day);
  attempt->start(
      {.addresses = {plain.at()}, .tls = trust(good.certificate), .server_name = "shop.test"},
      l.now() + 2s);
  test::socket_fd far;
  ASSERT_TRUE(run_until(l, [&] { return static_cast<bool>(far = plain.accept()); }));
  far.send("HTTP/1.1 400 Bad Request\r\n\r\n");
  ASSERT_TRUE(run_until(l, [&] { return failure.has_value(); }));
  EXPECT_EQ(failure->kind, connect_error::tls);
  EXPECT_THAT(failure->detail, testing::HasSubstr("wrong version number"));
}

TEST_F(Tls, AServerThatHangsUpDuringTheHandshakeIsAFailureInWords) {
  test::raw_listener plain;
  attempt = std::make_unique<connector>(l, *this);
  const auto good = folder.make("good", "DNS:shop.test", -day, day);
  attempt->start(
      {.addresses = {plain.at()}, .tls = trust(good.certificate), .server_name = "shop.test"},
      l.now() + 2s);
  test::socket_fd far;
  ASSERT_TRUE(run_until(l, [&] { return static_cast<bool>(far = plain.accept()); }));
  ASSERT_TRUE(run_until(l, [&] { return !far.receive().empty(); }));
  far.close();
  ASSERT_TRUE(run_until(l, [&] { return failure.has_value(); }));
  EXPECT_EQ(failure->kind, connect_error::tls);
  EXPECT_THAT(failure->detail, testing::HasSubstr("during the TLS handshake"));
}

TEST_F(Tls, AHandshakeThatHangsEndsAtTheDeadline) {
  test::raw_listener plain;
  attempt = std::make_unique<connector>(l, *this);
  const auto good = folder.make("good", "DNS:shop.test", -day, day);
  attempt->start(
      {.addresses = {plain.at()}, .tls = trust(good.certificate), .server_name = "shop.test"},
      l.now() + 40ms);
  ASSERT_TRUE(run_until(l, [&] { return failure.has_value(); }));
  EXPECT_EQ(failure->kind, connect_error::timed_out);
}

TEST(TlsContext, AMissingFileIsOneClearSentence) {
  const auto none = tls_client_context::make({.ca_file = "/nowhere/ca.pem", .verify = true});
  ASSERT_FALSE(none);
  EXPECT_THAT(none.error(),
              testing::HasSubstr("cannot load root certificates from /nowhere/ca.pem"));
}

}  // namespace
}  // namespace weir::io
