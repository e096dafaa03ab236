#include "link.hpp"

#include <unistd.h>

#include <array>
#include <utility>

#include "weir/base/random.hpp"

namespace weir::sharing {
namespace {

// Unlike any other's, also on other hosts and after a restart.
std::string new_process_name() {
  constexpr std::string_view digits = "0123456789abcdef";
  std::uint64_t bits = thread_random().next();
  std::string out = std::to_string(::getpid()) + "-";
  for (int i = 0; i < 16; ++i, bits >>= 4) out += digits[bits & 15];
  return out;
}

}  // namespace

link::link(io::loop& on, const redis::settings& server, std::string prefix, listener told)
    : prefix_(std::move(prefix)),
      process_(new_process_name()),
      told_(std::move(told)),
      commands_(on, server, watch()),
      channel_(on, server, watch()) {
  channel_.subscribe({channel()}, [this](std::string_view, std::string_view text) {
    const auto m = parse(text);
    if (m && m->sender != process_) told_.on_message(*m);
  });
}

void link::start() {
  commands_.start();
  channel_.start();
}

redis::client::listener link::watch() {
  return {.on_up = [this] { look(); },
          .on_down =
              [this](std::string_view why) {
                why_ = why;
                look();
              }};
}

void link::look() {
  const bool both = commands_.up() && channel_.up();
  if (both && !up_) {
    up_ = true;
    told_down_ = false;
    told_.on_up();
  } else if (!both && !why_.empty() && !std::exchange(told_down_, true)) {
    up_ = false;
    told_.on_down(why_);
  }
}

std::string link::key(std::string_view kind, std::string_view circuit) const {
  std::string out = prefix_;
  out.append(":").append(kind);
  if (!circuit.empty()) out.append(":").append(circuit);
  return out;
}

void link::tell(const message& m) {
  commands_.send({"PUBLISH", channel(), to_text(m)}, {});
}

void link::run(std::string_view script, std::vector<std::string> keys,
               std::vector<std::string> args, std::function<void(const redis::reply*)> then) {
  const std::string count = std::to_string(keys.size());
  std::vector<std::string_view> command = {"EVAL", script, count};
  command.insert(command.end(), keys.begin(), keys.end());
  command.insert(command.end(), args.begin(), args.end());
  commands_.send(command, [then = std::move(then)](const redis::reply* answer, std::string_view) {
    if (then) then(answer && !answer->is_error() ? answer : nullptr);
  });
}

void link::set(const std::string& key, std::string_view value) {
  commands_.send({"SET", key, value}, {});
}

void link::increment(const std::string& key) {
  commands_.send({"INCR", key}, {});
}

}  // namespace weir::sharing
