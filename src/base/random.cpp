#include "weir/base/random.hpp"

#include <bit>
#include <random>

#include "weir/base/clock.hpp"

namespace weir {
namespace {

std::uint64_t splitmix64(std::uint64_t& state) noexcept {
  std::uint64_t z = (state += 0x9e3779b97f4a7c15U);
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9U;
  z = (z ^ (z >> 27)) * 0x94d049bb133111ebU;
  return z ^ (z >> 31);
}

std::uint64_t entropy() noexcept {
  try {
    std::random_device device;
    return (static_cast<std::uint64_t>(device()) << 32) | device();
  } catch (...) {
    // A sandbox without /dev/urandom: jitter needs only that processes differ.
    return static_cast<std::uint64_t>(now().time_since_epoch().count());
  }
}

}  // namespace

seeded_random::seeded_random(std::uint64_t seed) noexcept {
  for (auto& word : state_) word = splitmix64(seed);
}

std::uint64_t seeded_random::next() noexcept {
  const std::uint64_t drawn = std::rotl(state_[0] + state_[3], 23) + state_[0];
  const std::uint64_t shifted = state_[1] << 17;
  state_[2] ^= state_[0];
  state_[3] ^= state_[1];
  state_[1] ^= state_[2];
  state_[0] ^= state_[3];
  state_[2] ^= shifted;
  state_[3] = std::rotl(state_[3], 45);
  return drawn;
}

random_source& thread_random() noexcept {
  thread_local seeded_random generator(entropy());
  return generator;
}

}  // namespace weir
