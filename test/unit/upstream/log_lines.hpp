#pragma once

#include <string>
#include <vector>

#include "weir/base/log.hpp"

namespace weir::upstream::test {

// What is logged while it lives, by one thread: the messages without their fields.
class log_lines final : public log::sink {
 public:
  log_lines() { log::set_sink(this); }
  ~log_lines() { log::set_sink(nullptr); }
  void write(const log::record& r) noexcept override { said_.emplace_back(r.message); }
  const std::vector<std::string>& said() const { return said_; }

 private:
  std::vector<std::string> said_;
};

}  // namespace weir::upstream::test
