#pragma once

#include <atomic>
#include <cstdint>

#include "weir/base/clock.hpp"

namespace weir::detail {

// The generic cell rate algorithm (ITU-T I.371), which is a token bucket told in one number: the
// time at which the bucket would be full again. Each permit moves it on by `interval`; a permit may
// be used once that number is no further ahead than `burst` permits' worth. Lock-free; all
// functions may be called by any thread. Knows time only as an argument.
class gcra {
 public:
  // `interval`: time between permits; `burst`: how many may go at once after a silence, at least 1.
  gcra(duration interval, std::uint32_t burst) noexcept
      : interval_(interval.count()), ahead_(interval.count() * (std::int64_t{burst} - 1)) {}

  struct answer {
    bool given;
    // Given: until it may be used. Otherwise: until it is worth asking again; decades where so many
    // are never given at once.
    duration wait;
  };
  // `permits` of them, to be used no later than `longest_wait` from now.
  answer reserve(time_point now, std::uint32_t permits, duration longest_wait) noexcept;
  // A reservation made at `now` is not going to be used. It is taken back if nobody reserved after
  // it, since the others were told their times already; otherwise it is lost.
  void cancel(time_point reserved_for, std::uint32_t permits) noexcept;

  // How many may go at this instant.
  std::uint32_t available(time_point now) const noexcept;

 private:
  const std::int64_t interval_;
  const std::int64_t ahead_;
  std::atomic<std::int64_t> full_at_{INT64_MIN};
};

}  // namespace weir::detail
