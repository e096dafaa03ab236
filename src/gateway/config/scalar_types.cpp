#include <algorithm>
#include <charconv>
#include <limits>

#include "schema_writer.hpp"
#include "weir/base/duration_text.hpp"
#include "weir/gateway/config/suggest.hpp"
#include "weir/gateway/config/types.hpp"

namespace weir::gateway::config {
namespace {

// What a message shows of a wrong value: as it stands in the file, so that no value of the
// environment is printed.
std::string shown(const node& from) {
  constexpr std::size_t most = 40;
  if (from.text.size() <= most) return "`" + from.text + "`";
  return "`" + from.text.substr(0, most) + "…`";
}

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
  std::string word() const override { return "duration"; }
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
  explicit bytes_type(bool zero) : zero_(zero) {}
  std::optional<std::uint64_t> read(reader& r, const node& from) const override {
    const auto text = r.text(from, "a size like `64KiB`");
    if (!text) return std::nullopt;
    if (zero_ && *text == "0") return 0;
    const auto parsed = parse_bytes(*text);
    if (parsed && *parsed > 0) return *parsed;
    if (parsed) {
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

class boolean_type final : public type<bool> {
 public:
  std::optional<bool> read(reader& r, const node& from) const override {
    const auto text = r.text(from, "`true` or `false`");
    if (!text) return std::nullopt;
    if (*text == "true") return true;
    if (*text == "false") return false;
    r.error(from.where, shown(from) + " is text here; write `true` or `false`");
    return std::nullopt;
  }
  std::string word() const override { return "`true` or `false`"; }
  void schema(schema_writer& to) const override { to.boolean(); }
};

class text_type final : public type<std::string> {
 public:
  explicit text_type(std::string_view word) : word_(word) {}
  std::optional<std::string> read(reader& r, const node& from) const override {
    auto text = r.text(from, word_);
    if (text && text->empty()) {
      r.error(from.where, "this is empty; expected " + std::string(word_));
      return std::nullopt;
    }
    return text;
  }
  std::string word() const override { return std::string(word_); }
  void schema(schema_writer& to) const override { to.text(); }

 private:
  std::string_view word_;
};

class count_type final : public type<std::uint64_t> {
 public:
  explicit count_type(std::uint64_t least) : least_(least) {}
  std::optional<std::uint64_t> read(reader& r, const node& from) const override {
    const auto text = r.text(from, "a whole number");
    if (!text) return std::nullopt;
    std::uint64_t number = 0;
    const char* const end = text->data() + text->size();
    const auto parsed = std::from_chars(text->data(), end, number);
    const bool leading_zero = text->size() > 1 && text->front() == '0';
    if (parsed.ec != std::errc() || parsed.ptr != end || leading_zero) {
      r.error(from.where, shown(from) + " is no whole number; write digits alone");
      return std::nullopt;
    }
    // Nothing that is counted here comes near this, and it fits every integer it ends up in.
    constexpr std::uint64_t most = 1'000'000'000;
    if (number < least_ || number > most) {
      r.error(from.where, shown(from) + " is out of range; write " + std::to_string(least_) +
                              " or more, and " + std::to_string(most) + " at most");
      return std::nullopt;
    }
    return number;
  }
  std::string word() const override { return "whole number"; }
  void schema(schema_writer& to) const override { to.integer(static_cast<std::int64_t>(least_)); }

 private:
  std::uint64_t least_;
};

class status_type final : public type<int> {
 public:
  status_type(int least, int most) : least_(least), most_(most) {}
  std::optional<int> read(reader& r, const node& from) const override {
    const auto text = r.text(from, "a status like `404`");
    if (!text) return std::nullopt;
    int status = 0;
    const char* const end = text->data() + text->size();
    const auto parsed = std::from_chars(text->data(), end, status);
    if (parsed.ec != std::errc() || parsed.ptr != end || status < least_ || status > most_) {
      r.error(from.where, shown(from) + " is no status that fits here; write one from " +
                              std::to_string(least_) + " to " + std::to_string(most_));
      return std::nullopt;
    }
    return status;
  }
  std::string word() const override { return "status"; }
  void schema(schema_writer& to) const override { to.integer(least_, most_); }

 private:
  int least_;
  int most_;
};

class statuses_type final : public type<std::vector<int>> {
 public:
  std::optional<std::vector<int>> read(reader& r, const node& from) const override {
    const status_type one(200, 599);
    std::vector<int> out;
    const auto take = [&](const node& n) {
      const auto status = one.read(r, n);
      if (!status) return;
      if (std::find(out.begin(), out.end(), *status) != out.end()) {
        r.error(n.where, "`" + n.text + "` is here twice; take one out");
        return;
      }
      out.push_back(*status);
    };
    if (from.is_list()) {
      for (const node& item : from.items) take(item);
      if (from.items.empty())
        r.error(from.where, "this list is empty; name a status, or take the line out");
    } else {
      take(from);
    }
    if (out.empty()) return std::nullopt;
    return out;
  }
  std::string word() const override { return "status, or list of statuses"; }
  void schema(schema_writer& to) const override {
    to.one_or_list([](schema_writer& w) { w.integer(200, 599); });
  }
};

// One of a few words.
template <class T>
class choice_type final : public type<T> {
 public:
  struct choice {
    std::string_view word;
    T value;
  };
  explicit choice_type(std::vector<choice> choices) : choices_(std::move(choices)) {
    for (const choice& c : choices_) words_.push_back(c.word);
  }
  std::optional<T> read(reader& r, const node& from) const override {
    const auto text = r.text(from, one_of(words_));
    if (!text) return std::nullopt;
    for (const choice& c : choices_) {
      if (c.word == *text) return c.value;
    }
    const std::string_view near = nearest(*text, words_);
    r.error(from.where, shown(from) + " is not known here; write " + one_of(words_),
            std::string(near));
    return std::nullopt;
  }
  std::string word() const override { return one_of(words_); }
  void schema(schema_writer& to) const override { to.choice(words_); }

 private:
  std::vector<choice> choices_;
  std::vector<std::string_view> words_;
};

class failures_type final : public type<failure_kinds> {
 public:
  std::optional<failure_kinds> read(reader& r, const node& from) const override {
    if (!from.is_list()) {
      r.error(from.where, "expected a list like `[connect, timeout, 5xx]`");
      return std::nullopt;
    }
    failure_kinds out;
    for (const node& item : from.items) {
      const auto text = r.text(item, "a kind of failure");
      if (text && !take(out, *text)) {
        static constexpr std::string_view words[] = {"connect", "timeout", "decode",
                                                     "kind",    "4xx",     "5xx"};
        r.error(item.where,
                shown(item) + " is no kind of failure; write " + one_of(words) +
                    ", or a status like `429`",
                std::string(nearest(*text, words)));
      }
    }
    return out;
  }
  std::string word() const override {
    return "list of `connect`, `timeout`, `decode`, `kind`, `3xx`, `4xx`, `5xx` and statuses";
  }
  void schema(schema_writer& to) const override {
    to.list([](schema_writer& w) { w.any_scalar(); });
  }

 private:
  static bool take(failure_kinds& out, std::string_view word) {
    if (word == "connect") return out.connect = true;
    if (word == "timeout") return out.timeout = true;
    if (word == "decode") return out.decode = true;
    if (word == "kind") return out.kind = true;
    if (word.size() != 3 || word[0] < '3' || word[0] > '5') return false;
    if (word.substr(1) == "xx") {
      const auto first = static_cast<std::size_t>(word[0] - '0') * 100;
      for (std::size_t s = first; s < first + 100; ++s) out.statuses.set(s);
      return true;
    }
    std::size_t status = 0;
    const auto parsed = std::from_chars(word.data(), word.data() + word.size(), status);
    if (parsed.ec != std::errc() || parsed.ptr != word.data() + word.size()) return false;
    out.statuses.set(status);
    return true;
  }
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
const type<double>& percent() {
  static const percent_type t;
  return t;
}
const type<bool>& boolean() {
  static const boolean_type t;
  return t;
}
const type<std::string>& text() {
  static const text_type t("text");
  return t;
}
const type<std::string>& file_name() {
  static const text_type t("file name");
  return t;
}
const type<std::string>& policy_name() {
  static const text_type t("name of a policy");
  return t;
}
const type<std::string>& media_type() {
  static const text_type t("media type");
  return t;
}
const type<std::uint64_t>& at_least_one() {
  static const count_type t(1);
  return t;
}
const type<std::uint64_t>& count() {
  static const count_type t(0);
  return t;
}
const type<int>& answer_status() {
  static const status_type t(200, 599);
  return t;
}
const type<int>& error_status() {
  static const status_type t(400, 599);
  return t;
}
const type<std::vector<int>>& statuses() {
  static const statuses_type t;
  return t;
}
const type<failure_kinds>& failures() {
  static const failures_type t;
  return t;
}
const type<breaker_profile>& profile() {
  static const choice_type<breaker_profile> t({{"pybreaker", breaker_profile::pybreaker},
                                               {"fabfuel", breaker_profile::fabfuel},
                                               {"book", breaker_profile::book}});
  return t;
}
const type<std::string>& honours() {
  using words = choice_type<std::string>;
  static const words t(std::vector<words::choice>{{"idempotency-key", "idempotency-key"}});
  return t;
}
const type<body_as>& as() {
  static const choice_type<body_as> t(
      {{"json", body_as::json}, {"text", body_as::text}, {"bytes", body_as::bytes}});
  return t;
}
const type<body_kind>& expect() {
  static const choice_type<body_kind> t({{"list", body_kind::list},
                                         {"object", body_kind::object},
                                         {"string", body_kind::string},
                                         {"number", body_kind::number}});
  return t;
}

}  // namespace types
}  // namespace weir::gateway::config
