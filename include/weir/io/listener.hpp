#pragma once

#include <memory>
#include <string>

#include "weir/base/result.hpp"
#include "weir/io/address.hpp"
#include "weir/io/stream.hpp"

namespace weir::io {

class acceptor {
 public:
  virtual void on_accepted(std::unique_ptr<stream> client, const address& from) = 0;

 protected:
  ~acceptor() = default;
};

// A bound, listening socket, made once at start (so that a taken port is one clear error before
// anything runs) and then given to a loop. With `reuse_port`, several listen on the same address
// and the kernel spreads connections over them.
class listener {
 public:
  struct options {
    bool reuse_port = false;
    int backlog = 4096;
  };
  // The error is a sentence: "cannot listen on 127.0.0.1:9000: the port is taken (EADDRINUSE)".
  static result<std::unique_ptr<listener>, std::string> open(const address& at,
                                                             const options& with);
  ~listener();

  address bound() const;  // with the port the kernel chose, when asked for port 0
  // Starts accepting on the loop's thread. When descriptors run out, accepting pauses and resumes
  // by itself (100 ms), without spinning.
  void start(loop& on, acceptor& to);
  void pause();  // connections wait in the kernel's backlog
  void resume();
  // Accepts what still waits in the backlog, then closes; how many it found.
  std::size_t drain_and_close();

 private:
  struct impl;
  explicit listener(std::unique_ptr<impl> made);
  std::unique_ptr<impl> impl_;
};

}  // namespace weir::io
