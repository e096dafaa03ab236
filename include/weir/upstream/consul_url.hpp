#pragma once

#include <string>
#include <string_view>

#include "weir/base/result.hpp"
#include "weir/upstream/discovery_settings.hpp"

namespace weir::upstream {

// Where an agent is, as people write it: "http://127.0.0.1:8500", "https://consul.example" or, like
// CONSUL_HTTP_ADDR, "127.0.0.1:8500". The error is a sentence.
result<consul_settings, std::string> parse_consul_url(std::string_view url);

}  // namespace weir::upstream
