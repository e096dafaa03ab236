#pragma once

// The library's face on Boost.Asio (1.81 or newer).

#include "weir/asio/async_run.hpp"
#include "weir/resilience.hpp"
