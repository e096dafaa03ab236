#pragma once

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "weir/http/server.hpp"

namespace weir::http::test {

inline constexpr std::string_view get = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";

// A client without any notion of HTTP, on a socket of its own, driven by the test's thread.
class raw_client {
 public:
  explicit raw_client(const io::address& to, int receive_buffer = 0)
      : fd_(::socket(to.raw()->sa_family, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    if (receive_buffer != 0) {
      ::setsockopt(fd_, SOL_SOCKET, SO_RCVBUF, &receive_buffer, sizeof receive_buffer);
    }
    // Loopback connects complete at once: the backlog takes them without the server's doing.
    if (::connect(fd_, to.raw(), to.raw_length()) != 0) ADD_FAILURE() << "connect: " << errno;
  }
  ~raw_client() { close(); }
  raw_client(const raw_client&) = delete;
  raw_client& operator=(const raw_client&) = delete;

  raw_client& send(std::string_view text) {
    while (!text.empty()) {
      const auto n = ::send(fd_, text.data(), text.size(), MSG_NOSIGNAL);
      if (n <= 0) break;
      text.remove_prefix(static_cast<std::size_t>(n));
    }
    return *this;
  }
  // What the kernel takes without waiting.
  std::size_t send_some(std::string_view text) {
    const auto n = ::send(fd_, text.data(), text.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
    return n > 0 ? static_cast<std::size_t>(n) : 0;
  }
  void half_close() { ::shutdown(fd_, SHUT_WR); }
  void close() {
    if (fd_ >= 0) ::close(fd_);
    fd_ = -1;
  }
  void reset() {
    const linger at_once{.l_onoff = 1, .l_linger = 0};
    ::setsockopt(fd_, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
    close();
  }

  // Takes what has come. Pieces counts the reads that gave something.
  void poll() {
    char bytes[65536];
    while (!ended && !was_reset) {
      const auto n = ::recv(fd_, bytes, sizeof bytes, MSG_DONTWAIT);
      if (n > 0) {
        got.append(bytes, static_cast<std::size_t>(n));
        ++pieces;
      } else if (n == 0) {
        ended = true;
      } else {
        was_reset = errno != EAGAIN && errno != EWOULDBLOCK;
        return;
      }
    }
  }
  bool closed() const { return ended || was_reset; }
  std::string take() { return std::exchange(got, {}); }

  std::string got;
  int pieces = 0;
  bool ended = false;
  bool was_reset = false;

 private:
  int fd_;
};

// A server on loopback whose loop the test turns by hand.
class server_test : public testing::Test, public server_handler {
 protected:
  using clients = std::vector<std::unique_ptr<raw_client>>;

  void serve(server::options with = {}) {
    auto opened = io::listener::open(*io::address::parse("127.0.0.1", 0), {});
    ASSERT_TRUE(opened) << opened.error();
    at = (*opened)->bound();
    srv = std::make_unique<server>(loop, *this, std::move(with));
    srv->listen(std::move(*opened));
  }
  std::unique_ptr<raw_client> connect(int receive_buffer = 0) {
    return std::make_unique<raw_client>(at, receive_buffer);
  }

  // Turns the loop until it holds; false after two seconds.
  bool until(const std::function<bool()>& holds) {
    const time_point give_up = now() + std::chrono::seconds(2);
    while (!holds()) {
      if (now() > give_up) return false;
      loop.run_once(std::chrono::milliseconds(5));
    }
    return true;
  }
  bool until_got(raw_client& c, std::string_view text) {
    return until([&] {
      c.poll();
      return c.got.find(text) != std::string::npos;
    });
  }
  bool until_closed(raw_client& c) {
    return until([&] {
      c.poll();
      return c.closed();
    });
  }
  // As many turns as it takes for what is under way on loopback to have happened.
  void turn(int times = 5) {
    for (int i = 0; i < times; ++i) loop.run_once(std::chrono::milliseconds(1));
  }
  // Sends a request, which the handler keeps unanswered.
  server_exchange* held_request(raw_client& c) {
    server_exchange* held = nullptr;
    handle = [&held](server_exchange& x) { held = &x; };
    c.send(get);
    EXPECT_TRUE(until([&] { return held != nullptr; }));
    handle = {};
    return held;
  }
  // One request on a connection of its own; all that comes back until the server closes.
  std::string ask(std::string_view text) {
    auto c = connect();
    c->send(text);
    EXPECT_TRUE(until_closed(*c)) << text;
    EXPECT_FALSE(c->was_reset) << text;
    return c->got;
  }

  void on_request(server_exchange& exchange) override {
    ++depth;
    deepest = std::max(deepest, depth);
    targets.emplace_back(exchange.head().target);
    if (handle) {
      handle(exchange);
    } else {
      exchange.respond(200, "", "ok");
    }
    --depth;
  }

  io::loop loop;
  io::address at;
  std::function<void(server_exchange&)> handle;
  std::vector<std::string> targets;
  int depth = 0;
  int deepest = 0;
  std::unique_ptr<server> srv;
};

// Keeps a body, and how it ended.
struct keeping_sink final : body_sink {
  void on_body(std::string_view piece) override {
    body += piece;
    if (on_piece) on_piece();
  }
  void on_body_end() override {
    ended = true;
    if (on_end) on_end();
  }
  void on_body_failed(int status) override { failed = status; }

  std::string body;
  bool ended = false;
  int failed = -1;
  std::function<void()> on_piece;
  std::function<void()> on_end;
};

inline std::string body_of(std::string_view answer) {
  const auto end = answer.find("\r\n\r\n");
  return end == std::string_view::npos ? std::string() : std::string(answer.substr(end + 4));
}
inline std::string status_of(std::string_view answer) {
  return answer.size() < 12 ? std::string(answer) : std::string(answer.substr(9, 3));
}
inline std::size_t count_of(std::string_view text, std::string_view what) {
  std::size_t n = 0;
  for (auto at = text.find(what); at != std::string_view::npos; at = text.find(what, at + 1)) ++n;
  return n;
}

}  // namespace weir::http::test
