#pragma once

#include <cstddef>

// What a server takes of a request's head at most, whatever its limits say: a connection holds one
// block of the pool, in which the text, the fields found in it and the first of the body have room.
namespace weir::http {

inline constexpr std::size_t most_request_fields = 511;
inline constexpr std::size_t most_request_head_bytes = std::size_t{44} * 1024;

}  // namespace weir::http
