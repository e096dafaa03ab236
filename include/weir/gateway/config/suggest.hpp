#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace weir::gateway::config {

// How many letters must be added, taken, changed or swapped with a neighbour to make one the other.
std::size_t edit_distance(std::string_view a, std::string_view b);

// The candidate nearest to what was written, if it is near enough to be what was meant (a third of
// the letters at most, case apart); else empty.
std::string_view nearest(std::string_view written, std::span<const std::string_view> candidates);
std::string nearest(std::string_view written, const std::vector<std::string>& candidates);

// "`a`, `b` or `c`"
std::string one_of(std::span<const std::string_view> words);

}  // namespace weir::gateway::config
