#pragma once

#include <cstdint>
#include <functional>
#include <variant>

#include "weir/base/clock.hpp"
#include "weir/base/random.hpp"
#include "weir/resilience/problems.hpp"

namespace weir {

// none: the delay itself; full: anything from zero to it, which spreads a crowd best (Brooker,
// "Exponential Backoff And Jitter", AWS Architecture Blog, 2015).
enum class jitter : std::uint8_t { none, full };

// Always the same delay.
struct constant {
  duration delay = std::chrono::milliseconds(100);  // before every retry; not negative
  jitter spread = jitter::none;
  friend bool operator==(const constant&, const constant&) = default;
};

// first, first·factor, first·factor² … up to longest. None is negative, `longest` at least `first`,
// `factor` at least 1.
struct exponential {
  duration first = std::chrono::milliseconds(50);
  duration longest = std::chrono::seconds(1);
  double factor = 2.0;
  jitter spread = jitter::full;
  friend bool operator==(const exponential&, const exponential&) = default;
};

// Anything from first to three times the delay before, up to longest (the same article's
// "decorrelated jitter"). `first` is above zero, `longest` at least that.
struct decorrelated {
  duration first = std::chrono::milliseconds(50);
  duration longest = std::chrono::seconds(1);
  friend bool operator==(const decorrelated&, const decorrelated&) = default;
};

// How long to wait before a retry. A value; thread-safe to use.
class backoff {
 public:
  // Of the number of the retry: 1, 2, …
  using function = std::function<duration(std::uint32_t retry)>;

  backoff(constant c) : how_(c) {}             // NOLINT: reads as one
  backoff(exponential e) : how_(e) {}          // NOLINT
  backoff(decorrelated d) : how_(d) {}         // NOLINT
  backoff(function f) : how_(std::move(f)) {}  // NOLINT
  template <class Rep, class Period>
  backoff(std::chrono::duration<Rep, Period> d) : how_(constant{d}) {}  // NOLINT

  // The delay before the `retry`-th retry (1, 2, …); `previous` is the delay before the one before
  // it, zero for the first. Never negative.
  duration delay(std::uint32_t retry, duration previous, random_source& random) const;
  // The longest that delay() can return for that retry; duration::max() for a function.
  duration longest(std::uint32_t retry) const noexcept;
  // "50ms…1s, full jitter"
  std::string text() const;
  void validate(option_problems& found) const;

 private:
  std::variant<constant, exponential, decorrelated, function> how_;
};

}  // namespace weir
