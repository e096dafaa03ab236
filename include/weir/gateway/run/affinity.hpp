#pragma once

#include <cstdint>
#include <string_view>

#include "weir/gateway/run/request.hpp"
#include "weir/upstream/service.hpp"

namespace weir::gateway {

// What consistent hashing goes by for a call to this service; 0 where the service hashes nothing.
std::uint64_t affinity(const upstream::service& to, const request_context& request,
                       std::string_view target);

}  // namespace weir::gateway
