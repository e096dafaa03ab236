#pragma once

#include <functional>
#include <string>

#include "weir/io/loop.hpp"

namespace weir::app {

// Tells when a file has changed, however it was written: in place, or by a rename over it (as
// editors and Kubernetes do). Watches the folder (inotify) and waits until it has been quiet for 100 ms,
// so that a half-written file is not read.
class file_watch final : private io::fd_handler {
 public:
  file_watch(io::loop& on, const std::string& file, std::function<void()> changed);
  ~file_watch();

 private:
  void on_ready(readiness what) override;
  void on_quiet();
  std::string stamp() const;

  io::loop& loop_;
  std::string file_;
  std::function<void()> changed_;
  std::string last_;
  io::timer quiet_;
  int fd_;
};

}  // namespace weir::app
