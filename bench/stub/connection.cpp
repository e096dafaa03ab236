#include "stub/connection.hpp"

#include <strings.h>

#include <array>
#include <cerrno>

namespace bench {
namespace {

bool asks_to_close(std::string_view head) {
  constexpr std::string_view wanted = "connection: close";
  for (std::size_t at = head.find('\n'); at != std::string_view::npos; at = head.find('\n', at)) {
    const std::string_view line = head.substr(++at);
    if (line.size() >= wanted.size() &&
        ::strncasecmp(line.data(), wanted.data(), wanted.size()) == 0) {
      return true;
    }
  }
  return false;
}

std::string_view target_of(std::string_view head) {
  if (!head.starts_with("GET ")) return {};
  const std::size_t end = head.find(' ', 4);
  return end == std::string_view::npos ? std::string_view{} : head.substr(4, end - 4);
}

}  // namespace

connection::connection(descriptor socket, const answers& table)
    : socket_(std::move(socket)), table_(table) {}

connection::next connection::on_readable() {
  std::array<char, 4096> chunk;
  const ssize_t got = ::recv(socket_.get(), chunk.data(), chunk.size(), 0);
  if (got < 0) return errno == EAGAIN || errno == EINTR ? next::read : next::close;
  if (got == 0) return next::close;
  input_.append(chunk.data(), static_cast<std::size_t>(got));
  if (!answer_what_is_complete() || input_.size() > input_limit) return next::close;
  return flush();
}

connection::next connection::on_writable() {
  return flush();
}

bool connection::answer_what_is_complete() {
  std::size_t done = 0;
  const std::string_view input = input_;
  for (;;) {
    const std::size_t end = input.find("\r\n\r\n", done);
    if (end == std::string_view::npos) break;
    const std::string_view head = input.substr(done, end + 2 - done);
    const std::string_view target = target_of(head);
    if (target.empty()) return false;
    output_.append(table_.find(target));
    closing_ = closing_ || asks_to_close(head);
    done = end + 4;
  }
  input_.erase(0, done);
  return true;
}

connection::next connection::flush() {
  while (sent_ < output_.size()) {
    const ssize_t put =
        ::send(socket_.get(), output_.data() + sent_, output_.size() - sent_, MSG_NOSIGNAL);
    if (put < 0 && errno == EINTR) continue;
    if (put < 0) return errno == EAGAIN ? next::write : next::close;
    sent_ += static_cast<std::size_t>(put);
  }
  output_.clear();
  sent_ = 0;
  return closing_ ? next::close : next::read;
}

}  // namespace bench
