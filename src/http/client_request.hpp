#pragma once

#include <string>

#include "weir/http/client.hpp"

namespace weir::http {

// Appends the request's head, framing included. The parts are taken as they are: whoever made them
// has encoded them.
void append_request_head(std::string& to, const client_request& request);

}  // namespace weir::http
