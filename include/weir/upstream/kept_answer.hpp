#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "weir/base/clock.hpp"
#include "weir/http/caching.hpp"
#include "weir/http/message.hpp"

namespace weir::upstream {

// How long whoever reads an answer takes it for fresh, and how much longer for better than none,
// where the answer itself does not say.
struct keeping {
  duration fresh_for = duration::zero();
  duration stale_if_error = duration::zero();
};

// An answer of a service as it came: status, fields, the body's bytes. Immutable, shared by the
// workers; each reader makes of it what its step asks for.
class kept_answer {
 public:
  kept_answer(int status, const http::fields& fields, std::string_view body, duration retry_after,
              const http::caching_rules& rules, time_point came);
  kept_answer(const kept_answer&) = delete;
  kept_answer& operator=(const kept_answer&) = delete;

  int status() const noexcept { return status_; }
  http::fields fields() const noexcept { return http::fields(std::span(fields_)); }
  std::string_view body() const noexcept { return body_; }
  duration retry_after() const noexcept { return retry_after_; }  // what a 429 or 503 asks for
  std::size_t bytes() const noexcept;                             // of memory

  // How long it stays fresh to this reader; not above zero: it is stale since then.
  duration fresh_left(const keeping& reader, time_point now) const noexcept;
  // …and how long it is good for anything.
  duration useful_left(const keeping& reader, time_point now) const noexcept;

 private:
  duration fresh_for(const keeping& reader) const noexcept;
  duration age(time_point now) const noexcept;

  int status_;
  duration retry_after_;
  http::caching_rules rules_;
  time_point came_;
  std::unique_ptr<char[]> text_;  // all that the rest looks into
  std::size_t text_bytes_ = 0;
  std::vector<http::field> fields_;
  std::string_view body_;
};

}  // namespace weir::upstream
