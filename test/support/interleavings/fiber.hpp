#pragma once

#include <ucontext.h>

#include <cstddef>
#include <cstdint>
#include <memory>

#if defined(__SANITIZE_THREAD__)
#define WEIR_FIBERS_TSAN 1
#elif defined(__SANITIZE_ADDRESS__)
#define WEIR_FIBERS_ASAN 1
#elif defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define WEIR_FIBERS_TSAN 1
#elif __has_feature(address_sanitizer)
#define WEIR_FIBERS_ASAN 1
#endif
#endif

#ifdef WEIR_FIBERS_TSAN
#include <sanitizer/tsan_interface.h>
#endif
#ifdef WEIR_FIBERS_ASAN
#include <sanitizer/common_interface_defs.h>
#endif

namespace interleavings {

// A stack of its own to run code on, left and entered at will: all on one thread of the machine, so
// that whoever switches decides alone who runs. A hundred times cheaper than a thread, which is
// what lets a test try every order. The sanitizers are told of each switch.
class fiber {
 public:
  using entry = void (*)(void*);

  // The stack that is running now.
  fiber() noexcept {
#ifdef WEIR_FIBERS_TSAN
    sanitizer_ = __tsan_get_current_fiber();
#endif
  }
  // Runs run(argument) when first switched to; it must never return.
  fiber(entry run, void* argument)
      : memory_(std::make_unique<std::byte[]>(stack_bytes)), run_(run), argument_(argument) {
    getcontext(&context_);
    context_.uc_stack.ss_sp = memory_.get();
    context_.uc_stack.ss_size = stack_bytes;
    context_.uc_link = nullptr;
    const auto self = reinterpret_cast<std::uintptr_t>(this);
    // makecontext passes ints alone.
    makecontext(&context_, reinterpret_cast<void (*)()>(&fiber::begin), 2,
                static_cast<unsigned>(self & 0xffffffffU), static_cast<unsigned>(self >> 32));
#ifdef WEIR_FIBERS_TSAN
    sanitizer_ = __tsan_create_fiber(0);
#endif
  }
  ~fiber() {
#ifdef WEIR_FIBERS_TSAN
    if (memory_) __tsan_destroy_fiber(sanitizer_);
#endif
  }
  fiber(const fiber&) = delete;
  fiber& operator=(const fiber&) = delete;

  // Goes on there; returns when somebody switches back here.
  void switch_to(fiber& other) noexcept {
#ifdef WEIR_FIBERS_TSAN
    __tsan_switch_to_fiber(other.sanitizer_, 0);
#endif
#ifdef WEIR_FIBERS_ASAN
    other.came_from_ = this;
    void* fake = nullptr;
    __sanitizer_start_switch_fiber(&fake, other.bottom_, other.size_);
    swapcontext(&context_, &other.context_);
    __sanitizer_finish_switch_fiber(fake, &came_from_->bottom_, &came_from_->size_);
#else
    swapcontext(&context_, &other.context_);
#endif
  }

 private:
  static constexpr std::size_t stack_bytes = 256 * 1024;

  static void begin(unsigned low, unsigned high) {
    auto* const self = reinterpret_cast<fiber*>(static_cast<std::uintptr_t>(low) |
                                                (static_cast<std::uintptr_t>(high) << 32));
#ifdef WEIR_FIBERS_ASAN
    __sanitizer_finish_switch_fiber(nullptr, &self->came_from_->bottom_, &self->came_from_->size_);
#endif
    self->run_(self->argument_);
  }

  ucontext_t context_{};
  std::unique_ptr<std::byte[]> memory_;
  entry run_ = nullptr;
  void* argument_ = nullptr;
#ifdef WEIR_FIBERS_TSAN
  void* sanitizer_ = nullptr;
#endif
#ifdef WEIR_FIBERS_ASAN
  // For a stack of ours known from the start, for the machine's own told by the first switch.
  const void* bottom_ = memory_.get();
  std::size_t size_ = memory_ ? stack_bytes : 0;
  fiber* came_from_ = nullptr;
#endif
};

}  // namespace interleavings
