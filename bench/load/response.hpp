#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace bench {

// Reads one answer at a time from a stream of bytes. Only Content-Length framing: what every
// contender sends for these pages, and a chunked answer would say that it builds them differently.
class response_reader {
 public:
  enum class state { incomplete, complete, unreadable };

  // Takes all of `bytes`; an answer never shares a read with the next, for nothing is pipelined.
  state feed(std::string_view bytes);

  // Of the completed answer.
  int status() const { return status_; }
  std::size_t body_bytes() const { return length_; }
  bool closes() const { return closes_; }

  void clear();

 private:
  bool read_head(std::string_view head);

  std::string head_;
  std::size_t received_ = 0;
  std::size_t length_ = 0;
  int status_ = 0;
  bool in_body_ = false;
  bool closes_ = false;
};

}  // namespace bench
