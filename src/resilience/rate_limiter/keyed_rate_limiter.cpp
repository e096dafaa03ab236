#include "weir/resilience/rate_limiter/keyed_rate_limiter.hpp"

#include <algorithm>
#include <atomic>
#include <mutex>

#include "key_digest.hpp"
#include "key_table.hpp"
#include "weir/base/random.hpp"

namespace weir {
namespace {

// Fewer keys than this need no more than one lock, and then the bound is exact.
constexpr std::size_t few_keys = 1024;
constexpr std::size_t most_shards = 16;

}  // namespace

option_problems keyed_rate_limiter_options::validate() const {
  option_problems found = rate_limiter_options{.allow = allow}.validate();
  if (most_keys < 1 || most_keys > 10'000'000) {
    found.push_back({"most_keys", "must be from 1 to 10000000"});
  }
  return found;
}

class keyed_rate_limiter::shared {
 public:
  explicit shared(keyed_rate_limiter_options o)
      : options(std::move(o)),
        rule_(rate_limiter_options{.allow = options.allow}.interval(),
              rate_limiter_options{.allow = options.allow}.burst()) {
    const std::size_t count = options.most_keys < few_keys ? 1 : most_shards;
    const std::size_t each = (options.most_keys + count - 1) / count;
    random_source& random = thread_random();
    for (std::size_t i = 0; i < count; ++i) {
      shards_.push_back(std::make_unique<shard>(each, random.next()));
    }
  }

  standing ask(std::uint64_t key, time_point now, std::uint32_t permits) {
    shard& s = of(key);
    const std::lock_guard lock(s.mutex);
    detail::key_table::bucket& b = s.buckets.of(key, now);
    const auto step = rule_.take(b.full_at, now, permits, duration::zero());
    b.full_at = step.full_at;
    const std::int64_t ahead = b.full_at - now.time_since_epoch().count();
    standing out{.admitted = step.given,
                 .available = rule_.available(b.full_at, now),
                 .full_in = duration(std::max<std::int64_t>(0, ahead)),
                 .retry_after = step.given ? duration::zero() : step.wait};
    if (!step.given) {
      ++s.rejected;
      return out;
    }
    ++s.admitted;
    if (watched_.load(std::memory_order_relaxed)) note(s, b, permits);
    return out;
  }

  view look() {
    view out;
    for (const auto& s : shards_) {
      const std::lock_guard lock(s->mutex);
      out.keys += s->buckets.size();
      out.admitted += s->admitted;
      out.rejected += s->rejected;
      out.forgotten += s->buckets.forgotten();
    }
    return out;
  }

  std::vector<used> take_used() {
    watched_.store(true, std::memory_order_relaxed);
    std::vector<used> out;
    for (const auto& s : shards_) {
      const std::lock_guard lock(s->mutex);
      for (const std::uint64_t key : s->untold) {
        detail::key_table::bucket* const b = s->buckets.find(key);
        if (!b || b->untold == 0) continue;  // it made way, or came back after it did
        out.push_back({key, b->untold});
        b->untold = 0;
      }
      s->untold.clear();
    }
    return out;
  }

  void catch_up(std::uint64_t key, time_point full_at, time_point now) {
    shard& s = of(key);
    const std::lock_guard lock(s.mutex);
    if (full_at <= now && !s.buckets.find(key)) return;
    detail::key_table::bucket& b = s.buckets.of(key, now);
    const std::int64_t from = std::max(full_at, now).time_since_epoch().count();
    b.full_at = std::max(b.full_at, from + rule_.cost(b.untold));
  }

  const keyed_rate_limiter_options options;

 private:
  struct shard {
    shard(std::size_t most, std::uint64_t secret) noexcept : buckets(most, secret), limit(most) {}
    std::mutex mutex;
    detail::key_table buckets;
    std::size_t limit;
    std::vector<std::uint64_t> untold;  // keys of buckets with something to tell
    std::uint64_t admitted = 0;
    std::uint64_t rejected = 0;
  };

  shard& of(std::uint64_t key) noexcept { return *shards_[key % shards_.size()]; }

  static void note(shard& s, detail::key_table::bucket& b, std::uint32_t permits) {
    if (b.untold == 0) {
      if (s.untold.size() >= s.limit) return;  // nobody takes them
      s.untold.push_back(b.key);
    }
    b.untold = b.untold > UINT32_MAX - permits ? UINT32_MAX : b.untold + permits;
  }

  const detail::gcra_rule rule_;
  std::atomic<bool> watched_{false};
  std::vector<std::unique_ptr<shard>> shards_;
};

keyed_rate_limiter::keyed_rate_limiter(keyed_rate_limiter_options options) {
  require_valid("keyed rate limiter", options.validate());
  shared_ = std::make_shared<shared>(std::move(options));
}

keyed_rate_limiter::standing keyed_rate_limiter::ask(std::string_view key, time_point now,
                                                     std::uint32_t permits) const {
  return shared_->ask(digest(key), now, permits);
}

result<void, rejection> keyed_rate_limiter::try_acquire(std::string_view key, time_point now,
                                                        std::uint32_t permits) const {
  const standing s = ask(key, now, permits);
  if (!s.admitted) return failure(rejection{cause::rejected_rate, s.retry_after});
  return {};
}

keyed_rate_limiter::view keyed_rate_limiter::look() const {
  return shared_->look();
}

const keyed_rate_limiter_options& keyed_rate_limiter::options() const noexcept {
  return shared_->options;
}

std::vector<keyed_rate_limiter::used> keyed_rate_limiter::take_used() const {
  return shared_->take_used();
}

void keyed_rate_limiter::catch_up(std::uint64_t key, time_point full_at, time_point now) const {
  shared_->catch_up(key, full_at, now);
}

std::uint64_t keyed_rate_limiter::digest(std::string_view key) noexcept {
  return detail::key_digest(key);
}

}  // namespace weir
