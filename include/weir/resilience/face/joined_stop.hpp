#pragma once

#include <optional>
#include <stop_token>

#include "weir/resilience/face/context.hpp"
#include "weir/resilience/face/run_options.hpp"

namespace weir::detail {

// The cancellation of a call: its own token's, its parent attempt's, or that of either.
class joined_stop {
 public:
  explicit joined_stop(const run_options& o) : token_(o.stop) {
    if (!o.parent) return;
    if (!token_.stop_possible()) {
      token_ = o.parent->stop();
    } else if (o.parent->stop().stop_possible()) {
      std::stop_source either;
      own_.emplace(o.stop, request{either});
      parents_.emplace(o.parent->stop(), request{either});
      token_ = either.get_token();
    }
  }
  joined_stop(const joined_stop&) = delete;
  joined_stop& operator=(const joined_stop&) = delete;

  const std::stop_token& token() const noexcept { return token_; }

 private:
  struct request {
    std::stop_source either;
    void operator()() const noexcept { either.request_stop(); }
  };
  std::stop_token token_;
  std::optional<std::stop_callback<request>> own_, parents_;
};

inline deadline deadline_of(const run_options& o) noexcept {
  return o.parent ? deadline::earlier(o.until, o.parent->deadline()) : o.until;
}
inline const clock_source& clock_of(const run_options& o) noexcept {
  if (o.time) return *o.time;
  return o.parent ? o.parent->time() : steady_source();
}

}  // namespace weir::detail
