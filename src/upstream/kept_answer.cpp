#include "weir/upstream/kept_answer.hpp"

#include <algorithm>
#include <cstring>

namespace weir::upstream {

kept_answer::kept_answer(int status, const http::fields& fields, std::string_view body,
                         duration retry_after, const http::caching_rules& rules, time_point came)
    : status_(status), retry_after_(retry_after), rules_(rules), came_(came) {
  text_bytes_ = body.size();
  for (const http::field& f : fields) text_bytes_ += f.name.size() + f.value.size();
  text_ = std::make_unique<char[]>(text_bytes_);
  char* at = text_.get();
  const auto copy = [&](std::string_view text) {
    const std::string_view out(at, text.size());
    if (!text.empty()) std::memcpy(at, text.data(), text.size());
    at += text.size();
    return out;
  };
  fields_.reserve(fields.size());
  for (const http::field& f : fields) {
    const std::string_view name = copy(f.name);
    fields_.push_back({name, copy(f.value)});
  }
  body_ = copy(body);
}

std::size_t kept_answer::bytes() const noexcept {
  return sizeof *this + text_bytes_ + fields_.capacity() * sizeof(http::field);
}

// Workers read their clocks at different times: another's now may lie a little before this.
duration kept_answer::age(time_point now) const noexcept {
  return std::max(now - came_, duration::zero());
}

duration kept_answer::fresh_for(const keeping& reader) const noexcept {
  return rules_.fresh_for ? std::min(*rules_.fresh_for, reader.fresh_for) : reader.fresh_for;
}

duration kept_answer::fresh_left(const keeping& reader, time_point now) const noexcept {
  return fresh_for(reader) - age(now);
}

duration kept_answer::useful_left(const keeping& reader, time_point now) const noexcept {
  const duration longer = rules_.stale_if_error.value_or(rules_.may_be_stale ? reader.stale_if_error
                                                                             : duration::zero());
  const duration fresh = fresh_for(reader);
  return (fresh > duration::max() - longer ? duration::max() : fresh + longer) - age(now);
}

}  // namespace weir::upstream
