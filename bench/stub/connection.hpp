#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "shared/sockets.hpp"
#include "stub/answers.hpp"

namespace bench {

// One keep-alive connection of a client to the stub: GET only, pipelining understood, all answers
// to what one read brought sent in one write.
class connection {
 public:
  enum class next { read, write, close };

  connection(descriptor socket, const answers& table);

  next on_readable();
  next on_writable();
  int fd() const { return socket_.get(); }

 private:
  bool answer_what_is_complete();
  next flush();

  static constexpr std::size_t input_limit = 16 * 1024;

  descriptor socket_;
  const answers& table_;
  std::string input_;
  std::string output_;
  std::size_t sent_ = 0;
  bool closing_ = false;
};

}  // namespace bench
