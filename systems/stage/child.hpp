#pragma once

#include <sys/types.h>

#include <fstream>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "weir/io/loop.hpp"

namespace weir::stage {

// How a process ended, in words: "exit 0", "signal 9 (Killed)".
std::string describe_end(int wait_status);

// One program that is started, watched and stopped, as often as wanted. It leads a process group of
// its own, so that the terminal's ^C reaches us alone, and the kernel kills it if we die first. All
// on the loop's thread, which must be the one that lives as long as the process (the kernel's
// promise is tied to the thread that forked).
class child final {
 public:
  struct options {
    std::string name;
    std::vector<std::string> command;      // the program's path first
    std::vector<std::string> environment;  // NAME=value, added to ours
    std::string log_file;                  // what it writes on stdout and stderr, appended
    std::function<void(std::string_view line)> on_line;
    std::function<void(int wait_status, bool asked)> on_end;  // asked: by stop()
  };

  child(io::loop& on, options with);
  ~child();  // kills what still runs, and waits for it

  // The error is a sentence.
  std::optional<std::string> start();
  void stop();  // SIGTERM, and SIGKILL after three seconds; on_end tells when
  bool running() const noexcept { return pid_ > 0; }
  bool stopping() const noexcept { return kill_.armed(); }
  pid_t pid() const noexcept { return pid_; }
  const std::string& name() const noexcept { return options_.name; }
  const std::string& last_line() const noexcept { return last_line_; }

 private:
  // A descriptor that calls back.
  struct watched final : io::fd_handler {
    watched(io::loop& l, std::function<void()> f) : loop(l), ready(std::move(f)) {}
    ~watched() { close(); }
    bool open(int descriptor);
    void close();
    void on_ready(readiness) override { ready(); }
    io::loop& loop;
    std::function<void()> ready;
    int fd = -1;
  };

  [[noreturn]] void become(int output, pid_t parent) const;
  void read_output();
  void take_line(std::string_view line);
  void ended();
  void kill_now();

  io::loop& loop_;
  options options_;
  pid_t pid_ = -1;
  watched output_;
  watched end_;
  io::timer kill_;
  std::ofstream log_;
  std::string partial_;
  std::string last_line_;
};

}  // namespace weir::stage
