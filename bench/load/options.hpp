#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

namespace bench {

struct load_options {
  std::uint16_t port = 0;
  std::string path = "/";
  std::size_t connections = 64;
  double warmup = 0.5;    // seconds, not recorded
  double duration = 3.0;  // seconds
  double rate = 0;        // requests per second; 0: closed loop, as fast as answers come
  std::size_t burst = 1;  // requests sent together in the open loop
  std::optional<std::size_t> body_bytes;  // what each answer must have
  bool attended = false;  // say "ready" and wait for a line before and after the recorded part
};

// Nothing, with the reason on stderr, if the words make no sense.
std::optional<load_options> parse_options(int argc, char** argv);

}  // namespace bench
