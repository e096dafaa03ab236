#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "weir/telemetry/histogram.hpp"

namespace weir::telemetry {

// What one worker has seen: durations by route or service and by how it ended. Plain data of one
// thread; a scrape asks the worker for a copy. Bounded: an end is a status and one of the causes
// known to the program, both few.
class request_stats {
 public:
  // `error` is static text (a cause code) or empty.
  void record(std::uint32_t subject, std::string_view method, int status, std::string_view error,
              duration took) {
    if (subject >= subjects_.size()) subjects_.resize(subject + 1);
    for (entry& e : subjects_[subject]) {
      if (e.status == status && e.error.data() == error.data() &&
          e.method.data() == method.data()) {
        e.durations.record(took);
        return;
      }
    }
    add_entry(subject, method, status, error).durations.record(took);
  }

  struct entry {
    std::string_view method;
    int status = 0;
    std::string_view error;
    histogram durations;
  };
  const std::vector<std::vector<entry>>& subjects() const noexcept { return subjects_; }
  void add(const request_stats& other);
  // What was subject s is subject to[s] now; several may become one.
  void renumber(std::span<const std::uint32_t> to);

 private:
  void merge(std::uint32_t subject, const entry& theirs);
  entry& add_entry(std::uint32_t subject, std::string_view method, int status,
                   std::string_view error);
  std::vector<std::vector<entry>> subjects_;
};

}  // namespace weir::telemetry
