#pragma once

#include <atomic>
#include <cstdint>
#include <cstring>
#include <type_traits>

#include "support/interleavings/machine.hpp"

namespace interleavings {

// Stand in for std::atomic and std::mutex: each access is a step of the machine. As large and as
// aligned as the real ones, since code may count on how they lie in memory.
template <class T>
class atomic {
  static_assert(std::is_trivially_copyable_v<T> && sizeof(T) <= sizeof(std::uint64_t));
  static constexpr auto strictest = std::memory_order_seq_cst;

 public:
  using value_type = T;

  atomic() noexcept : atomic(T{}) {}
  atomic(T value) noexcept { machine::the().create(this, bits(value)); }  // NOLINT: as std's
  ~atomic() { machine::the().destroy(this); }
  atomic(const atomic&) = delete;
  atomic& operator=(const atomic&) = delete;

  T load(std::memory_order o = strictest) const noexcept {
    return value(machine::the().load(this, o));
  }
  operator T() const noexcept { return load(); }  // NOLINT: as std's
  void store(T v, std::memory_order o = strictest) noexcept {
    machine::the().store(this, bits(v), o);
  }
  T operator=(T v) noexcept {  // NOLINT: as std's
    store(v);
    return v;
  }
  T exchange(T v, std::memory_order o = strictest) noexcept {
    return change(o, [v](T) { return v; });
  }
  T fetch_add(T by, std::memory_order o = strictest) noexcept
    requires std::is_integral_v<T>
  {
    return change(o, [by](T was) { return static_cast<T>(was + by); });
  }
  T fetch_sub(T by, std::memory_order o = strictest) noexcept
    requires std::is_integral_v<T>
  {
    return change(o, [by](T was) { return static_cast<T>(was - by); });
  }
  T operator++() noexcept
    requires std::is_integral_v<T>
  {
    return static_cast<T>(fetch_add(1) + 1);
  }
  T operator--() noexcept
    requires std::is_integral_v<T>
  {
    return static_cast<T>(fetch_sub(1) - 1);
  }
  bool compare_exchange_strong(T& expected, T desired, std::memory_order o = strictest) noexcept {
    bool done = false;
    const std::uint64_t was = machine::the().update(this, o, [&](std::uint64_t& now) {
      done = now == bits(expected);
      if (done) now = bits(desired);
      return done;
    });
    if (!done) expected = value(was);
    return done;
  }
  // Does not fail without a reason here: that is only the next turn of the caller's loop.
  bool compare_exchange_weak(T& expected, T desired, std::memory_order o = strictest) noexcept {
    return compare_exchange_strong(expected, desired, o);
  }

 private:
  static std::uint64_t bits(T v) noexcept {
    std::uint64_t b = 0;
    std::memcpy(&b, &v, sizeof v);
    return b;
  }
  static T value(std::uint64_t b) noexcept {
    T v{};
    std::memcpy(&v, &b, sizeof v);
    return v;
  }
  template <class F>
  T change(std::memory_order o, const F& f) noexcept {
    return value(machine::the().update(this, o, [&](std::uint64_t& now) {
      now = bits(f(value(now)));
      return true;
    }));
  }

  alignas(T) unsigned char room_[sizeof(T)];
};

class mutex {
 public:
  mutex() { machine::the().create_lock(this); }
  ~mutex() { machine::the().destroy(this); }
  mutex(const mutex&) = delete;
  mutex& operator=(const mutex&) = delete;

  void lock() { machine::the().lock(this); }
  void unlock() { machine::the().unlock(this); }
};

}  // namespace interleavings
