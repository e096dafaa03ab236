#pragma once

#include <memory>
#include <string>

#include "weir/base/result.hpp"
#include "weir/gateway/config/document.hpp"
#include "weir/gateway/config/problem.hpp"

namespace weir::gateway::config {

// A file read, typed and checked. `found` may hold warnings alone; with errors the document is
// incomplete and only good for more checking.
struct loaded {
  document what;
  problems found;
  bool ok() const noexcept { return !found.has_errors(); }
};

// The process's own environment.
expression::environment_lookup process_environment();

// Reads and checks a text. Never throws for what is wrong with the text.
loaded load_text(std::string name, std::string text,
                 const expression::environment_lookup& environment = process_environment());

// The same from a file; the error is one line that says why the file cannot be read.
result<loaded, std::string> load_file(
    const std::string& path,
    const expression::environment_lookup& environment = process_environment());

// What reading alone cannot see: names, cycles, expressions, times that contradict each other.
void check(const document& of, problems& found);

}  // namespace weir::gateway::config
