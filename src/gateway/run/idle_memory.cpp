#include "weir/gateway/run/idle_memory.hpp"

#include <malloc.h>

namespace weir::gateway {

void idle_memory::on_timer() noexcept {
  if (running_ != 0) return;  // the next pause will do
  peak_ = 0;
#ifdef __GLIBC__
  ::malloc_trim(0);
#endif
}

}  // namespace weir::gateway
