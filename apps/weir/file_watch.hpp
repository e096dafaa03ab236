#pragma once

#include <functional>
#include <string>

#include "weir/io/loop.hpp"

namespace weir::app {

// Tells when a file has changed, however it was written: in place, or by a rename over it (as
// editors and Kubernetes do). Watches the folder (inotify) and waits until it has been quiet for
// 100 ms, so that a half-written file is not read. A change since `seen` was stamped is told of
// too.
class file_watch final : private io::fd_handler {
 public:
  // Which file it is now, in which state; empty where there is none.
  static std::string stamp(const std::string& file);

  file_watch(io::loop& on, const std::string& file, std::string seen,
             std::function<void()> changed);
  ~file_watch();

 private:
  void on_ready(readiness what) override;
  void on_quiet();

  io::loop& loop_;
  std::string file_;
  std::function<void()> changed_;
  std::string last_;
  io::timer quiet_;
  int fd_;
};

}  // namespace weir::app
