#include "weir/gateway/plan/words.hpp"

#include <cmath>
#include <variant>

#include "weir/base/duration_text.hpp"
#include "weir/json/writer.hpp"

namespace weir::gateway {
namespace {

std::string percent(double ratio) {
  std::string out;
  json::append_number(out, std::round(ratio * 100'000) / 1000);
  return out + "%";
}

std::string failures(std::uint32_t n) {
  return std::to_string(n) + (n == 1 ? " failure" : " failures");
}

struct rule_words {
  std::string operator()(const failures_in_a_row& r) const {
    return failures(r.failures) + " in a row";
  }
  std::string operator()(const failures_within& r) const {
    return failures(r.failures) + " within " + words_of(r.within);
  }
  std::string operator()(const failure_ratio& r) const {
    return percent(r.ratio) + " of " + std::to_string(r.min_calls) +
           " calls or more failed within " + words_of(r.within);
  }
  std::string operator()(const slow_ratio& r) const {
    return percent(r.ratio) + " of " + std::to_string(r.min_calls) + " calls or more slower than " +
           words_of(r.slower_than) + " within " + words_of(r.within);
  }
  std::string operator()(const failures_of_last& r) const {
    return failures(r.failures) + " of the last " + std::to_string(r.calls) + " calls";
  }
  std::string operator()(const failure_ratio_of_last& r) const {
    return percent(r.ratio) + " of the last " + std::to_string(r.calls) + " calls failed";
  }
  std::string operator()(const failing_buckets& r) const {
    return percent(r.ratio) + " of the calls failed in each of ten parts of " + words_of(r.within);
  }
};

}  // namespace

std::string words_of(duration d) {
  using namespace std::chrono_literals;
  const bool whole_ms = d % 1ms == duration::zero();
  if (whole_ms && d < 1min && d % 1s != duration::zero()) return std::to_string(d / 1ms) + "ms";
  return format_duration(d);
}

std::string words_of(const trip_rule& rule) {
  return std::visit(rule_words{}, rule);
}

std::string words_of(const trip_rules& rules) {
  std::string out;
  for (const trip_rule& rule : rules.all()) {
    if (!out.empty()) out += " or ";
    out += words_of(rule);
  }
  return out;
}

std::string words_of(const open_time& time) {
  if (time.is_function() || time.first() == time.longest()) return words_of(time.first());
  return words_of(time.first()) + ".." + words_of(time.longest());
}

}  // namespace weir::gateway
