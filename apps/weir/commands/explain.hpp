#pragma once

#include <string>

namespace weir::app {

struct explain_command {
  std::string file;
  std::string route;  // "GET /products/all", or a path; empty: all of them, a line each
  bool json = false;
};

int explain(const explain_command& options);

}  // namespace weir::app
