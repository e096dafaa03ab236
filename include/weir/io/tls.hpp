#pragma once

#include <memory>
#include <string>

#include "weir/base/result.hpp"

namespace weir::io {

// What TLS connections to services share: trusted roots, versions (1.2 and up), ALPN, session
// cache. Immutable after it is made; may be shared by threads.
class tls_client_context {
 public:
  struct options {
    std::string ca_file;  // empty: the system's roots
    bool verify = true;
  };
  static result<std::shared_ptr<tls_client_context>, std::string> make(const options& with);
  virtual ~tls_client_context() = default;
};

}  // namespace weir::io
