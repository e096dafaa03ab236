#pragma once

#include <memory>
#include <optional>
#include <stdexcept>
#include <string>

#include "weir/base/clock.hpp"

namespace weir::systems {

// Nothing whole came back, or an answer whose status is not 2xx.
class web_error : public std::runtime_error {
 public:
  web_error(int status, const std::string& what, bool late = false)
      : std::runtime_error(what), status_(status), late_(late) {}
  int status() const noexcept { return status_; }  // 0: no answer at all
  bool late() const noexcept { return late_; }     // the time ran out

 private:
  int status_;
  bool late_;
};

// A GET that blocks, for code that reads from top to bottom on a thread of its own. Each thread
// keeps its own connections. http and https; the certificate is verified against the system's
// roots, or against one file of them. Thread-safe.
class web {
 public:
  // Throws std::runtime_error when the file has no certificates.
  explicit web(duration longest, const std::string& ca_file = {});
  ~web();

  // The body. Throws web_error, and std::invalid_argument for what is no URL.
  std::string get(const std::string& url) const;

 private:
  struct shared;
  std::shared_ptr<const shared> shared_;
};

// Why web cannot get that, as a sentence; none: it can.
std::optional<std::string> wrong_url(const std::string& text);

// The text as one segment of a path.
std::string path_segment(const std::string& text);

}  // namespace weir::systems
