#pragma once

#include <string>

namespace weir::app {

// Evaluates an expression over the JSON document on stdin and prints the value as JSON.
int eval(const std::string& expression);

}  // namespace weir::app
