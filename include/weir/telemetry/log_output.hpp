#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "weir/base/log.hpp"
#include "weir/base/result.hpp"

namespace weir::telemetry {

// Lines written by a thread of their own (spdlog's asynchronous logger), so that no worker waits
// for a disk. Bounded: when the queue is full the oldest lines are dropped. A disk that is full
// costs lines, never requests: failures are reported on stderr at most once in a while.
class line_output {
 public:
  // "-" is stdout, "stderr" is stderr, all else a file, appended to. The error is a sentence.
  static result<std::unique_ptr<line_output>, std::string> open(const std::string& where);
  ~line_output();
  void write(std::string_view line);  // any thread; without the newline
  void flush();
  // Opens the file again, for a rotation that has renamed it; the old one stays when that fails.
  result<void, std::string> reopen();

 private:
  struct impl;
  explicit line_output(std::unique_ptr<impl> made);
  std::unique_ptr<impl> impl_;
};

enum class log_format : unsigned char { text, json };

// The process's log through a line_output. Installs itself as base's sink while it lives.
class log_output final : public log::sink {
 public:
  log_output(std::unique_ptr<line_output> to, log_format format);
  ~log_output() override;
  void write(const log::record& r) noexcept override;
  line_output& lines() noexcept { return *to_; }

 private:
  std::unique_ptr<line_output> to_;
  log_format format_;
};

}  // namespace weir::telemetry
