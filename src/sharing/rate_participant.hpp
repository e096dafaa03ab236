#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "weir/base/clock.hpp"
#include "weir/resilience/rate_limiter/keyed_rate_limiter.hpp"
#include "weir/resilience/rate_limiter/rate_limiter.hpp"

namespace weir::sharing {

// A limiter that is shared: what it has to tell, and how it learns. Belongs to the sharing thread.
class rate_participant {
 public:
  virtual ~rate_participant() = default;

  struct report {
    std::uint64_t bucket = 0;          // which of the limiter's
    duration cost = duration::zero();  // what was admitted since the last report moves it on by
  };
  // What was admitted since the last time.
  virtual std::vector<report> take() = 0;
  // The bucket of all is full at that time, as of the last report.
  virtual void learn(std::uint64_t bucket, time_point full_at, time_point now) = 0;
  // Added to the limiter's name: "" or ":" and the bucket.
  virtual std::string suffix(std::uint64_t bucket) const = 0;
};

// One bucket for everyone.
class lone_rate final : public rate_participant {
 public:
  explicit lone_rate(const rate_limiter& of);
  std::vector<report> take() override;
  void learn(std::uint64_t bucket, time_point full_at, time_point now) override;
  std::string suffix(std::uint64_t bucket) const override;
  const rate_limiter& of() const noexcept { return of_; }

 private:
  std::uint64_t admitted() const { return of_.look(time_point{}).admitted; }
  rate_limiter of_;
  std::uint64_t told_;
};

// One for each key.
class keyed_rate final : public rate_participant {
 public:
  explicit keyed_rate(const keyed_rate_limiter& of);
  std::vector<report> take() override;
  void learn(std::uint64_t bucket, time_point full_at, time_point now) override;
  std::string suffix(std::uint64_t bucket) const override;
  const keyed_rate_limiter& of() const noexcept { return of_; }

 private:
  keyed_rate_limiter of_;
  duration interval_;
};

}  // namespace weir::sharing
