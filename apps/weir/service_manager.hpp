#pragma once

#include <cstdint>
#include <memory>

#include "weir/io/loop.hpp"

// What systemd wants to know of a service of Type=notify (sd_notify(3)), without its library: a
// datagram to $NOTIFY_SOCKET. Does nothing where that is not set.
namespace weir::app {

void notify_ready();
void notify_reloading();
void notify_stopping();

// Says that the main loop is alive, twice in each interval of $WATCHDOG_USEC.
class watchdog {
 public:
  explicit watchdog(io::loop& on);

 private:
  void beat();
  io::loop& loop_;
  io::timer timer_;
  duration every_ = duration::zero();
};

}  // namespace weir::app
