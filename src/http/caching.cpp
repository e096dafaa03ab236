#include "weir/http/caching.hpp"

#include <algorithm>

#include "weir/http/date.hpp"

namespace weir::http {
namespace {

// Beyond 68 years nothing changes, and no sum overflows (RFC 9111 1.2.2).
constexpr std::int64_t most_seconds = 2'147'483'648;

std::string_view trimmed(std::string_view text) {
  const auto first = text.find_first_not_of(" \t");
  if (first == text.npos) return {};
  return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

std::optional<std::int64_t> delta_seconds(std::string_view text) {
  if (text.empty()) return std::nullopt;
  std::int64_t out = 0;
  for (const char c : text) {
    if (c < '0' || c > '9') return std::nullopt;
    out = std::min(out * 10 + (c - '0'), most_seconds);
  }
  return out;
}

// Calls `each` with every member of a comma-separated list, over all fields of that name. A comma
// within quotes separates nothing.
template <class F>
void for_each_member(const fields& of, std::string_view name, F each) {
  for (const field& f : of) {
    if (!iequals(f.name, name)) continue;
    std::size_t begin = 0;
    bool quoted = false;
    for (std::size_t i = 0; i <= f.value.size(); ++i) {
      const bool end = i == f.value.size();
      if (!end && f.value[i] == '"') quoted = !quoted;
      if (!end && quoted && f.value[i] == '\\' && i + 1 < f.value.size()) {
        ++i;
        continue;
      }
      if (!end && (quoted || f.value[i] != ',')) continue;
      const std::string_view member = trimmed(f.value.substr(begin, i - begin));
      if (!member.empty()) each(member);
      begin = i + 1;
      if (end) break;
    }
  }
}

struct directives {
  std::optional<std::int64_t> max_age, s_maxage, stale_if_error;
  bool forbids = false;  // no-store, private, no-cache
  bool is_public = false;
  bool must_revalidate = false;

  void add(std::string_view member) {
    const std::size_t equals = member.find('=');
    const std::string_view name = trimmed(member.substr(0, equals));
    std::string_view value = equals == member.npos ? "" : trimmed(member.substr(equals + 1));
    if (value.size() >= 2 && value.front() == '"' && value.back() == '"') {
      value = value.substr(1, value.size() - 2);
    }
    // Those that name fields (no-cache="set-cookie") are taken as if they named none.
    if (iequals(name, "no-store") || iequals(name, "no-cache") || iequals(name, "private")) {
      forbids = true;
    } else if (iequals(name, "public")) {
      is_public = true;
    } else if (iequals(name, "must-revalidate") || iequals(name, "proxy-revalidate")) {
      must_revalidate = true;
    } else if (iequals(name, "max-age")) {
      least(max_age, value);
    } else if (iequals(name, "s-maxage")) {
      least(s_maxage, value);
    } else if (iequals(name, "stale-if-error")) {
      least(stale_if_error, value);
    }
  }

 private:
  // Given twice, the shorter counts; what is no number is no time.
  static void least(std::optional<std::int64_t>& to, std::string_view value) {
    const std::int64_t said = delta_seconds(value).value_or(0);
    to = to ? std::min(*to, said) : said;
  }
};

std::int64_t age_of(const fields& answer) {
  const auto text = answer.find("age");
  return text ? delta_seconds(*text).value_or(0) : 0;
}

// What an answer without max-age says by its Expires.
std::optional<std::int64_t> lifetime_by_date(const fields& answer, std::int64_t unix_now) {
  const auto expires = answer.find("expires");
  if (!expires) return std::nullopt;
  const auto until = parse_date(*expires);
  if (!until) return 0;
  const auto date = answer.find("date");
  const std::int64_t sent = date ? parse_date(*date).value_or(unix_now) : unix_now;
  return std::clamp<std::int64_t>(*until - sent, 0, most_seconds);
}

bool varies_beyond_the_key(const fields& answer, std::span<const std::string_view> unkeyed) {
  bool out = false;
  for_each_member(answer, "vary", [&](std::string_view name) {
    out = out || name == "*" ||
          std::any_of(unkeyed.begin(), unkeyed.end(), [&](auto u) { return iequals(u, name); });
  });
  return out;
}

}  // namespace

caching_rules read_caching_rules(const fields& answer, const caching_request& of) {
  directives said;
  for_each_member(answer, "cache-control", [&](std::string_view member) { said.add(member); });

  caching_rules out;
  // What was asked for with credentials is for who showed them, unless it says otherwise (3.5).
  const bool for_one = of.authorized && !said.is_public && !said.s_maxage && !said.must_revalidate;
  out.reusable = !said.forbids && !for_one && !answer.find("set-cookie") &&
                 !varies_beyond_the_key(answer, of.unkeyed);
  std::optional<std::int64_t> lifetime = said.s_maxage ? said.s_maxage : said.max_age;
  if (!lifetime) lifetime = lifetime_by_date(answer, of.unix_now);
  if (lifetime) {
    out.fresh_for = std::chrono::seconds(std::max<std::int64_t>(0, *lifetime - age_of(answer)));
  }
  // s-maxage forbids staleness as proxy-revalidate does (5.2.2.10), unless stale-if-error stands
  // beside it.
  out.may_be_stale = !said.must_revalidate && !said.s_maxage;
  if (said.must_revalidate) {
    out.stale_if_error = duration::zero();
  } else if (said.stale_if_error) {
    out.stale_if_error = std::chrono::seconds(*said.stale_if_error);
  }
  return out;
}

}  // namespace weir::http
