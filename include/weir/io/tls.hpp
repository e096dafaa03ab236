#pragma once

#include <memory>
#include <string>

#include "weir/base/result.hpp"
#include "weir/io/stream.hpp"

namespace weir::io {

// What TLS connections to services share: trusted roots, versions (1.2 and up), ALPN (http/1.1),
// and the sessions to resume, a few for each name. May be shared by threads.
class tls_client_context {
 public:
  struct options {
    std::string ca_file;  // PEM; empty: the system's roots
    bool verify = true;
  };
  static result<std::shared_ptr<tls_client_context>, std::string> make(const options& with);
  virtual ~tls_client_context() = default;
};

// The accepting side: one certificate chain and its key, both PEM files. May be shared by threads.
class tls_server_context {
 public:
  struct options {
    std::string certificate_file;
    std::string key_file;
  };
  static result<std::shared_ptr<tls_server_context>, std::string> make(const options& with);
  virtual ~tls_server_context() = default;
};

// TLS over a connected stream. The client side verifies the certificate against `server_name`,
// which is a name (sent as SNI) or a numeric address. connector does this by itself.
std::unique_ptr<stream> make_tls_client_stream(loop& on, std::unique_ptr<stream> over,
                                               std::shared_ptr<tls_client_context> context,
                                               const std::string& server_name);
std::unique_ptr<stream> make_tls_server_stream(loop& on, std::unique_ptr<stream> over,
                                               std::shared_ptr<tls_server_context> context);

}  // namespace weir::io
