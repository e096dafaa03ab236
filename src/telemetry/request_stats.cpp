#include "weir/telemetry/request_stats.hpp"

#include <utility>

namespace weir::telemetry {

request_stats::entry& request_stats::add_entry(std::uint32_t subject, std::string_view method,
                                               int status, std::string_view error) {
  return subjects_[subject].emplace_back(entry{method, status, error, {}});
}

void request_stats::merge(std::uint32_t subject, const entry& theirs) {
  if (subject >= subjects_.size()) subjects_.resize(subject + 1);
  entry* mine = nullptr;
  for (entry& e : subjects_[subject]) {
    // By content: the same text may have another address in another part of the program.
    if (e.status == theirs.status && e.error == theirs.error && e.method == theirs.method) {
      mine = &e;
    }
  }
  if (!mine) mine = &add_entry(subject, theirs.method, theirs.status, theirs.error);
  mine->durations.add(theirs.durations);
}

void request_stats::add(const request_stats& other) {
  for (std::uint32_t s = 0; s < other.subjects_.size(); ++s) {
    for (const entry& theirs : other.subjects_[s]) merge(s, theirs);
  }
}

void request_stats::renumber(std::span<const std::uint32_t> to) {
  const auto before = std::exchange(subjects_, {});
  for (std::size_t s = 0; s < before.size(); ++s) {
    for (const entry& e : before[s]) merge(to[s], e);
  }
}

}  // namespace weir::telemetry
