#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "weir/base/clock.hpp"

namespace weir::stage {

// A circuit that changed its state, as the gateway's log tells it.
struct transition {
  std::string circuit;
  std::string from;  // closed, open, half-open
  std::string to;
  std::uint64_t failures = 0;
  std::chrono::milliseconds at{};  // of the wall clock, as the line says
  std::string reason;              // "tripped", "probe failed" and so on
};

// A try of a call to a service, as the gateway's log tells it at debug level.
struct attempt {
  std::string service;
  std::string cause;  // why it failed; empty when it did not
  std::string url;
  std::uint64_t status = 0;
};

// Reads the gateway's log, JSON lines, as it is written. Lines of other kinds are passed over.
class gateway_log {
 public:
  explicit gateway_log(std::function<void(const transition&)> changed = {})
      : changed_(std::move(changed)) {}

  void take(std::string_view line);

  const std::vector<transition>& transitions() const noexcept { return transitions_; }
  const std::vector<attempt>& attempts() const noexcept { return attempts_; }
  std::size_t attempts_to(std::string_view service) const noexcept;
  std::size_t failures_of(std::string_view service) const noexcept;
  // "closed>open open>half-open …" of one circuit.
  std::string path_of(std::string_view circuit) const;
  // What a listener of one circuit hears, in order: "call", "failure", "success", "ignored",
  // "closed > open".
  std::vector<std::string> events_of(std::string_view circuit) const;

 private:
  std::function<void(const transition&)> changed_;
  std::vector<transition> transitions_;
  std::vector<attempt> attempts_;
  std::vector<std::pair<std::string, std::string>> events_;  // of which circuit, what
};

}  // namespace weir::stage
