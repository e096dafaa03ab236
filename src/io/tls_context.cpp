#include "tls_context.hpp"

#include <openssl/err.h>
#include <openssl/x509v3.h>

#include <array>
#include <cstring>
#include <utility>

#include "weir/io/address.hpp"

namespace weir::io {
namespace {

// ALPN's wire form: each protocol behind its length.
constexpr std::array<unsigned char, 9> alpn{8, 'h', 't', 't', 'p', '/', '1', '.', '1'};

// Where a connection keeps the name its session is stored under: a string owned by the stream.
int name_index() {
  static const int index = SSL_get_ex_new_index(0, nullptr, nullptr, nullptr, nullptr);
  return index;
}
int context_index() {
  static const int index = SSL_CTX_get_ex_new_index(0, nullptr, nullptr, nullptr, nullptr);
  return index;
}

bool numeric(const std::string& name) {
  return address::parse(name, 0).has_value();
}

void set_up(SSL_CTX* context) {
  SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION);
  SSL_CTX_set_mode(context, SSL_MODE_RELEASE_BUFFERS);
  // A record's header and body come in one read instead of two.
  SSL_CTX_set_read_ahead(context, 1);
  SSL_CTX_set_options(context, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION);
}

int choose_protocol(SSL*, const unsigned char** out, unsigned char* out_length,
                    const unsigned char* in, unsigned in_length, void*) {
  unsigned char* chosen = nullptr;
  if (SSL_select_next_proto(&chosen, out_length, alpn.data(), alpn.size(), in, in_length) !=
      OPENSSL_NPN_NEGOTIATED)
    return SSL_TLSEXT_ERR_NOACK;
  *out = chosen;
  return SSL_TLSEXT_ERR_OK;
}

}  // namespace

std::string openssl_error() {
  const unsigned long code = ERR_peek_last_error();
  ERR_clear_error();
  if (code == 0) return "unknown TLS error";
  if (const char* reason = ERR_reason_error_string(code)) return reason;
  std::array<char, 256> text{};
  ERR_error_string_n(code, text.data(), text.size());
  return text.data();
}

void tls_sessions::put(const std::string& name, ssl_session_ptr session) {
  const std::lock_guard lock(mutex_);
  if (by_name_.size() >= most_names && !by_name_.contains(name)) by_name_.erase(by_name_.begin());
  auto& kept = by_name_[name];
  if (kept.size() >= for_each_name) kept.erase(kept.begin());
  kept.push_back(std::move(session));
}

ssl_session_ptr tls_sessions::take(const std::string& name) {
  const std::lock_guard lock(mutex_);
  const auto found = by_name_.find(name);
  if (found == by_name_.end() || found->second.empty()) return nullptr;
  auto& kept = found->second;
  SSL_SESSION* const newest = kept.back().get();
  if (SSL_SESSION_get_protocol_version(newest) < TLS1_3_VERSION) {
    SSL_SESSION_up_ref(newest);
    return ssl_session_ptr(newest);
  }
  ssl_session_ptr once = std::move(kept.back());
  kept.pop_back();
  return once;
}

int openssl_client_context::on_new_session(SSL* ssl, SSL_SESSION* session) {
  const auto* name = static_cast<const std::string*>(SSL_get_ex_data(ssl, name_index()));
  auto* self = static_cast<openssl_client_context*>(
      SSL_CTX_get_ex_data(SSL_get_SSL_CTX(ssl), context_index()));
  if (!name || !self || !SSL_SESSION_is_resumable(session)) return 0;
  self->sessions_.put(*name, ssl_session_ptr(session));
  return 1;  // the reference is ours now
}

ssl_ptr openssl_client_context::connect(const std::string& server_name) {
  ssl_ptr made(SSL_new(context_.get()));
  if (!made) return nullptr;
  SSL* const ssl = made.get();
  SSL_set_ex_data(ssl, name_index(), const_cast<std::string*>(&server_name));
  if (numeric(server_name)) {
    if (verify_) X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(ssl), server_name.c_str());
  } else if (!server_name.empty()) {
    SSL_set_tlsext_host_name(ssl, server_name.c_str());
    if (verify_) {
      SSL_set_hostflags(ssl, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
      SSL_set1_host(ssl, server_name.c_str());
    }
  } else if (verify_) {
    return nullptr;  // nothing to verify against would verify anything
  }
  if (const ssl_session_ptr session = sessions_.take(server_name))
    SSL_set_session(ssl, session.get());
  SSL_set_connect_state(ssl);
  return made;
}

struct client_context_maker {
  static result<std::shared_ptr<tls_client_context>, std::string> make(
      const tls_client_context::options& with) {
    ERR_clear_error();
    ssl_ctx_ptr context(SSL_CTX_new(TLS_client_method()));
    if (!context) return failure(openssl_error());
    set_up(context.get());
    SSL_CTX_set_alpn_protos(context.get(), alpn.data(), alpn.size());
    const bool trusted = with.ca_file.empty()
                             ? SSL_CTX_set_default_verify_paths(context.get()) == 1
                             : SSL_CTX_load_verify_file(context.get(), with.ca_file.c_str()) == 1;
    if (with.verify && !trusted) {
      const std::string what = with.ca_file.empty() ? "the system's root certificates"
                                                    : "root certificates from " + with.ca_file;
      return failure("cannot load " + what + ": " + openssl_error());
    }
    ERR_clear_error();
    SSL_CTX_set_verify(context.get(), with.verify ? SSL_VERIFY_PEER : SSL_VERIFY_NONE, nullptr);
    SSL_CTX_set_session_cache_mode(context.get(),
                                   SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL);
    SSL_CTX_sess_set_new_cb(context.get(), &openssl_client_context::on_new_session);
    auto made = std::make_shared<openssl_client_context>(std::move(context), with.verify);
    SSL_CTX_set_ex_data(made->get(), context_index(), made.get());
    return std::shared_ptr<tls_client_context>(std::move(made));
  }
};

result<std::shared_ptr<tls_client_context>, std::string> tls_client_context::make(
    const options& with) {
  return client_context_maker::make(with);
}

result<std::shared_ptr<tls_server_context>, std::string> tls_server_context::make(
    const options& with) {
  ERR_clear_error();
  ssl_ctx_ptr context(SSL_CTX_new(TLS_server_method()));
  if (!context) return failure(openssl_error());
  set_up(context.get());
  if (SSL_CTX_use_certificate_chain_file(context.get(), with.certificate_file.c_str()) != 1)
    return failure("cannot load the certificate " + with.certificate_file + ": " + openssl_error());
  if (SSL_CTX_use_PrivateKey_file(context.get(), with.key_file.c_str(), SSL_FILETYPE_PEM) != 1 ||
      SSL_CTX_check_private_key(context.get()) != 1)
    return failure("cannot load the key " + with.key_file + ": " + openssl_error());
  SSL_CTX_set_alpn_select_cb(context.get(), &choose_protocol, nullptr);
  return std::shared_ptr<tls_server_context>(
      std::make_shared<openssl_server_context>(std::move(context)));
}

}  // namespace weir::io
