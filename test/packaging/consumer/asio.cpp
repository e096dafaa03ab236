#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <iostream>
#include <stdexcept>
#include <string>
#include <weir/asio.hpp>

boost::asio::awaitable<std::string> fetch() {
  throw std::runtime_error("no route");
  co_return "somebody";
}

boost::asio::awaitable<void> three_times() {
  weir::circuit_breaker author{{.name = "author", .trip = weir::failures_in_a_row{2}}};
  const weir::pipeline policy(weir::fallback("nobody"), author);
  for (int i = 0; i < 3; ++i) {
    auto got = co_await policy.async_run(fetch);
    std::cout << got.value() << ' ';
  }
  std::cout << to_string(author.state()) << '\n';
}

int main() {
  boost::asio::io_context io(1);
  boost::asio::co_spawn(io, three_times(), boost::asio::detached);
  io.run();
}
