#include "weir/telemetry/exposition.hpp"

#include <prometheus/metric_family.h>
#include <prometheus/text_serializer.h>

#include <limits>
#include <sstream>

namespace weir::telemetry {

struct exposition::impl {
  // In the order of first mention, so that the text is stable from scrape to scrape.
  std::vector<prometheus::MetricFamily> families;

  prometheus::ClientMetric& add(std::string_view name, std::string_view help,
                                prometheus::MetricType type, labels with) {
    prometheus::MetricFamily* family = nullptr;
    for (auto& f : families) {
      if (f.name == name) family = &f;
    }
    if (!family) {
      family = &families.emplace_back();
      family->name = name;
      family->help = help;
      family->type = type;
    }
    prometheus::ClientMetric& metric = family->metric.emplace_back();
    for (const auto& [key, value] : with) {
      metric.label.push_back({std::string(key), std::string(value)});
    }
    return metric;
  }
};

exposition::exposition() : impl_(std::make_unique<impl>()) {}
exposition::~exposition() = default;

void exposition::gauge(std::string_view name, std::string_view help, labels with, double value) {
  impl_->add(name, help, prometheus::MetricType::Gauge, with).gauge.value = value;
}

void exposition::counter(std::string_view name, std::string_view help, labels with, double value) {
  impl_->add(name, help, prometheus::MetricType::Counter, with).counter.value = value;
}

void exposition::durations(std::string_view name, std::string_view help, labels with,
                           const histogram& of) {
  auto& out = impl_->add(name, help, prometheus::MetricType::Histogram, with).histogram;
  out.sample_count = of.count;
  out.sample_sum = of.sum;
  std::uint64_t cumulative = 0;
  for (std::size_t i = 0; i < of.buckets.size(); ++i) {
    cumulative += of.buckets[i];
    const double bound = i < histogram::bounds.size() ? histogram::bounds[i]
                                                      : std::numeric_limits<double>::infinity();
    out.bucket.push_back({cumulative, bound});
  }
}

std::string exposition::text() const {
  return prometheus::TextSerializer().Serialize(impl_->families);
}

}  // namespace weir::telemetry
