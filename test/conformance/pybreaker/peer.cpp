// A program in C++ that shares a circuit with programs in Python: peer PORT SPACE FAILURES OPEN_MS.
// Reads fail, ok and state, one on a line, and answers each with a line.

#include <chrono>
#include <cstdlib>
#include <iostream>
#include <string>
#include <thread>

#include "weir/sharing/shared_circuits.hpp"

int main(int argc, char** argv) {
  if (argc != 5) return 2;
  weir::redis::settings server;
  server.port = static_cast<std::uint16_t>(std::atoi(argv[1]));
  const weir::circuit_breaker breaker(
      {.name = "partner",
       .trip = weir::failures_in_a_row{static_cast<std::uint32_t>(std::atoi(argv[3]))},
       .open_for = std::chrono::milliseconds(std::atoi(argv[4]))});
  weir::shared_circuits shared({.server = server});
  shared.share(breaker, {.how = weir::circuit_sharing::kind::pybreaker, .space = argv[2]});
  while (!shared.connected()) std::this_thread::sleep_for(std::chrono::milliseconds(1));
  for (std::string word; std::getline(std::cin, word);) {
    if (word == "state") {
      const auto now = breaker.snapshot();
      std::cout << to_string(now.state) << ' ' << now.failures << std::endl;
    } else if (auto permit = breaker.try_acquire()) {
      word == "ok" ? permit->succeed() : permit->fail("asked to");
      std::cout << "done" << std::endl;
    } else {
      std::cout << "rejected" << std::endl;
    }
  }
}
