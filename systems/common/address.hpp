#pragma once

#include <string>

#include "weir/base/result.hpp"
#include "weir/io/address.hpp"

namespace weir::systems {

// "127.0.0.1:8000", "[::1]:8000"; no names. The error is a sentence.
result<io::address, std::string> parse_address(const std::string& text);

}  // namespace weir::systems
