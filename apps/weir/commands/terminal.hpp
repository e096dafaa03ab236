#pragma once

namespace weir::app {

// Whether text for people on this descriptor may be coloured: a terminal, and NO_COLOR is not set
// (no-color.org).
bool may_color(int descriptor) noexcept;

}  // namespace weir::app
