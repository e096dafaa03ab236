#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "weir/gateway/plan/settings.hpp"
#include "weir/gateway/run/request.hpp"

// What is believed of what a caller says about itself.
namespace weir::gateway {

bool is_trusted(const io::address& peer, const std::vector<network>& proxies) noexcept;

// The client's address: the peer's, or behind trusted proxies the last one that no trusted proxy
// stands for.
std::string client_address(const request_context& request);

// Whom a limit counts together: a client's address, of IPv6 its network of 64 bits, because one
// client has all of that.
std::string client_network(const request_context& request);

// How long the caller will wait: `grpc-timeout` or `x-envoy-expected-rq-timeout-ms`. Asked only
// where the peer is trusted.
std::optional<duration> caller_timeout(const http::fields& fields);

// The configured origin that allows this one ("*" or itself), or null.
const std::string* allowed_origin(const cors_settings& cors, std::string_view origin) noexcept;

void append_preflight(const cors_settings& cors, std::string_view methods, std::string& lines);

}  // namespace weir::gateway
