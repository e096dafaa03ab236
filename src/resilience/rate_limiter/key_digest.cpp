#include "key_digest.hpp"

#include <bit>
#include <cstring>

namespace weir::detail {
namespace {

class sip_state {
 public:
  sip_state(std::uint64_t k0, std::uint64_t k1) noexcept
      : v0_(k0 ^ 0x736f6d6570736575U),
        v1_(k1 ^ 0x646f72616e646f6dU),
        v2_(k0 ^ 0x6c7967656e657261U),
        v3_(k1 ^ 0x7465646279746573U) {}

  void take(std::uint64_t word) noexcept {
    v3_ ^= word;
    round();
    round();
    v0_ ^= word;
  }

  std::uint64_t finish() noexcept {
    v2_ ^= 0xff;
    for (int i = 0; i < 4; ++i) round();
    return v0_ ^ v1_ ^ v2_ ^ v3_;
  }

 private:
  void round() noexcept {
    v0_ += v1_;
    v1_ = std::rotl(v1_, 13) ^ v0_;
    v0_ = std::rotl(v0_, 32);
    v2_ += v3_;
    v3_ = std::rotl(v3_, 16) ^ v2_;
    v0_ += v3_;
    v3_ = std::rotl(v3_, 21) ^ v0_;
    v2_ += v1_;
    v1_ = std::rotl(v1_, 17) ^ v2_;
    v2_ = std::rotl(v2_, 32);
  }

  std::uint64_t v0_, v1_, v2_, v3_;
};

// The bytes as a number, the first the lowest, whatever this machine's own order.
std::uint64_t word_of(const char* bytes, std::size_t count) noexcept {
  std::uint64_t out = 0;
  for (std::size_t i = count; i > 0; --i) out = out << 8 | static_cast<unsigned char>(bytes[i - 1]);
  return out;
}

}  // namespace

std::uint64_t key_digest(std::string_view key) noexcept {
  sip_state state(0x0706050403020100U, 0x0f0e0d0c0b0a0908U);
  const std::size_t whole = key.size() / 8 * 8;
  for (std::size_t i = 0; i < whole; i += 8) state.take(word_of(key.data() + i, 8));
  state.take(static_cast<std::uint64_t>(key.size()) << 56 |
             word_of(key.data() + whole, key.size() - whole));
  return state.finish();
}

}  // namespace weir::detail
