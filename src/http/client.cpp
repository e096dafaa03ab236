#include "weir/http/client.hpp"

#include "client_pool.hpp"

namespace weir::http {

std::string_view to_string(client_error e) noexcept {
  switch (e) {
    case client_error::connect_refused:
      return "connection refused";
    case client_error::connect_timeout:
      return "no connection in time";
    case client_error::dns:
      return "the name has no address";
    case client_error::tls:
      return "TLS failed";
    case client_error::reset:
      return "connection reset";
    case client_error::stale:
      return "connection reset while it rested, or after";
    case client_error::truncated:
      return "the answer broke off";
    case client_error::malformed:
      return "the answer is malformed";
    case client_error::too_large:
      return "the answer's head is too large";
    case client_error::no_connection:
      return "too many connections";
    case client_error::failed:
      return "no connection could be opened";
  }
  return "unknown";
}

std::unique_ptr<client_pool> make_client_pool(io::loop& on, io::connector::target instance,
                                              client_limits limits) {
  return std::make_unique<h1_pool>(on, std::move(instance), limits);
}

}  // namespace weir::http
