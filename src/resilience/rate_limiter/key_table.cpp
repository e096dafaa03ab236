#include "key_table.hpp"

#include <algorithm>
#include <bit>

namespace weir::detail {
namespace {

constexpr std::size_t first_places = 16;
// What one newcomer looks through for buckets that are full again.
constexpr std::size_t looked_at = 32;

}  // namespace

// Multiplicative hashing by a secret odd number: the high bits are the good ones.
std::size_t key_table::home(std::uint64_t key) const noexcept {
  const int bits = std::countr_zero(places_.size());
  return static_cast<std::size_t>(((key ^ secret_) * odd_) >> (64 - bits));
}

// Where the key is, or the free place where it would go.
std::size_t key_table::place_of(std::uint64_t key) const noexcept {
  std::size_t at = home(key);
  while (!free(places_[at]) && places_[at].key != key) at = next(at);
  return at;
}

key_table::bucket* key_table::find(std::uint64_t key) noexcept {
  if (places_.empty()) return nullptr;
  bucket& there = places_[place_of(key)];
  return free(there) ? nullptr : &there;
}

key_table::bucket& key_table::of(std::uint64_t key, time_point now) {
  const std::int64_t at = now.time_since_epoch().count();
  if (bucket* const known = find(key)) return *known;
  if (size_ >= most_) make_room(at);
  if ((size_ + 1) * 2 > places_.size()) rebuild(at);
  bucket& made = places_[place_of(key)];
  made = {key, at, 0};
  ++size_;
  return made;
}

// Into a table with room for twice as many as are in use now. The cost is spread over the keys that
// came since the last time.
void key_table::rebuild(std::int64_t now) {
  std::size_t in_use = 0;
  for (const bucket& b : places_) in_use += b.full_at > now ? 1 : 0;
  const std::size_t wanted = std::min(std::bit_ceil((in_use + 1) * 4), std::bit_ceil(most_ * 2));
  std::vector<bucket> old(std::max(first_places, wanted));
  old.swap(places_);
  size_ = 0;
  hand_ = 0;
  for (const bucket& b : old) {
    if (b.full_at <= now) continue;
    places_[place_of(b.key)] = b;
    ++size_;
  }
}

void key_table::make_room(std::int64_t now) noexcept {
  std::size_t nearest = places_.size();
  const std::size_t before = size_;
  for (std::size_t seen = 0; seen < looked_at || (size_ == before && nearest == places_.size());
       ++seen) {
    hand_ = next(hand_);
    // What moves up into the place that becomes free is looked at too.
    while (!free(places_[hand_]) && places_[hand_].full_at <= now) erase(hand_);
    if (free(places_[hand_])) continue;
    if (nearest == places_.size() || places_[hand_].full_at < places_[nearest].full_at) {
      nearest = hand_;
    }
  }
  if (size_ < before) return;
  erase(nearest);
  ++forgotten_;
}

// What follows in the same run moves up, so that no search ends too early.
void key_table::erase(std::size_t place) noexcept {
  std::size_t hole = place;
  for (std::size_t at = next(hole); !free(places_[at]); at = next(at)) {
    const std::size_t mask = places_.size() - 1;
    const std::size_t way = (at - home(places_[at].key)) & mask;
    if (way < ((at - hole) & mask)) continue;
    places_[hole] = places_[at];
    hole = at;
  }
  places_[hole] = {};
  --size_;
}

}  // namespace weir::detail
