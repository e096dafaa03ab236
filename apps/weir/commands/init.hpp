#pragma once

#include <string>

namespace weir::app {

// Prints a configuration to begin with; or writes it to a file, but never over one that is there.
int init(const std::string& file);  // empty: stdout

}  // namespace weir::app
