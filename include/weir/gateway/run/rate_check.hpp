#pragma once

#include <string>

#include "weir/gateway/plan/rate_limit.hpp"
#include "weir/gateway/run/request.hpp"

namespace weir::gateway {

// Leave for this request, or for a call that it causes, and how its client stands after it.
keyed_rate_limiter::standing ask(const rate_limit& limit, const request_context& request,
                                 time_point now);

// `RateLimit` and `RateLimit-Policy`, in whole lines.
void append_rate_lines(const rate_limit& limit, const rate_standing& stands, std::string& to);

}  // namespace weir::gateway
