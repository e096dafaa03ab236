#pragma once

#include <string>
#include <string_view>

#include "weir/resilience/circuit_breaker/options.hpp"

// What a plan's parts are called in logs and in `explain`.
namespace weir::gateway {

std::string words_of(const trip_rule& rule);    // "5 failures within 10s"
std::string words_of(const trip_rules& rules);  // joined by " or "
std::string words_of(const open_time& time);    // "5s", "1s..60s"
// As people write it: "2500ms", not "2s500ms".
std::string words_of(duration d);

}  // namespace weir::gateway
