#pragma once

#include <string>

namespace weir::app {

struct check_options {
  std::string file;
  bool json = false;
  bool live = false;       // ask DNS, the ports and the services as well
  bool schema = false;     // print the JSON Schema instead
  bool reference = false;  // print the reference of all keys instead
};

// Tells everything that is wrong with a configuration. 78 if it is wrong, 1 if it cannot be read or
// if, live, something is not there.
int check(const check_options& options);

}  // namespace weir::app
