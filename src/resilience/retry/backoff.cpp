#include "weir/resilience/retry/backoff.hpp"

#include <algorithm>
#include <cmath>
#include <type_traits>

#include "weir/base/duration_text.hpp"

namespace weir {
namespace {

// first·factor^(retry-1), no more than longest; computed so that nothing overflows.
duration grown(const exponential& e, std::uint32_t retry) noexcept {
  const double d =
      static_cast<double>(e.first.count()) * std::pow(e.factor, static_cast<double>(retry - 1));
  if (!(d < static_cast<double>(e.longest.count()))) return e.longest;
  return duration(static_cast<duration::rep>(d));
}

// Uniform in [low, high].
duration between(duration low, duration high, random_source& random) noexcept {
  if (high <= low) return low;
  const auto span = static_cast<std::uint64_t>((high - low).count());
  return low + duration(static_cast<duration::rep>(random.below(span + 1)));
}

duration spread(duration d, jitter how, random_source& random) noexcept {
  return how == jitter::full ? between(duration::zero(), d, random) : d;
}

}  // namespace

duration backoff::delay(std::uint32_t retry, duration previous, random_source& random) const {
  return std::visit(
      [&](const auto& how) -> duration {
        using type = std::remove_cvref_t<decltype(how)>;
        if constexpr (std::is_same_v<type, constant>) {
          return spread(how.delay, how.spread, random);
        } else if constexpr (std::is_same_v<type, exponential>) {
          return spread(grown(how, retry), how.spread, random);
        } else if constexpr (std::is_same_v<type, decorrelated>) {
          const duration before = std::max(previous, how.first);
          const duration high = before > how.longest / 3 ? how.longest : before * 3;
          return between(how.first, high, random);
        } else {
          return std::max(duration::zero(), how(retry));
        }
      },
      how_);
}

duration backoff::longest(std::uint32_t retry) const noexcept {
  if (const auto* c = std::get_if<constant>(&how_)) return c->delay;
  if (const auto* e = std::get_if<exponential>(&how_)) return grown(*e, retry);
  if (const auto* d = std::get_if<decorrelated>(&how_)) {
    duration most = d->first;
    for (std::uint32_t i = 0; i < retry && most < d->longest; ++i) {
      most = most > d->longest / 3 ? d->longest : most * 3;
    }
    return most;
  }
  return duration::max();
}

std::string backoff::text() const {
  const auto with = [](jitter j) { return j == jitter::full ? ", full jitter" : ""; };
  if (const auto* c = std::get_if<constant>(&how_)) {
    return format_duration(c->delay) + with(c->spread);
  }
  if (const auto* e = std::get_if<exponential>(&how_)) {
    return format_duration(e->first) + ".." + format_duration(e->longest) + with(e->spread);
  }
  if (const auto* d = std::get_if<decorrelated>(&how_)) {
    return format_duration(d->first) + ".." + format_duration(d->longest) + ", decorrelated jitter";
  }
  return "a function";
}

void backoff::validate(option_problems& found) const {
  const auto require = [&](bool good, const char* message) {
    if (!good) found.push_back({"backoff", message});
  };
  if (const auto* c = std::get_if<constant>(&how_)) {
    require(c->delay >= duration::zero(), "cannot be negative");
  } else if (const auto* e = std::get_if<exponential>(&how_)) {
    require(e->first >= duration::zero(), "cannot be negative");
    require(e->longest >= e->first, "cannot grow to less than it begins with");
    require(e->factor >= 1 && std::isfinite(e->factor), "must grow by a factor of at least 1");
  } else if (const auto* d = std::get_if<decorrelated>(&how_)) {
    require(d->first > duration::zero(), "must be above zero for decorrelated jitter");
    require(d->longest >= d->first, "cannot grow to less than it begins with");
  } else {
    require(static_cast<bool>(std::get<function>(how_)), "needs a function");
  }
}

}  // namespace weir
