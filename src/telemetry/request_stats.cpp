#include "weir/telemetry/request_stats.hpp"

namespace weir::telemetry {

request_stats::entry& request_stats::add_entry(std::uint32_t subject, std::string_view method,
                                               int status, std::string_view error) {
  return subjects_[subject].emplace_back(entry{method, status, error, {}});
}

void request_stats::add(const request_stats& other) {
  if (subjects_.size() < other.subjects_.size()) subjects_.resize(other.subjects_.size());
  for (std::uint32_t s = 0; s < other.subjects_.size(); ++s) {
    for (const entry& theirs : other.subjects_[s]) {
      entry* mine = nullptr;
      for (entry& e : subjects_[s]) {
        // By content: the same text may have another address in another part of the program.
        if (e.status == theirs.status && e.error == theirs.error && e.method == theirs.method) {
          mine = &e;
        }
      }
      if (!mine) mine = &add_entry(s, theirs.method, theirs.status, theirs.error);
      mine->durations.add(theirs.durations);
    }
  }
}

}  // namespace weir::telemetry
