#include "commands/terminal.hpp"

#include <unistd.h>

#include <cstdlib>

namespace weir::app {

bool may_color(int descriptor) noexcept {
  const char* const no_color = std::getenv("NO_COLOR");
  if (no_color != nullptr && *no_color != '\0') return false;
  return ::isatty(descriptor) != 0;
}

}  // namespace weir::app
