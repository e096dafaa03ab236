#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <vector>

#include "weir/base/thread_index.hpp"

namespace weir::detail {

// One Shard for each thread that asks, made at its first use: counters that threads write without
// sharing a cache line. Only the owning thread writes its shard; anyone may read all of them.
// Threads are told apart by thread_index(), so there are as many shards as threads ever lived at a
// time. Shards live until the whole goes.
//
// find() is two dependent loads once the shard exists. Growing copies the slots into a larger table
// and keeps the old one, because a reader may still be in it; sizes double, so the old ones
// together are no larger than the newest.
template <class Shard>
class sharded {
 public:
  sharded() noexcept = default;
  ~sharded() {
    table* t = table_.load(std::memory_order_relaxed);
    if (t) {
      for (std::uint32_t i = 0; i < t->size; ++i) delete t->slots()[i].load();
    }
    while (t) {
      table* const older = t->older;
      t->~table();
      ::operator delete(t);
      t = older;
    }
  }
  sharded(const sharded&) = delete;
  sharded& operator=(const sharded&) = delete;

  // The calling thread's shard, or null if it has none yet.
  Shard* find() const noexcept {
    const std::uint32_t index = thread_index();
    table* const t = table_.load(std::memory_order_acquire);
    if (!t || index >= t->size) [[unlikely]] {
      return nullptr;
    }
    return t->slots()[index].load(std::memory_order_acquire);
  }

  // The calling thread's shard; `make` makes it at first. The caller holds the lock that guards the
  // whole.
  template <class Make>
  Shard& add(const Make& make) {
    const std::uint32_t index = thread_index();
    table* t = table_.load(std::memory_order_relaxed);
    if (!t || index >= t->size) t = grow(t, index);
    auto& slot = t->slots()[index];
    if (Shard* const there = slot.load(std::memory_order_relaxed)) return *there;
    Shard* const made = make();
    slot.store(made, std::memory_order_release);
    return *made;
  }

  template <class F>
  void for_each(const F& f) const {
    table* const t = table_.load(std::memory_order_acquire);
    if (!t) return;
    for (std::uint32_t i = 0; i < t->size; ++i) {
      if (const Shard* const s = t->slots()[i].load(std::memory_order_acquire)) f(*s);
    }
  }

 private:
  // A header with its slots behind it, in one allocation.
  struct table {
    using slot = std::atomic<Shard*>;
    std::uint32_t size;
    table* older;
    slot* slots() noexcept { return reinterpret_cast<slot*>(this + 1); }
  };

  table* grow(table* from, std::uint32_t index) {
    std::uint32_t size = from ? from->size : 2;
    while (size <= index) size *= 2;
    void* const memory = ::operator new(sizeof(table) + size * sizeof(typename table::slot));
    auto* const t = ::new (memory) table{size, from};
    for (std::uint32_t i = 0; i < size; ++i) {
      ::new (&t->slots()[i]) typename table::slot(
          from && i < from->size ? from->slots()[i].load(std::memory_order_relaxed) : nullptr);
    }
    table_.store(t, std::memory_order_release);
    return t;
  }

  std::atomic<table*> table_{nullptr};
};

}  // namespace weir::detail
