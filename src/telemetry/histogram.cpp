#include "weir/telemetry/histogram.hpp"

namespace weir::telemetry {

void histogram::record(duration took) noexcept {
  const double seconds = std::chrono::duration<double>(took).count();
  std::size_t bucket = 0;
  while (bucket < bounds.size() && seconds > bounds[bucket]) ++bucket;
  ++buckets[bucket];
  ++count;
  sum += seconds;
}

void histogram::add(const histogram& other) noexcept {
  for (std::size_t i = 0; i < buckets.size(); ++i) buckets[i] += other.buckets[i];
  count += other.count;
  sum += other.sum;
}

}  // namespace weir::telemetry
