#pragma once

#include <string>
#include <vector>

namespace weir::app {

// Becomes the stage of the demonstration systems: `weir-demo` beside this program, or where it is
// installed (../libexec/weir). Returns only when that is not there.
int demo(const std::vector<std::string>& arguments);

}  // namespace weir::app
