#include "weir/upstream/balance.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <numeric>

namespace weir::upstream {
namespace {

// Draws that an instance in its slow start, or one tried before, may cost before a scan decides.
constexpr int most_draws = 8;
constexpr double least_share = 0.05;  // of a slow start: enough to be seen to work

// After so long a silence two thirds of what was known of a latency is forgotten.
constexpr double memory_ns = 10e9;
// What calls cost that run on an instance of which nothing is known yet.
constexpr double unknown_cost = 1e12;

// No instance holds more than this times the average of calls in flight.
constexpr double most_load = 1.25;

// Primes, so that every step visits every place; about a hundred places for each candidate keep the
// shares within one percent (the paper's choice).
constexpr std::array<std::uint32_t, 5> table_sizes = {1021, 5003, 20011, 65537, 655373};

// Weights are reduced so that a cycle of turns has no more places than this.
constexpr std::uint64_t longest_cycle = 1u << 16;

bool was_tried(const choice& c, std::size_t i) noexcept {
  const instance* const who = c.from.candidates()[i].who.get();
  return std::find(c.tried.begin(), c.tried.end(), who) != c.tried.end();
}

bool is_held_back(const choice& c, std::size_t i) noexcept {
  if (!c.from.ramps()) return false;
  const double share = c.from.share(i, c.now);
  return share < 1 && c.random.unit() >= share;
}

std::size_t scan(const choice& c, std::size_t from) noexcept {
  const std::size_t n = c.from.size();
  for (std::size_t k = 0; k < n; ++k) {
    const std::size_t i = (from + k) % n;
    if (!was_tried(c, i)) return i;
  }
  return no_candidate;
}

template <class Next>
std::size_t first_fit(const choice& c, Next next) noexcept {
  std::size_t i = 0;
  for (int n = 0; n < most_draws; ++n) {
    i = next();
    if (!was_tried(c, i) && !is_held_back(c, i)) return i;
  }
  return scan(c, i);
}

double load_per_weight(const choice& c, std::size_t i) noexcept {
  const candidate& who = c.from.candidates()[i];
  const lane_load* const load = c.loads.load_of(who.who->slot());
  const double share = c.from.ramps() ? c.from.share(i, c.now) : 1;
  if (c.from.how() == balance::peak_ewma) {
    return load ? load->cost(c.now) / (who.weight * share) : 0;
  }
  return (load ? load->in_flight + 1.0 : 1.0) / (who.weight * share);
}

std::size_t better_of_two(const choice& c) noexcept {
  const auto draw = [&] { return c.from.draw(c.random); };
  const std::size_t a = first_fit(c, draw);
  if (a == no_candidate || c.from.size() < 2) return a;
  std::size_t b = draw();
  for (int n = 0; b == a && n < most_draws; ++n) b = draw();
  if (b == a) b = (a + 1) % c.from.size();
  if (was_tried(c, b)) return a;
  return load_per_weight(c, b) < load_per_weight(c, a) ? b : a;
}

std::size_t by_key(const choice& c) noexcept {
  const std::size_t n = c.from.size();
  const double most = std::ceil(most_load * (c.loads.in_flight() + 1.0) / static_cast<double>(n));
  std::uint64_t place = c.key;
  std::size_t lightest = no_candidate;
  // A place belongs to each candidate about as often: some fit comes soon.
  for (std::size_t k = 0; k < 4 * n && k < c.from.places(); ++k, ++place) {
    const std::size_t i = c.from.of_key(place);
    if (was_tried(c, i)) continue;
    const lane_load* const load = c.loads.load_of(c.from.candidates()[i].who->slot());
    if (!load || load->in_flight + 1.0 <= most) return i;
    if (lightest == no_candidate) lightest = i;
  }
  return lightest != no_candidate ? lightest : scan(c, 0);
}

}  // namespace

std::string_view to_string(balance b) noexcept {
  switch (b) {
    case balance::least_requests:
      return "least_requests";
    case balance::round_robin:
      return "round_robin";
    case balance::weighted:
      return "weighted";
    case balance::peak_ewma:
      return "peak_ewma";
    case balance::maglev:
      return "maglev";
  }
  return "";
}

picking_table::picking_table(balance how, std::vector<candidate> from, duration slow_start)
    : how_(how), candidates_(std::move(from)), slow_start_(slow_start) {
  if (candidates_.empty()) return;
  ramps_ = slow_start > duration::zero() &&
           std::any_of(candidates_.begin(), candidates_.end(),
                       [](const candidate& c) { return c.ramp_from != time_point::min(); });
  const bool equal = std::all_of(candidates_.begin(), candidates_.end(), [&](const candidate& c) {
    return c.weight == candidates_[0].weight;
  });
  if (how_ == balance::maglev) {
    make_maglev();
  } else if (!equal) {
    how_ == balance::round_robin ? make_sequence() : make_alias();
  }
}

void picking_table::make_alias() {
  const std::size_t n = candidates_.size();
  double sum = 0;
  for (const candidate& c : candidates_) sum += c.weight;
  std::vector<double> scaled(n);
  std::vector<std::uint32_t> small, large;
  for (std::size_t i = 0; i < n; ++i) {
    scaled[i] = candidates_[i].weight * static_cast<double>(n) / sum;
    (scaled[i] < 1 ? small : large).push_back(static_cast<std::uint32_t>(i));
  }
  alias_.resize(n);
  while (!small.empty() && !large.empty()) {
    const std::uint32_t s = small.back();
    const std::uint32_t l = large.back();
    small.pop_back();
    alias_[s] = {scaled[s], l};
    scaled[l] -= 1 - scaled[s];
    if (scaled[l] < 1) {
      large.pop_back();
      small.push_back(l);
    }
  }
}

void picking_table::make_sequence() {
  const std::size_t n = candidates_.size();
  std::uint64_t divisor = 0;
  std::uint64_t total = 0;
  for (const candidate& c : candidates_) divisor = std::gcd(divisor, std::uint64_t{c.weight});
  for (const candidate& c : candidates_) total += c.weight / divisor;
  // Coarser where a cycle would be too long; nobody is left out.
  const std::uint64_t shrink = (total + longest_cycle - 1) / longest_cycle;
  std::vector<std::uint64_t> turns(n);
  total = 0;
  for (std::size_t i = 0; i < n; ++i) {
    // NOLINTNEXTLINE(clang-analyzer-core.DivideZero): every weight is 1 at least, and so are both
    turns[i] = std::max<std::uint64_t>(1, candidates_[i].weight / divisor / shrink);
    total += turns[i];
  }
  // Each turn belongs to the one whose next due place comes first: turn k of i is due at
  // (k + 1/2) / turns. The same order as the smooth algorithm's, in O(total · log n).
  struct due {
    double at;
    std::uint32_t who;
    std::uint64_t turn;
  };
  const auto later = [](const due& a, const due& b) {
    return a.at > b.at || (a.at == b.at && a.who > b.who);
  };
  std::vector<due> heap;
  heap.reserve(n);
  for (std::size_t i = 0; i < n; ++i) {
    heap.push_back({0.5 / static_cast<double>(turns[i]), static_cast<std::uint32_t>(i), 0});
  }
  std::make_heap(heap.begin(), heap.end(), later);
  sequence_.reserve(total);
  while (sequence_.size() < total) {
    std::pop_heap(heap.begin(), heap.end(), later);
    due& d = heap.back();
    sequence_.push_back(d.who);
    ++d.turn;
    d.at = (static_cast<double>(d.turn) + 0.5) / static_cast<double>(turns[d.who]);
    std::push_heap(heap.begin(), heap.end(), later);
  }
}

void picking_table::make_maglev() {
  const std::size_t n = candidates_.size();
  std::uint32_t size = table_sizes.back();
  for (const std::uint32_t s : table_sizes) {
    if (s >= n * 100) {
      size = s;
      break;
    }
  }
  struct walk {
    std::uint32_t at;
    std::uint32_t step;
  };
  std::vector<walk> walks(n);
  double heaviest = 0;
  for (std::size_t i = 0; i < n; ++i) {
    const std::uint64_t h = hash_key(candidates_[i].who->key());
    walks[i] = {static_cast<std::uint32_t>(h % size),
                static_cast<std::uint32_t>((h >> 32) % (size - 1)) + 1};
    heaviest = std::max(heaviest, static_cast<double>(candidates_[i].weight));
  }
  constexpr auto nobody = static_cast<std::uint32_t>(-1);
  maglev_.assign(size, nobody);
  std::vector<double> credit(n, 0);
  for (std::uint32_t filled = 0; filled < size;) {
    for (std::size_t i = 0; i < n && filled < size; ++i) {
      credit[i] += candidates_[i].weight / heaviest;
      if (credit[i] < 1) continue;
      credit[i] -= 1;
      while (maglev_[walks[i].at] != nobody) walks[i].at = (walks[i].at + walks[i].step) % size;
      maglev_[walks[i].at] = static_cast<std::uint32_t>(i);
      ++filled;
    }
  }
}

std::size_t picking_table::draw(random_source& random) const noexcept {
  const std::size_t n = candidates_.size();
  if (alias_.empty()) return static_cast<std::size_t>(random.below(n));
  const double x = random.unit() * static_cast<double>(n);
  const auto i = std::min(static_cast<std::size_t>(x), n - 1);
  return x - static_cast<double>(i) < alias_[i].keep ? i : alias_[i].other;
}

std::size_t picking_table::turn(std::uint64_t number) const noexcept {
  if (sequence_.empty()) return static_cast<std::size_t>(number % candidates_.size());
  return sequence_[number % sequence_.size()];
}

double picking_table::share(std::size_t i, time_point now) const noexcept {
  const time_point from = candidates_[i].ramp_from;
  if (from == time_point::min() || now >= from + slow_start_) return 1;
  if (now <= from) return least_share;
  return std::max(least_share, std::chrono::duration<double>(now - from) / slow_start_);
}

void lane_load::observe(duration took, time_point now) noexcept {
  const double sample = std::max(1.0, std::chrono::duration<double, std::nano>(took).count());
  const double before = cost(now) / (in_flight + 1.0);
  if (latency == 0 || sample >= before) {
    latency = sample;
  } else {
    const double age = std::chrono::duration<double, std::nano>(now - latency_at).count();
    const double keep = std::exp(-std::max(age, 0.0) / memory_ns);
    latency = latency * keep + sample * (1 - keep);
  }
  latency_at = now;
}

double lane_load::cost(time_point now) const noexcept {
  if (latency == 0) return in_flight == 0 ? 0 : unknown_cost * in_flight;
  const double age = std::chrono::duration<double, std::nano>(now - latency_at).count();
  return latency * std::exp(-std::max(age, 0.0) / memory_ns) * (in_flight + 1.0);
}

std::size_t choose(const choice& c) noexcept {
  const std::size_t n = c.from.size();
  if (n == 0) return no_candidate;
  if (n == 1) return was_tried(c, 0) ? no_candidate : 0;
  switch (c.from.how()) {
    case balance::round_robin:
      return first_fit(
          c, [&] { return c.from.turn(c.cursor.fetch_add(1, std::memory_order_relaxed)); });
    case balance::weighted:
      return first_fit(c, [&] { return c.from.draw(c.random); });
    case balance::maglev:
      return by_key(c);
    case balance::least_requests:
    case balance::peak_ewma:
      break;
  }
  return better_of_two(c);
}

std::uint64_t hash_key(std::string_view text) noexcept {
  std::uint64_t h = 0xcbf29ce484222325u;
  for (const char c : text) h = (h ^ static_cast<unsigned char>(c)) * 0x100000001b3u;
  h ^= h >> 33;
  h *= 0xff51afd7ed558ccdu;
  h ^= h >> 33;
  h *= 0xc4ceb9fe1a85ec53u;
  return h ^ (h >> 33);
}

}  // namespace weir::upstream
