#pragma once

#include <span>
#include <string>
#include <vector>

#include "weir/base/clock.hpp"
#include "weir/base/result.hpp"
#include "weir/io/resolver.hpp"

namespace weir::io {

// The SRV records of a DNS message, and in `life` the shortest time that one of them lives, within
// the bounds of address_cache; c-ares reads all but that.
result<std::vector<srv_record>, std::string> read_srv(std::span<const unsigned char> message,
                                                      duration& life);

}  // namespace weir::io
