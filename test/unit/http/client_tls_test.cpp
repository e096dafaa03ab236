#include <gmock/gmock.h>

#include <array>
#include <memory>
#include <string>
#include <vector>

#include "unit/http/client_support.hpp"
#include "unit/io/certificates.hpp"
#include "weir/io/listener.hpp"
#include "weir/io/tls.hpp"

namespace weir::http {
namespace {

using namespace std::chrono_literals;

constexpr long day = 24 * 3600;

// Answers every request on a TLS connection with the number of the connection.
struct tls_service final : io::acceptor {
  struct session final : io::stream_handler {
    void on_readable() override {
      std::array<char, 4096> buffer;
      for (;;) {
        const io::io_result r = over->read(buffer);
        if (r.status != io::io_status::ok) return;
        heard.append(buffer.data(), r.bytes);
        for (std::size_t end; (end = heard.find("\r\n\r\n")) != std::string::npos;) {
          heard.erase(0, end + 4);
          std::string answer = "HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n" + name;
          const iovec all{answer.data(), answer.size()};
          EXPECT_EQ(over->write({&all, 1}).bytes, answer.size());
        }
        if (r.drained) return;
      }
    }
    void on_writable() override {}
    void on_peer_closed() override {}
    std::unique_ptr<io::stream> over;
    std::string heard;
    std::string name;
  };

  explicit tls_service(io::loop& on) : l(on) {
    auto opened = io::listener::open(*io::address::parse("127.0.0.1", 0), {});
    EXPECT_TRUE(opened);
    at = std::move(*opened);
    at->start(l, *this);
  }
  void on_accepted(std::unique_ptr<io::stream> client, const io::address&) override {
    sessions.push_back(std::make_unique<session>());
    session& s = *sessions.back();
    s.name = std::to_string(sessions.size());
    s.over = io::make_tls_server_stream(l, std::move(client), context);
    s.over->set_handler(&s);
  }

  io::loop& l;
  std::shared_ptr<io::tls_server_context> context;
  std::unique_ptr<io::listener> at;
  std::vector<std::unique_ptr<session>> sessions;
};

struct TlsClientPool : ClientPool {
  void SetUp() override {
    const auto made = folder.make("shop", "DNS:shop.test", -day, day);
    service.context =
        *io::tls_server_context::make({.certificate_file = made.certificate, .key_file = made.key});
    trusting = *io::tls_client_context::make({.ca_file = made.certificate, .verify = true});
  }
  void open_tls(const std::string& name) {
    pool = make_client_pool(
        l, {.addresses = {service.at->bound()}, .tls = trusting, .server_name = name}, {});
  }
  test::certificate_folder folder;
  tls_service service{l};
  std::shared_ptr<io::tls_client_context> trusting;
};

// The tickets that TLS 1.3 sends behind the handshake make a resting connection readable.
TEST_F(TlsClientPool, ReusesItsConnections) {
  open_tls("shop.test");
  for (int i = 0; i < 10; ++i) {
    call c;
    start(c);
    ASSERT_TRUE(until(c));
    ASSERT_TRUE(c.ended) << c.detail;
    EXPECT_EQ(c.body, "1");
    test::run_a_little(l);
  }
  EXPECT_EQ(pool->idle(), 1U);
}

TEST_F(TlsClientPool, AConnectionThatRestsFromItsBeginningSurvivesTheTickets) {
  open_tls("shop.test");
  call gone;
  start(gone).cancel();
  ASSERT_TRUE(until([&] { return pool->idle() == 1; }));
  test::run_a_little(l);
  EXPECT_EQ(pool->idle(), 1U);
}

TEST_F(TlsClientPool, ARequestOnAStaleConnectionGoesOutAgainOnAFreshOne) {
  open_tls("shop.test");
  call first;
  start(first);
  ASSERT_TRUE(until(first));
  service.sessions.front()->over.reset();
  call second;
  start(second);
  ASSERT_TRUE(until(second));
  EXPECT_TRUE(second.ended) << second.detail;
  EXPECT_EQ(second.body, "2");
}

TEST_F(TlsClientPool, AFalseNameIsAFailureOfTlsInWords) {
  open_tls("bank.test");
  call c;
  start(c);
  ASSERT_TRUE(until(c));
  EXPECT_EQ(c.failure, client_error::tls);
  EXPECT_THAT(c.detail, testing::HasSubstr("hostname mismatch"));
  EXPECT_EQ(pool->connections(), 0U);
}

}  // namespace
}  // namespace weir::http
