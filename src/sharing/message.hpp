#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace weir::sharing {

// What processes tell each other on the channel: "SENDER WORD NUMBER NUMBER TERM NAME", the
// name last because it may hold spaces.
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
  std::uint64_t term = 0;  // how often the circuit has closed for all, as far as the sender knows
  std::string_view circuit;
};

std::string to_text(const message& m);
// The part before the term, and that after it: for a closing, whose term the server finds.
struct message_parts {
  std::string before, after;
};
message_parts around_the_term(const message& m);
// Views into the text; nothing for what no process of ours has sent.
std::optional<message> parse(std::string_view text);

}  // namespace weir::sharing
