// Durations, sizes, shares and counts.

#include <algorithm>
#include <charconv>
#include <limits>

#include "schema_writer.hpp"
#include "weir/base/duration_text.hpp"
#include "weir/gateway/config/types.hpp"

namespace weir::gateway::config {
namespace {

bool all_digits(std::string_view text) noexcept {
  return !text.empty() && std::all_of(text.begin(), text.end(),
                                      [](char c) { return (c >= '0' && c <= '9') || c == '.'; });
}

std::optional<duration> read_duration(reader& r, const node& from, std::string_view text) {
  auto parsed = parse_duration(text);
  if (parsed) return *parsed;
  if (all_digits(text)) {
    r.error(from.where, shown(from) + " has no unit; write `" + std::string(text) + "ms` or `" +
                            std::string(text) + "s`");
  } else {
    r.error(from.where, shown(from) + " is no duration: " + with_backticks(parsed.error()) +
                            "; write it like `250ms`, `1.5s` or `2m`");
  }
  return std::nullopt;
}

class duration_type final : public type<duration> {
 public:
  explicit duration_type(bool zero) : zero_(zero) {}
  std::optional<duration> read(reader& r, const node& from) const override {
    const auto text = r.text(from, "a duration like `250ms`");
    if (!text) return std::nullopt;
    const auto d = read_duration(r, from, *text);
    if (d && *d == duration::zero() && !zero_) {
      r.error(from.where, "a duration of zero would let nothing happen; make it longer");
      return std::nullopt;
    }
    return d;
  }
  std::string word() const override { return zero_ ? "duration, or `0s`" : "duration"; }
  void schema(schema_writer& to) const override { to.text_matching(schema_writer::duration); }

 private:
  bool zero_;
};

class time_limit_type final : public type<time_limit> {
 public:
  std::optional<time_limit> read(reader& r, const node& from) const override {
    const auto text = r.text(from, "a duration like `2500ms`, or `none`");
    if (!text) return std::nullopt;
    if (*text == "none") return time_limit{};
    const auto d = read_duration(r, from, *text);
    if (!d) return std::nullopt;
    if (*d == duration::zero()) {
      r.error(from.where, "a deadline of zero answers nobody; make it longer, or write `none`");
      return std::nullopt;
    }
    return time_limit{d};
  }
  std::string word() const override { return "duration, or `none`"; }
  void schema(schema_writer& to) const override {
    to.text_matching(
        "^(none|" +
        std::string(schema_writer::duration).substr(1, schema_writer::duration.size() - 2) + ")$");
  }
};

class pause_range_type final : public type<pause_range> {
 public:
  std::optional<pause_range> read(reader& r, const node& from) const override {
    const auto text = r.text(from, "a duration like `100ms`, or a range like `25ms..250ms`");
    if (!text) return std::nullopt;
    const std::size_t dots = text->find("..");
    if (dots == std::string::npos) {
      const auto d = read_duration(r, from, *text);
      if (!d) return std::nullopt;
      return pause_range{*d, *d, true};
    }
    const auto low = read_duration(r, from, std::string_view(*text).substr(0, dots));
    if (!low) return std::nullopt;
    const auto high = read_duration(r, from, std::string_view(*text).substr(dots + 2));
    if (!high) return std::nullopt;
    if (*low > *high) {
      r.error(from.where, "the range " + shown(from) + " goes down; write the shorter one first");
      return std::nullopt;
    }
    if (*low == duration::zero()) {
      r.error(from.where,
              "a range cannot begin at zero, which does not grow; begin at 1ms or more");
      return std::nullopt;
    }
    return pause_range{*low, *high, *low == *high};
  }
  std::string word() const override { return "duration, or range of durations"; }
  void schema(schema_writer& to) const override { to.text_matching(schema_writer::duration_range); }
};

class bytes_type final : public type<std::uint64_t> {
 public:
  explicit bytes_type(bool zero, std::uint64_t most = std::numeric_limits<std::uint64_t>::max())
      : zero_(zero), most_(most) {}
  std::optional<std::uint64_t> read(reader& r, const node& from) const override {
    const auto text = r.text(from, "a size like `64KiB`");
    if (!text) return std::nullopt;
    if (zero_ && *text == "0") return 0;
    const auto parsed = parse_bytes(*text);
    if (parsed && *parsed > 0 && *parsed <= most_) return *parsed;
    if (parsed && *parsed > most_) {
      r.error(from.where, shown(from) + " is more than is ever held; write `" +
                              std::to_string(most_ / 1024) + "KiB` at most");
    } else if (parsed) {
      r.error(from.where, "a size of zero would let nothing through; make it larger");
    } else if (all_digits(*text)) {
      r.error(from.where, shown(from) + " has no unit; write `" + *text + "B`, `KiB` or `MiB`");
    } else {
      r.error(from.where, shown(from) + " is no size: " + with_backticks(parsed.error()) +
                              "; write it like `64KiB` or `8MiB`");
    }
    return std::nullopt;
  }
  std::string word() const override { return zero_ ? "size, or `0`" : "size"; }
  void schema(schema_writer& to) const override {
    if (zero_) {
      to.text_matching(schema_writer::size_or_zero);
    } else {
      to.text_matching(schema_writer::size);
    }
  }

 private:
  bool zero_;
  std::uint64_t most_;
};

class percent_type final : public type<double> {
 public:
  std::optional<double> read(reader& r, const node& from) const override {
    const auto text = r.text(from, "a percentage like `20%`");
    if (!text) return std::nullopt;
    double number = 0;
    const char* const end = text->data() + text->size();
    const auto parsed = std::from_chars(text->data(), end, number, std::chars_format::fixed);
    const bool is_number = parsed.ec == std::errc() && parsed.ptr != text->data();
    if (is_number && parsed.ptr + 1 == end && *parsed.ptr == '%') {
      if (number > 0 && number <= 100) return number / 100;
      r.error(from.where,
              shown(from) + " is out of range; write more than `0%`, and `100%` at most");
      return std::nullopt;
    }
    if (is_number && parsed.ptr == end) {
      r.error(from.where, shown(from) + " has no `%`; write it like `20%`");
    } else {
      r.error(from.where, shown(from) + " is no percentage; write it like `20%`");
    }
    return std::nullopt;
  }
  std::string word() const override { return "percentage"; }
  void schema(schema_writer& to) const override { to.text_matching(schema_writer::percentage); }
};

class count_type final : public type<std::uint64_t> {
 public:
  explicit count_type(std::uint64_t least, std::uint64_t most = beyond_use)
      : least_(least), most_(most) {}
  std::optional<std::uint64_t> read(reader& r, const node& from) const override {
    const auto text = r.text(from, "a whole number");
    if (!text) return std::nullopt;
    std::uint64_t number = 0;
    const char* const end = text->data() + text->size();
    const auto parsed = std::from_chars(text->data(), end, number);
    const bool leading_zero = text->size() > 1 && text->front() == '0';
    const bool too_long = parsed.ec == std::errc::result_out_of_range;
    if ((parsed.ec != std::errc() && !too_long) || parsed.ptr != end || leading_zero) {
      r.error(from.where, shown(from) + " is no whole number; write digits alone");
      return std::nullopt;
    }
    if (too_long || number < least_ || number > most_) {
      r.error(from.where, shown(from) + " is out of range; write " + std::to_string(least_) +
                              " or more, and " + std::to_string(most_) + " at most");
      return std::nullopt;
    }
    return number;
  }
  std::string word() const override {
    return "whole number from " + std::to_string(least_) +
           (most_ < beyond_use ? " to " + std::to_string(most_) : std::string());
  }
  void schema(schema_writer& to) const override {
    to.integer(static_cast<std::int64_t>(least_), static_cast<std::int64_t>(most_));
  }

 private:
  // Nothing that is counted here comes near it, and it fits every integer it ends up in.
  static constexpr std::uint64_t beyond_use = 1'000'000'000;

  std::uint64_t least_;
  std::uint64_t most_;
};

}  // namespace

namespace types {

const type<duration>& positive_duration() {
  static const duration_type t(false);
  return t;
}
const type<duration>& any_duration() {
  static const duration_type t(true);
  return t;
}
const type<time_limit>& duration_or_none() {
  static const time_limit_type t;
  return t;
}
const type<pause_range>& durations() {
  static const pause_range_type t;
  return t;
}
const type<std::uint64_t>& bytes() {
  static const bytes_type t(false);
  return t;
}
const type<std::uint64_t>& bytes_or_zero() {
  static const bytes_type t(true);
  return t;
}
const type<std::uint64_t>& head_bytes() {
  static const bytes_type t(false, most_head_bytes);
  return t;
}
const type<std::uint64_t>& header_fields() {
  static const count_type t(1, most_header_fields);
  return t;
}
const type<std::uint64_t>& json_depth() {
  static const count_type t(1, most_json_depth);
  return t;
}
const type<double>& percent() {
  static const percent_type t;
  return t;
}
const type<std::uint64_t>& at_least_one() {
  static const count_type t(1);
  return t;
}
const type<std::uint64_t>& tries() {
  static const count_type t(1, 1000);
  return t;
}
const type<std::uint64_t>& workers() {
  static const count_type t(1, 1024);
  return t;
}
const type<std::uint64_t>& pipelining() {
  static const count_type t(1, 64);
  return t;
}
const type<std::uint64_t>& count() {
  static const count_type t(0);
  return t;
}

}  // namespace types
}  // namespace weir::gateway::config
