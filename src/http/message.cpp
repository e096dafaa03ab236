#include "weir/http/message.hpp"

#include <algorithm>
#include <array>

#include "characters.hpp"

namespace weir::http {
namespace {

constexpr std::array<std::string_view, 10> method_names = {
    "GET", "HEAD", "POST", "PUT", "DELETE", "PATCH", "OPTIONS", "CONNECT", "TRACE", "other"};

constexpr unsigned char lower(char c) noexcept {
  const auto u = static_cast<unsigned char>(c);
  return static_cast<unsigned char>(u - 'A') < 26 ? static_cast<unsigned char>(u | 0x20) : u;
}

// RFC 9110 7.6.1, and what RFC 2616 and proxies in the field count to it. Trailer: the decoder
// drops trailers.
constexpr std::array<std::string_view, 11> hop_names = {"connection",
                                                        "keep-alive",
                                                        "proxy-connection",
                                                        "te",
                                                        "trailer",
                                                        "transfer-encoding",
                                                        "upgrade",
                                                        "http2-settings",
                                                        "proxy-authenticate",
                                                        "proxy-authorization",
                                                        "proxy-authentication-info"};

// What Connection must not be able to take out of a message: a client could strip what an upstream
// relies on for access, routing or framing.
constexpr std::array<std::string_view, 27> protected_names = {"host",
                                                              "authorization",
                                                              "cookie",
                                                              "set-cookie",
                                                              "date",
                                                              "cache-control",
                                                              "expires",
                                                              "etag",
                                                              "vary",
                                                              "location",
                                                              "age",
                                                              "allow",
                                                              "retry-after",
                                                              "accept",
                                                              "origin",
                                                              "range",
                                                              "expect",
                                                              "www-authenticate",
                                                              "forwarded",
                                                              "via",
                                                              "x-real-ip",
                                                              "x-request-id",
                                                              "traceparent",
                                                              "tracestate",
                                                              "idempotency-key",
                                                              "proxy-status",
                                                              "strict-transport-security"};

bool is_protected(std::string_view name) noexcept {
  constexpr std::array<std::string_view, 4> prefixes = {"content-", "x-forwarded-", "if-",
                                                        "access-control-"};
  return std::any_of(protected_names.begin(), protected_names.end(),
                     [&](std::string_view p) { return iequals(name, p); }) ||
         std::any_of(prefixes.begin(), prefixes.end(),
                     [&](std::string_view p) { return iequals(name.substr(0, p.size()), p); });
}

}  // namespace

std::string_view to_string(method m) noexcept {
  return method_names[static_cast<std::size_t>(m)];
}

method parse_method(std::string_view token) noexcept {
  const auto is = [&](method m) { return token == to_string(m) ? m : method::other; };
  if (token.empty()) return method::other;
  switch (token.front()) {
    case 'G':
      return is(method::get);
    case 'H':
      return is(method::head);
    case 'D':
      return is(method::delete_);
    case 'O':
      return is(method::options);
    case 'C':
      return is(method::connect);
    case 'T':
      return is(method::trace);
    case 'P':
      if (token.size() == 3) return is(method::put);
      return token.size() == 4 ? is(method::post) : is(method::patch);
    default:
      return method::other;
  }
}

bool detail::iequals_of_one_length(std::string_view a, std::string_view b) noexcept {
  for (std::size_t i = 0; i < a.size(); ++i) {
    if (lower(a[i]) != lower(b[i])) return false;
  }
  return true;
}

std::optional<std::string_view> fields::find(std::string_view name) const noexcept {
  for (const field& one : all_) {
    if (iequals(one.name, name)) return one.value;
  }
  return std::nullopt;
}

std::size_t fields::count(std::string_view name) const noexcept {
  return static_cast<std::size_t>(std::count_if(
      all_.begin(), all_.end(), [&](const field& one) { return iequals(one.name, name); }));
}

std::string_view reason_phrase(int status) noexcept {
  switch (status) {
    case 100:
      return "Continue";
    case 101:
      return "Switching Protocols";
    case 103:
      return "Early Hints";
    case 200:
      return "OK";
    case 201:
      return "Created";
    case 202:
      return "Accepted";
    case 203:
      return "Non-Authoritative Information";
    case 204:
      return "No Content";
    case 205:
      return "Reset Content";
    case 206:
      return "Partial Content";
    case 207:
      return "Multi-Status";
    case 300:
      return "Multiple Choices";
    case 301:
      return "Moved Permanently";
    case 302:
      return "Found";
    case 303:
      return "See Other";
    case 304:
      return "Not Modified";
    case 307:
      return "Temporary Redirect";
    case 308:
      return "Permanent Redirect";
    case 400:
      return "Bad Request";
    case 401:
      return "Unauthorized";
    case 402:
      return "Payment Required";
    case 403:
      return "Forbidden";
    case 404:
      return "Not Found";
    case 405:
      return "Method Not Allowed";
    case 406:
      return "Not Acceptable";
    case 407:
      return "Proxy Authentication Required";
    case 408:
      return "Request Timeout";
    case 409:
      return "Conflict";
    case 410:
      return "Gone";
    case 411:
      return "Length Required";
    case 412:
      return "Precondition Failed";
    case 413:
      return "Content Too Large";
    case 414:
      return "URI Too Long";
    case 415:
      return "Unsupported Media Type";
    case 416:
      return "Range Not Satisfiable";
    case 417:
      return "Expectation Failed";
    case 421:
      return "Misdirected Request";
    case 422:
      return "Unprocessable Content";
    case 423:
      return "Locked";
    case 424:
      return "Failed Dependency";
    case 425:
      return "Too Early";
    case 426:
      return "Upgrade Required";
    case 428:
      return "Precondition Required";
    case 429:
      return "Too Many Requests";
    case 431:
      return "Request Header Fields Too Large";
    case 451:
      return "Unavailable For Legal Reasons";
    case 500:
      return "Internal Server Error";
    case 501:
      return "Not Implemented";
    case 502:
      return "Bad Gateway";
    case 503:
      return "Service Unavailable";
    case 504:
      return "Gateway Timeout";
    case 505:
      return "HTTP Version Not Supported";
    case 507:
      return "Insufficient Storage";
    case 508:
      return "Loop Detected";
    case 511:
      return "Network Authentication Required";
    default:
      return "Unknown";
  }
}

bool is_hop_by_hop(std::string_view name, std::string_view connection_value) noexcept {
  if (std::any_of(hop_names.begin(), hop_names.end(),
                  [&](std::string_view h) { return iequals(name, h); })) {
    return true;
  }
  if (connection_value.empty()) return false;
  bool named = false;
  detail::for_each_element(connection_value, [&](std::string_view option) {
    named = iequals(option, name);
    return !named;
  });
  return named && !is_protected(name);
}

bool is_hop_by_hop(std::string_view name, const fields& all) noexcept {
  if (is_hop_by_hop(name, std::string_view())) return true;
  return std::any_of(all.begin(), all.end(), [&](const field& one) {
    return iequals(one.name, "connection") && is_hop_by_hop(name, one.value);
  });
}

}  // namespace weir::http
