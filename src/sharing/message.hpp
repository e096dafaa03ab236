#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace weir::sharing {

// What processes tell each other on the channel: "SENDER WORD NUMBER NUMBER NAME", the name last
// because it may hold spaces.
struct message {
  enum class word : std::uint8_t {
    failed,  // `first` calls failed
    passed,  // `first` calls succeeded
    opened,  // for `first` more milliseconds, after `second` failures
    closed,
    wanted,  // the sender has calls and wants to probe
    freed,   // the sender gave the probe's lease back
  };
  std::string_view sender;
  word what = word::failed;
  std::uint64_t first = 0;
  std::uint64_t second = 0;
  std::string_view circuit;
};

std::string to_text(const message& m);
// Views into the text; nothing for what no process of ours has sent.
std::optional<message> parse(std::string_view text);

}  // namespace weir::sharing
