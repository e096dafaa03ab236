// What policies are written in: rates, percentiles, whom a limit or a hash goes by, methods.

#include <algorithm>
#include <charconv>
#include <chrono>
#include <string>
#include <vector>

#include "schema_writer.hpp"
#include "weir/base/duration_text.hpp"
#include "weir/gateway/config/spelling.hpp"
#include "weir/gateway/config/suggest.hpp"
#include "weir/gateway/config/types.hpp"

namespace weir::gateway::config {
namespace {

// The name in `header NAME`, lower case.
std::optional<std::string> header_of(const std::string& text) {
  constexpr std::string_view header = "header ";
  if (!text.starts_with(header) || text.size() == header.size() ||
      text.find(' ', header.size()) != std::string::npos) {
    return std::nullopt;
  }
  return lower_case(text.substr(header.size()));
}

class hash_source_type final : public type<config::hash_source> {
 public:
  std::optional<config::hash_source> read(reader& r, const node& from) const override {
    const auto text = r.text(from, word());
    if (!text) return std::nullopt;
    using kind = config::hash_source::kind;
    if (*text == "target") return config::hash_source{};
    if (*text == "client") return config::hash_source{kind::client, {}};
    if (auto header = header_of(*text)) return config::hash_source{kind::header, *header};
    r.error(from.where, shown(from) + " is not known here; write " + word());
    return std::nullopt;
  }
  std::string word() const override { return "`target`, `client` or `header NAME`"; }
  void schema(schema_writer& to) const override { to.text(); }
};

class rate_source_type final : public type<config::rate_source> {
 public:
  std::optional<config::rate_source> read(reader& r, const node& from) const override {
    const auto text = r.text(from, word());
    if (!text) return std::nullopt;
    using kind = config::rate_source::kind;
    if (*text == "everyone") return config::rate_source{};
    if (*text == "client") return config::rate_source{kind::client, {}};
    if (auto header = header_of(*text)) return config::rate_source{kind::header, *header};
    r.error(from.where, shown(from) + " is not known here; write " + word());
    return std::nullopt;
  }
  std::string word() const override { return "`everyone`, `client` or `header NAME`"; }
  void schema(schema_writer& to) const override { to.text(); }
};

// Methods of calls, one or a list.
class methods_type final : public type<std::vector<verb>> {
 public:
  std::optional<std::vector<verb>> read(reader& r, const node& from) const override {
    std::vector<verb> out;
    const auto take = [&](const node& n) {
      const auto text = r.text(n, "a method like `GET`");
      if (!text) return;
      const auto found = std::find(verb_tokens.begin(), verb_tokens.end(), *text);
      if (found == verb_tokens.end()) {
        r.error(n.where, shown(n) + " is no method here; write " + one_of(verb_tokens),
                std::string(nearest(*text, verb_tokens)));
        return;
      }
      out.push_back(static_cast<verb>(found - verb_tokens.begin()));
    };
    if (from.is_list()) {
      for (const node& item : from.items) take(item);
      if (from.items.empty()) r.error(from.where, "this list is empty; name a method");
    } else {
      take(from);
    }
    if (out.empty()) return std::nullopt;
    return out;
  }
  std::string word() const override { return "method, or list of methods"; }
  void schema(schema_writer& to) const override {
    to.one_or_list([](schema_writer& w) { w.choice(verb_tokens); });
  }
};

// 100/s, 600/m, 20/500ms
class rate_type final : public type<rate> {
 public:
  std::optional<rate> read(reader& r, const node& from) const override {
    const auto text = r.text(from, "a rate like `100/s`");
    if (!text) return std::nullopt;
    rate out;
    const char* const end = text->data() + text->size();
    const auto parsed = std::from_chars(text->data(), end, out.permits);
    const bool number = parsed.ec == std::errc() && parsed.ptr != text->data();
    if (!number || parsed.ptr == end || *parsed.ptr != '/') {
      r.error(from.where,
              shown(from) + " is no rate; write it like `100/s`, `600/m` or `20/500ms`");
      return std::nullopt;
    }
    const std::string per(parsed.ptr + 1, end);
    const bool unit_alone = !per.empty() && per[0] >= 'a' && per[0] <= 'z';
    const auto d = parse_duration(unit_alone ? "1" + per : per);
    if (!d || *d == duration::zero()) {
      r.error(from.where, shown(from) + " is no rate: `" + per +
                              "` is no time; write it like `100/s`, `600/m` or `20/500ms`");
      return std::nullopt;
    }
    out.per = *d;
    constexpr duration least = std::chrono::microseconds(1);
    constexpr duration day = std::chrono::hours(24);
    if (out.permits == 0) {
      r.error(from.where, "a rate of zero lets nothing through; make it larger");
      return std::nullopt;
    }
    if (out.per > day || out.per / static_cast<duration::rep>(out.permits) < least) {
      r.error(from.where, shown(from) +
                              " is out of range; write a million a second at most, and "
                              "count within a day at most");
      return std::nullopt;
    }
    return out;
  }
  std::string word() const override { return "rate, like `100/s`"; }
  void schema(schema_writer& to) const override { to.text_matching("^[0-9]+/.+$"); }
};

// p95, p99.9, 50ms
class hedge_delay_type final : public type<hedge_delay> {
 public:
  std::optional<hedge_delay> read(reader& r, const node& from) const override {
    const auto text = r.text(from, "a percentile like `p95`, or a duration like `50ms`");
    if (!text) return std::nullopt;
    if (text->empty() || (*text)[0] != 'p') {
      const auto d = types::positive_duration().read(r, from);
      if (!d) return std::nullopt;
      return hedge_delay{d, 0};
    }
    double percent = 0;
    const char* const end = text->data() + text->size();
    const auto parsed = std::from_chars(text->data() + 1, end, percent, std::chars_format::fixed);
    // Written so that what is no number ("pnan" is read as one) fails, too.
    if (parsed.ec != std::errc() || parsed.ptr != end || !(percent >= 50 && percent < 100)) {
      r.error(from.where, shown(from) +
                              " is no percentile that fits here; write one from `p50` to "
                              "`p99.9`, or a duration like `50ms`");
      return std::nullopt;
    }
    return hedge_delay{std::nullopt, percent / 100};
  }
  std::string word() const override { return "percentile like `p95`, or duration"; }
  void schema(schema_writer& to) const override {
    to.text_matching(
        "^(p[5-9][0-9](\\.[0-9]+)?|" +
        std::string(schema_writer::duration).substr(1, schema_writer::duration.size() - 2) + ")$");
  }
};

// A number of times: 1.5.
class factor_type final : public type<double> {
 public:
  std::optional<double> read(reader& r, const node& from) const override {
    const auto text = r.text(from, "a number like `1.5`");
    if (!text) return std::nullopt;
    double number = 0;
    const char* const end = text->data() + text->size();
    const auto parsed = std::from_chars(text->data(), end, number, std::chars_format::fixed);
    if (parsed.ec != std::errc() || parsed.ptr != end || !(number >= 1 && number <= 10)) {
      r.error(from.where, shown(from) + " does not fit here; write a number from 1 to 10");
      return std::nullopt;
    }
    return number;
  }
  std::string word() const override { return "number from 1 to 10"; }
  void schema(schema_writer& to) const override { to.any_scalar(); }
};

}  // namespace

namespace types {

const type<config::hash_source>& hash_source() {
  static const hash_source_type t;
  return t;
}
const type<config::rate>& rate() {
  static const rate_type t;
  return t;
}
const type<config::hedge_delay>& hedge_delay() {
  static const hedge_delay_type t;
  return t;
}
const type<double>& factor() {
  static const factor_type t;
  return t;
}

const type<config::rate_source>& rate_source() {
  static const rate_source_type t;
  return t;
}
const type<std::vector<verb>>& methods() {
  static const methods_type t;
  return t;
}
}  // namespace types
}  // namespace weir::gateway::config
