#pragma once

#include <openssl/ssl.h>

#include <cstddef>
#include <memory>
#include <mutex>
#include <string>
#include <unordered_map>
#include <vector>

#include "weir/io/tls.hpp"

namespace weir::io {

template <auto Free>
struct openssl_free {
  template <class T>
  void operator()(T* object) const noexcept {
    Free(object);
  }
};
using ssl_ctx_ptr = std::unique_ptr<SSL_CTX, openssl_free<&SSL_CTX_free>>;
using ssl_ptr = std::unique_ptr<SSL, openssl_free<&SSL_free>>;
using ssl_session_ptr = std::unique_ptr<SSL_SESSION, openssl_free<&SSL_SESSION_free>>;

// What OpenSSL's error queue says, in words; empties the queue.
std::string openssl_error();

// Sessions by server name. A TLS 1.3 ticket is given out once (RFC 8446 C.4), the newest first.
class tls_sessions {
 public:
  static constexpr std::size_t for_each_name = 4;
  static constexpr std::size_t most_names = 1024;  // above, names are dropped in no order

  void put(const std::string& name, ssl_session_ptr session);
  ssl_session_ptr take(const std::string& name);

 private:
  std::mutex mutex_;
  std::unordered_map<std::string, std::vector<ssl_session_ptr>> by_name_;
};

class openssl_client_context final : public tls_client_context {
 public:
  openssl_client_context(ssl_ctx_ptr context, bool verify)
      : context_(std::move(context)), verify_(verify) {}

  // A connection set up for this name: SNI, the name to verify, ALPN, a session to resume. The
  // context and the name must outlive it.
  ssl_ptr connect(const std::string& server_name);
  SSL_CTX* get() noexcept { return context_.get(); }

 private:
  friend struct client_context_maker;
  static int on_new_session(SSL* ssl, SSL_SESSION* session);

  ssl_ctx_ptr context_;
  bool verify_;
  tls_sessions sessions_;
};

class openssl_server_context final : public tls_server_context {
 public:
  explicit openssl_server_context(ssl_ctx_ptr context) : context_(std::move(context)) {}
  ssl_ptr accept() { return ssl_ptr(SSL_new(context_.get())); }

 private:
  ssl_ctx_ptr context_;
};

}  // namespace weir::io
