#include "weir/gateway/run/caller.hpp"

#include <arpa/inet.h>

#include <algorithm>
#include <charconv>

namespace weir::gateway {
namespace {

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

// One element of X-Forwarded-For: an address, perhaps with a port or in brackets.
std::optional<io::address> forwarded_address(std::string_view text) {
  text = trimmed(text);
  if (text.starts_with('[')) {
    const auto end = text.find(']');
    return end == text.npos ? std::nullopt : io::address::parse(text.substr(1, end - 1), 0);
  }
  if (const auto colon = text.find(':'); colon != text.npos && text.rfind(':') == colon) {
    text = text.substr(0, colon);
  }
  return io::address::parse(text, 0);
}

std::optional<std::uint64_t> number(std::string_view text) {
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

}  // namespace

bool is_trusted(const io::address& peer, const std::vector<network>& proxies) noexcept {
  for (const network& n : proxies) {
    if (n.contains(peer)) return true;
  }
  return false;
}

namespace {

// Walks the addresses from the nearest proxy's outwards: all fields are one list, the last of which
// the nearest proxy wrote.
io::address client_of(const request_context& request) {
  const io::address& peer = request.exchange->peer();
  if (!request.trusted_peer) return peer;
  io::address found = peer;
  const http::fields& all = request.exchange->head().fields;
  for (auto f = all.end(); f != all.begin();) {
    --f;
    if (!http::iequals(f->name, "x-forwarded-for")) continue;
    for (std::string_view rest = f->value; !rest.empty();) {
      const auto comma = rest.rfind(',');
      const auto last = forwarded_address(comma == rest.npos ? rest : rest.substr(comma + 1));
      if (!last) return found;
      found = *last;
      if (!is_trusted(found, request.settings->trusted_proxies)) return found;
      rest = comma == rest.npos ? std::string_view() : rest.substr(0, comma);
    }
  }
  return found;
}

}  // namespace

std::string client_address(const request_context& request) {
  return client_of(request).ip();
}

std::string client_network(const request_context& request) {
  constexpr std::size_t network_bytes = 8;
  const io::address client = client_of(request);
  if (client.raw()->sa_family != AF_INET6) return client.ip();
  in6_addr ip = reinterpret_cast<const sockaddr_in6*>(client.raw())->sin6_addr;
  char text[INET6_ADDRSTRLEN];
  if (IN6_IS_ADDR_V4MAPPED(&ip)) {
    ::inet_ntop(AF_INET, &ip.s6_addr[12], text, sizeof text);
    return text;
  }
  std::fill(std::begin(ip.s6_addr) + network_bytes, std::end(ip.s6_addr), std::uint8_t{0});
  ::inet_ntop(AF_INET6, &ip, text, sizeof text);
  return std::string(text) + "/64";
}

std::optional<duration> caller_timeout(const http::fields& fields) {
  std::optional<duration> shortest;
  const auto take = [&](duration d) {
    if (!shortest || d < *shortest) shortest = d;
  };
  // An hour is more than any route here allows; it keeps the arithmetic from overflowing.
  constexpr std::uint64_t most_ms = 3'600'000;
  if (const auto text = fields.find("x-envoy-expected-rq-timeout-ms")) {
    if (const auto ms = number(*text); ms && *ms > 0) {
      take(std::chrono::milliseconds(std::min(*ms, most_ms)));
    }
  }
  // At most eight digits and a unit (the gRPC protocol).
  if (const auto text = fields.find("grpc-timeout");
      text && text->size() >= 2 && text->size() <= 9) {
    const auto n = number(text->substr(0, text->size() - 1));
    if (n && *n > 0) {
      switch (text->back()) {
        case 'H':
          take(std::chrono::hours(std::min<std::uint64_t>(*n, 1)));
          break;
        case 'M':
          take(std::chrono::minutes(std::min<std::uint64_t>(*n, 60)));
          break;
        case 'S':
          take(std::chrono::seconds(std::min<std::uint64_t>(*n, 3600)));
          break;
        case 'm':
          take(std::chrono::milliseconds(std::min(*n, most_ms)));
          break;
        case 'u':
          take(std::chrono::microseconds(*n));
          break;
        case 'n':
          take(std::chrono::nanoseconds(*n));
          break;
        default:
          break;
      }
    }
  }
  return shortest;
}

const std::string* allowed_origin(const cors_settings& cors, std::string_view origin) noexcept {
  for (const std::string& allowed : cors.origins) {
    if (allowed == "*" || allowed == origin) return &allowed;
  }
  return nullptr;
}

void append_preflight(const cors_settings& cors, std::string_view methods, std::string& lines) {
  lines.append("Access-Control-Allow-Methods: ").append(methods).append("\r\n");
  if (!cors.headers.empty()) {
    lines += "Access-Control-Allow-Headers: ";
    for (std::size_t i = 0; i < cors.headers.size(); ++i) {
      if (i > 0) lines += ", ";
      lines += cors.headers[i];
    }
    lines += "\r\n";
  }
  lines += "Access-Control-Max-Age: ";
  lines += std::to_string(std::chrono::duration_cast<std::chrono::seconds>(cors.max_age).count());
  lines += "\r\n";
}

}  // namespace weir::gateway
