#pragma once

#include <string>

namespace weir::app {

// Asks a running gateway whether it is ready: GET /readyz?verbose on its admin listener. Prints
// what it says; 0 when it is ready, 1 when it is not or does not answer within two seconds.
int health(const std::string& admin_address);

}  // namespace weir::app
