#pragma once

#include <cstdint>
#include <limits>

namespace weir {

// Where chance comes from. Policies take it as an argument so that tests can script it. A uniform
// random bit generator in the standard's sense.
class random_source {
  __extension__ using wide = unsigned __int128;

 public:
  using result_type = std::uint64_t;
  static constexpr result_type min() noexcept { return 0; }
  static constexpr result_type max() noexcept { return std::numeric_limits<result_type>::max(); }

  virtual ~random_source() = default;
  virtual std::uint64_t next() noexcept = 0;
  std::uint64_t operator()() noexcept { return next(); }

  // Uniform in [0, 1).
  double unit() noexcept { return static_cast<double>(next() >> 11) * 0x1p-53; }
  // Uniform in [0, bound); 0 when bound is 0. The bias is below 2^-32 for bounds under 2^32.
  std::uint64_t below(std::uint64_t bound) noexcept {
    return static_cast<std::uint64_t>((static_cast<wide>(next()) * bound) >> 64);
  }
};

// xoshiro256++ by Blackman and Vigna (prng.di.unimi.it), seeded through splitmix64. Not for
// secrets. Not thread-safe.
class seeded_random final : public random_source {
 public:
  explicit seeded_random(std::uint64_t seed) noexcept;
  std::uint64_t next() noexcept override;

 private:
  std::uint64_t state_[4];
};

// Always the same draw, as a place in [0, 1): for tests.
class fixed_random final : public random_source {
 public:
  explicit fixed_random(double unit) noexcept
      : value_(static_cast<std::uint64_t>(unit * 0x1p53) << 11) {}
  std::uint64_t next() noexcept override { return value_; }

 private:
  std::uint64_t value_;
};

// This thread's own generator, seeded from the machine's entropy at first use. Do not hand it to
// another thread.
random_source& thread_random() noexcept;

}  // namespace weir
