#include "weir/upstream/answer_cache.hpp"

#include <utility>

namespace weir::upstream {
namespace {

// What an entry takes besides its key's text and its answer: nodes of a list and of an index, which
// holds the key once more.
constexpr std::size_t entry_bytes = 200;

}  // namespace

// What is fresh and what is stale differs by reader: kept_answer says it, and to the cache below an
// entry is good for as long as it is of any use.
answer_cache::answer_cache(std::size_t capacity_bytes) : kept_({.capacity = capacity_bytes}) {}

std::shared_ptr<const kept_answer> answer_cache::find(const std::string& key, const keeping& reader,
                                                      time_point now) const {
  auto known = kept_.get(key, now).value;
  if (known && known->useful_left(reader, now) <= duration::zero()) known.reset();
  return known;
}

bool answer_cache::keep(const std::string& key, std::shared_ptr<const kept_answer> answer,
                        const keeping& reader, time_point now) const {
  const duration left = answer->useful_left(reader, now);
  if (left <= duration::zero()) {
    forget(key);
    return false;
  }
  const std::size_t bytes = answer->bytes() + 2 * key.size() + entry_bytes;
  return kept_.put(key, std::move(answer), now, left, bytes);
}

answer_cache::view answer_cache::look() const {
  view out{};
  for (std::size_t i = 0; i < uses; ++i) out.counts[i] = counts_[i].load(std::memory_order_relaxed);
  const auto held = kept_.look();
  out.entries = held.entries;
  out.bytes = held.weight;
  return out;
}

}  // namespace weir::upstream
