#pragma once

#include <functional>
#include <future>

#include "weir/io/loop.hpp"

namespace weir::sharing {

// Does `work` on the loop's thread, which must be running and not be this one, and waits for it.
inline void run_and_wait(io::loop& on, const std::function<void()>& work) {
  std::promise<void> done;
  on.post([&] {
    work();
    done.set_value();
  });
  done.get_future().wait();
}

}  // namespace weir::sharing
