#pragma once

#include <string_view>
#include <vector>

#include "weir/gateway/run/request.hpp"

// Errors in the form that the request's route, or else the configuration, gives them.
namespace weir::gateway {

error_answer shaped_error(const request_context& request, problem p,
                          const std::vector<step_failure>& failures = {});

// Of a body that broke its framing, its limit or its time.
http::error_body shaped_body_error(const request_context& request, int status,
                                   std::string_view detail);

}  // namespace weir::gateway
