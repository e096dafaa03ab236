// Words: one of a few, names, statuses.

#include <algorithm>
#include <charconv>
#include <string>
#include <utility>
#include <vector>

#include "schema_writer.hpp"
#include "weir/gateway/config/spelling.hpp"
#include "weir/gateway/config/suggest.hpp"
#include "weir/gateway/config/types.hpp"

namespace weir::gateway::config {
namespace {

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

// Text that goes into the head of a message as it stands: more than a line of it would be a field
// of its own, and a blank ends a target.
class line_type final : public type<std::string> {
 public:
  line_type(std::string_view word, bool blanks) : text_(word), blanks_(blanks) {}
  std::optional<std::string> read(reader& r, const node& from) const override {
    auto text = text_.read(r, from);
    if (!text) return text;
    if (!is_field_value(*text)) {
      r.error(from.where,
              "this goes into the head of a message, a line of its own; take out line breaks and "
              "control characters");
      return std::nullopt;
    }
    if (!blanks_ && text->find_first_of(" \t") != std::string::npos) {
      r.error(from.where, "no blank can stand here; take it out, or write `%20` in a path");
      return std::nullopt;
    }
    return text;
  }
  std::string word() const override { return text_.word(); }
  void schema(schema_writer& to) const override { text_.schema(to); }

 private:
  text_type text_;
  bool blanks_;
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
  // `later`: a word of a later version.
  explicit choice_type(std::vector<choice> choices, std::string_view later = {})
      : choices_(std::move(choices)), later_(later) {
    for (const choice& c : choices_) words_.push_back(c.word);
  }
  std::optional<T> read(reader& r, const node& from) const override {
    const auto text = r.text(from, one_of(words_));
    if (!text) return std::nullopt;
    for (const choice& c : choices_) {
      if (c.word == *text) return c.value;
    }
    if (!later_.empty() && *text == later_) {
      r.error(from.where,
              shown(from) + " is not available in this version; write " + one_of(words_));
      return std::nullopt;
    }
    r.error(from.where, shown(from) + " is not known here; write " + one_of(words_),
            std::string(nearest(*text, words_)));
    return std::nullopt;
  }
  std::string word() const override { return one_of(words_); }
  void schema(schema_writer& to) const override { to.choice(words_); }

 private:
  std::vector<choice> choices_;
  std::vector<std::string_view> words_;
  std::string_view later_;
};

class words_type final : public type<std::vector<std::string>> {
 public:
  std::optional<std::vector<std::string>> read(reader& r, const node& from) const override {
    std::vector<std::string> out;
    const auto take = [&](const node& n) {
      if (auto text = text_.read(r, n)) out.push_back(std::move(*text));
    };
    if (from.is_list()) {
      for (const node& item : from.items) take(item);
    } else {
      take(from);
    }
    return out;
  }
  std::string word() const override { return "text, or list of texts"; }
  void schema(schema_writer& to) const override {
    to.one_or_list([](schema_writer& w) { w.text(); });
  }

 private:
  text_type text_{"text"};
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
  static const line_type t("media type", true);
  return t;
}
const type<std::string>& field_text() {
  static const line_type t("text", true);
  return t;
}
const type<std::string>& head_word() {
  static const line_type t("text", false);
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
                                               {"book", breaker_profile::book},
                                               {"aiomisc", breaker_profile::aiomisc}});
  return t;
}
const type<breaker_sharing>& sharing() {
  static const choice_type<breaker_sharing> t({{"sum", breaker_sharing::sum},
                                               {"quorum", breaker_sharing::quorum},
                                               {"any", breaker_sharing::any}});
  return t;
}
const type<breaker_scope>& scope() {
  static const choice_type<breaker_scope> t(
      {{"service", breaker_scope::service}, {"instance", breaker_scope::instance}});
  return t;
}
const type<balance_kind>& balance() {
  static const choice_type<balance_kind> t({{"least_requests", balance_kind::least_requests},
                                            {"round_robin", balance_kind::round_robin},
                                            {"weighted", balance_kind::weighted},
                                            {"peak_ewma", balance_kind::peak_ewma},
                                            {"maglev", balance_kind::maglev}});
  return t;
}
const type<std::vector<std::string>>& words() {
  static const words_type t;
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
