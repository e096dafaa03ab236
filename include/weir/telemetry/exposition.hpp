#pragma once

#include <cstdint>
#include <initializer_list>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "weir/telemetry/histogram.hpp"

namespace weir::telemetry {

// Collects samples and gives them as Prometheus text. The format itself is prometheus-cpp's. For
// one scrape; not thread-safe.
class exposition {
 public:
  using labels = std::initializer_list<std::pair<std::string_view, std::string_view>>;

  exposition();
  ~exposition();

  void gauge(std::string_view name, std::string_view help, labels with, double value);
  void counter(std::string_view name, std::string_view help, labels with, double value);
  void durations(std::string_view name, std::string_view help, labels with, const histogram& of);
  std::string text() const;

 private:
  struct impl;
  std::unique_ptr<impl> impl_;
};

}  // namespace weir::telemetry
