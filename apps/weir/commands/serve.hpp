#pragma once

#include <string>

namespace weir::app {

struct serve_options {
  std::string file;
  bool watch = false;
  std::string log_level = "info";
  std::string log = "stderr";
  bool log_json = false;
  std::string access_log;  // empty: none
  unsigned workers = 0;    // 0: as the file says
};

// Runs until SIGTERM or SIGINT; the process's exit code.
int serve(const serve_options& options);

}  // namespace weir::app
