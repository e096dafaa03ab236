// What the kernel takes for the work of the other contenders: the same calls, each on a connection
// of its own, and the same answers, by a program with next to no work of its own. It knows by heart
// what the services answer and how long that is, and has no limits, time-outs, errors or
// configuration. No gateway that gives each call a connection can be far under it.
//
//   weir-bench-floor proxy PORT PLAIN
//   weir-bench-floor shop  PORT PRODUCTS INVENTORY FAVORITES CART SHOWN

#include <sys/epoll.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "floor/page.hpp"
#include "shared/sockets.hpp"

namespace {

using bench::descriptor;

constexpr std::size_t calls_at_once = 32;  // for each page, as weir is configured

struct request;

struct connection {
  descriptor socket;
  int service = -1;  // -1: a client
  request* carries = nullptr;
  std::size_t item = 0;
  std::string begun;  // of a message that came in pieces
};

struct request {
  connection* client;
  bench::shop_page page;
  std::size_t open = 0;
  std::size_t asked = 0;  // items of stock
};

enum service { products, inventory, favorites, cart };

class gateway {
 public:
  gateway(bool shop, std::vector<std::uint16_t> services, std::string shown)
      : shop_(shop), services_(std::move(services)), idle_(services_.size()), shown_(shown) {}

  bool listen(std::uint16_t port) {
    listener_.socket = descriptor(::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0));
    bench::set_option(listener_.socket.get(), SOL_SOCKET, SO_REUSEADDR);
    const sockaddr_in at = bench::loopback(port);
    const int fd = listener_.socket.get();
    watch(listener_);
    return ::bind(fd, reinterpret_cast<const sockaddr*>(&at), sizeof at) == 0 &&
           ::listen(fd, 4096) == 0;
  }

  void run() {
    std::array<epoll_event, 256> events;
    for (;;) {
      const int count = ::epoll_wait(epoll_.get(), events.data(), events.size(), -1);
      for (int i = 0; i < count; ++i) {
        auto& from = *static_cast<connection*>(events[static_cast<std::size_t>(i)].data.ptr);
        if (&from == &listener_)
          accept_all();
        else
          receive(from);
      }
    }
  }

 private:
  void watch(connection& one) {
    epoll_event event{};
    event.events = EPOLLIN;
    event.data.ptr = &one;
    ::epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, one.socket.get(), &event);
  }

  connection& add(int fd, int service) {
    bench::set_option(fd, IPPROTO_TCP, TCP_NODELAY);
    all_.push_back(std::make_unique<connection>(descriptor(fd), service));
    watch(*all_.back());
    return *all_.back();
  }

  void accept_all() {
    for (int fd; (fd = ::accept4(listener_.socket.get(), nullptr, nullptr, SOCK_NONBLOCK)) >= 0;)
      add(fd, -1);
  }

  connection& connection_to(int service) {
    auto& idle = idle_[static_cast<std::size_t>(service)];
    if (!idle.empty()) {
      connection& rested = *idle.back();
      idle.pop_back();
      return rested;
    }
    const sockaddr_in at = bench::loopback(services_[static_cast<std::size_t>(service)]);
    const int fd = ::socket(AF_INET, SOCK_STREAM, 0);
    if (::connect(fd, reinterpret_cast<const sockaddr*>(&at), sizeof at) != 0) std::abort();
    return add(fd, service);
  }

  static void send(const connection& to, std::string_view text) {
    const auto sent = ::send(to.socket.get(), text.data(), text.size(), MSG_NOSIGNAL);
    if (sent >= 0 && static_cast<std::size_t>(sent) != text.size()) std::abort();
  }

  void call(request& of, int service, std::string_view target, std::size_t item = 0) {
    connection& to = connection_to(service);
    to.carries = &of;
    to.item = item;
    ++of.open;
    out_.assign("GET ").append(target).append(" HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n");
    send(to, out_);
  }

  void receive(connection& from) {
    static std::array<char, 64 * 1024> room;
    const auto got = ::recv(from.socket.get(), room.data(), room.size(), MSG_DONTWAIT);
    if (got < 0 && (errno == EAGAIN || errno == EINTR)) return;
    if (got <= 0) {
      from.socket.reset();  // of a client; the object stays, as few come and go
      return;
    }
    std::string_view message(room.data(), static_cast<std::size_t>(got));
    if (!from.begun.empty()) message = from.begun.append(message);
    if (!complete(from, message)) {
      if (from.begun.empty()) from.begun = message;
      return;
    }
    if (from.service < 0)
      begin(from);
    else
      answered(from, message);
    from.begun.clear();
  }

  static bool complete(const connection& from, std::string_view message) {
    const std::size_t head = message.find("\r\n\r\n");
    if (head == std::string_view::npos || from.service < 0) return head != std::string_view::npos;
    constexpr std::string_view length = "Content-Length: ";
    const std::size_t bytes =
        static_cast<std::size_t>(std::atoi(message.data() + message.find(length) + length.size()));
    return message.size() == head + 4 + bytes;
  }

  void begin(connection& client) {
    auto& of = *new request{&client, {}};
    if (!shop_) {
      call(of, 0, "/plain");
      return;
    }
    call(of, products, "/products?n=" + shown_);
    call(of, cart, "/users/3/cart");
    call(of, favorites, "/users/3/favorites");
  }

  void answered(connection& from, std::string_view message) {
    request& of = *from.carries;
    const std::string_view body = message.substr(message.find("\r\n\r\n") + 4);
    --of.open;
    idle_[static_cast<std::size_t>(from.service)].push_back(&from);
    if (!shop_) {
      send(*of.client, message);
      delete &of;
      return;
    }
    take(of, from, body);
    while (of.asked < of.page.products.size() && of.open < calls_at_once) {
      const std::size_t item = of.asked++;
      target_.assign("/products/").append(of.page.products[item].id).append("/inventory");
      call(of, inventory, target_, item);
    }
    if (of.open == 0) answer(of);
  }

  static void take(request& of, const connection& from, std::string_view body) {
    std::size_t at = 0;
    switch (from.service) {
      case products:
        of.page.list = body;
        of.page.products = bench::products_in(of.page.list);
        of.page.stock.resize(of.page.products.size());
        break;
      case inventory:
        of.page.stock[from.item] = bench::behind(body, "\"inventory\":", at, "}");
        break;
      case favorites:
        of.page.favorites = bench::objects_in(body);
        break;
      case cart:
        of.page.cart = bench::objects_in(body);
        break;
    }
  }

  void answer(request& of) {
    const std::string body = of.page.json();
    out_.assign("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: ");
    out_.append(std::to_string(body.size())).append("\r\n\r\n").append(body);
    send(*of.client, out_);
    delete &of;
  }

  bool shop_;
  std::vector<std::uint16_t> services_;
  std::vector<std::vector<connection*>> idle_;  // by service, the last to rest at the back
  std::string shown_;
  descriptor epoll_{::epoll_create1(0)};
  connection listener_;
  std::vector<std::unique_ptr<connection>> all_;
  std::string out_;
  std::string target_;
};

}  // namespace

int main(int argc, char** argv) {
  const std::vector<std::string> given(argv + 1, argv + argc);
  const bool shop = !given.empty() && given[0] == "shop";
  if (given.size() != (shop ? 7U : 3U) || (!shop && given[0] != "proxy")) {
    std::fprintf(stderr,
                 "usage: weir-bench-floor proxy PORT PLAIN\n"
                 "       weir-bench-floor shop PORT PRODUCTS INVENTORY FAVORITES CART SHOWN\n");
    return 2;
  }
  std::vector<std::uint16_t> services;
  for (std::size_t i = 2; i < (shop ? 6U : 3U); ++i)
    services.push_back(static_cast<std::uint16_t>(std::atoi(given[i].c_str())));
  gateway floor(shop, services, shop ? given[6] : "");
  if (!floor.listen(static_cast<std::uint16_t>(std::atoi(given[1].c_str())))) {
    std::fprintf(stderr, "weir-bench-floor: cannot listen on 127.0.0.1:%s\n", given[1].c_str());
    return 1;
  }
  floor.run();
}
