#pragma once

#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "unit/io/socket_support.hpp"
#include "weir/http/client.hpp"

// A pool against a server that the test plays by hand on raw sockets.
namespace weir::http {

inline constexpr std::string_view ok = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

struct call final : client_receiver {
  void on_head(const response_head& head) override {
    status = head.status;
    for (const field& f : head.fields)
      fields += std::string(f.name) + "=" + std::string(f.value) + ";";
    if (at_head) at_head();
  }
  void on_body(std::string_view piece) override {
    body += piece;
    if (at_body) at_body();
  }
  void on_end() override {
    ended = true;
    if (at_end) at_end();
  }
  void on_failed(client_error why, std::string_view text) override {
    failure = why;
    detail = text;
    if (at_end) at_end();
  }
  void on_body_writable() override {
    ++writable;
    if (at_writable) at_writable();
  }
  bool done() const { return ended || failure; }

  int status = 0;
  std::string fields;
  std::string body;
  bool ended = false;
  std::optional<client_error> failure;
  std::string detail;
  int writable = 0;
  std::function<void()> at_head;
  std::function<void()> at_body;
  std::function<void()> at_end;
  std::function<void()> at_writable;
};

struct ClientPool : testing::Test {
  void open(client_limits limits = {}) {
    pool = make_client_pool(l, {.addresses = {server.at()}, .tls = nullptr, .server_name = ""},
                            limits);
  }
  static client_request get(std::string_view target = "/") {
    client_request r;
    r.verb_token = "GET";
    r.target = target;
    r.authority = "shop";
    return r;
  }
  client_exchange& start(call& to, std::string_view target = "/") {
    return pool->start(get(target), to);
  }

  test::socket_fd accept() {
    test::socket_fd got;
    EXPECT_TRUE(test::run_until(l, [&] { return static_cast<bool>(got = server.accept()); }));
    return got;
  }
  // What the pool sends, up to the end of a head.
  std::string request_on(test::socket_fd& at) {
    std::string got;
    EXPECT_TRUE(test::run_until(l, [&] {
      got += at.receive();
      return got.find("\r\n\r\n") != std::string::npos;
    })) << got;
    return got;
  }
  // On a connection that is opened for it; what came there.
  std::string answered_afresh(call& c) {
    test::socket_fd fresh = accept();
    std::string request = request_on(fresh);
    fresh.send(ok);
    EXPECT_TRUE(until(c));
    EXPECT_TRUE(c.ended);
    return request;
  }
  bool until(call& c) {
    return test::run_until(l, [&] { return c.done(); });
  }
  bool until(const std::function<bool()>& condition) { return test::run_until(l, condition); }
  // A whole exchange on a fresh connection, which then rests in the pool.
  test::socket_fd rested() {
    call c;
    start(c);
    test::socket_fd at = accept();
    request_on(at);
    at.send("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
    EXPECT_TRUE(until(c));
    EXPECT_TRUE(c.ended);
    return at;
  }
  // Starts a request, has it answered with these bytes, and waits for the outcome.
  void answer(call& c, std::string_view bytes, client_request request = get()) {
    pool->start(request, c);
    test::socket_fd at = accept();
    request_on(at);
    at.send(bytes);
    EXPECT_TRUE(until(c));
    last = std::move(at);
  }
  bool closed(test::socket_fd& at) {
    return until([&] {
      at.receive();
      return at.ended();
    });
  }

  io::loop l;
  test::raw_listener server;
  std::unique_ptr<client_pool> pool;
  test::socket_fd last;
};

}  // namespace weir::http
