#pragma once

#include <memory>
#include <string>
#include <vector>

#include "weir/base/delegate.hpp"
#include "weir/io/address.hpp"
#include "weir/io/stream.hpp"
#include "weir/io/tls.hpp"

namespace weir::io {

enum class connect_error : unsigned char {
  refused,
  unreachable,
  timed_out,
  dns,
  tls,
  no_descriptors,
  failed
};

struct connect_failure {
  connect_error kind = connect_error::failed;
  int error = 0;       // errno where there is one
  std::string detail;  // for the log; never for clients
};

// Opens one connection: tries the addresses in order until one answers, then shakes hands if a TLS
// context is given (the certificate is verified against `server_name`). Each address gets an equal
// share of the time that is left, so that one which swallows packets leaves time for the next. The
// receiver is told once, never before start() returns. One use; destroying it cancels. The receiver
// may destroy it from within the call.
class connector {
 public:
  struct target {
    std::vector<address> addresses;
    std::shared_ptr<tls_client_context> tls;  // null: plain
    std::string server_name;                  // SNI and the name to verify
  };
  class receiver {
   public:
    virtual void on_connected(std::unique_ptr<stream> connected) = 0;
    virtual void on_connect_failed(const connect_failure& why) = 0;

   protected:
    ~receiver() = default;
  };

  connector(loop& on, receiver& to);
  ~connector();
  void start(const target& where, time_point until);

 private:
  struct impl;
  std::unique_ptr<impl> impl_;
};

}  // namespace weir::io
