#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "weir/resilience/pipeline/pipeline_call.hpp"
#include "weir/resilience/retry/retry.hpp"

namespace weir::test {

inline retry three_tries(backoff wait = std::chrono::milliseconds(100)) {
  return retry({.attempts = 3, .backoff = std::move(wait)});
}

// What an attempt does: ends after a while, or (no outcome) hangs until it is cancelled.
struct scripted_attempt {
  duration takes = duration::zero();
  std::optional<outcome> ends = outcome::success();
};

inline scripted_attempt good(duration takes = {}) {
  return {takes, outcome::success()};
}
inline scripted_attempt bad(duration takes = {}, cause why = cause::reset) {
  return {takes, outcome::failure(why, true)};
}
inline scripted_attempt fatal(duration takes = {}) {
  return {takes, outcome::failure(cause::decode, false)};
}
inline scripted_attempt hangs() {
  return {duration::max(), std::nullopt};
}

// Drives a pipeline through one call on a clock that jumps from event to event, and keeps a story
// of it in milliseconds since the start: "0 start#1, 100 cancel#1, 150 start#2, 170 finish ok".
class driver {
 public:
  static constexpr time_point t0 = manual_clock::start;

  driver(const pipeline& p, std::vector<scripted_attempt> script, call_facts facts = {},
         double draw = 0.5)
      : random_(draw), call_(p, facts, random_), script_(script.begin(), script.end()) {}

  // Attempts that are told to stop take so long to be gone; zero: at once.
  void slow_to_stop(duration takes) { stopping_takes_ = takes; }

  // Until it finishes, or to that time.
  action run(duration to = duration::max()) {
    const time_point end = saturating_add(t0, to);
    if (!started_) {
      started_ = true;
      carry_out(call_.start(now_));
    }
    while (!call_.finished()) {
      const auto first =
          std::min_element(running_.begin(), running_.end(),
                           [](const auto& a, const auto& b) { return a.done_at < b.done_at; });
      const time_point done_at = first == running_.end() ? time_point::max() : first->done_at;
      const time_point due = std::min(timer_, done_at);
      if (due == time_point::max() || due > end) {
        now_ = std::max(now_, std::min(end, time_point::max()));
        break;
      }
      now_ = due;
      if (done_at <= timer_) {
        const running ended = *first;
        running_.erase(first);
        carry_out(call_.attempt_done(now_, ended.number, ended.how));
      } else {
        carry_out(call_.timer(now_));
      }
    }
    return last_;
  }

  // A call that waits for its turn was woken.
  void wake() { carry_out(call_.timer(now_)); }
  std::size_t in_flight() const { return running_.size(); }

  action cancel() {
    carry_out(call_.cancel(now_));
    return last_;
  }

  const std::string& story() const { return story_; }
  time_point now() const { return now_; }
  duration elapsed() const { return now_ - t0; }
  pipeline_call& call() { return call_; }

 private:
  struct running {
    std::uint32_t number;
    time_point done_at;
    outcome how;
  };

  void carry_out(action a) {
    for (;; a = call_.next(now_)) {
      switch (a.kind) {
        case action_kind::start_attempt: {
          note("start#" + std::to_string(a.attempt));
          const scripted_attempt next = script_.empty() ? good() : script_.front();
          if (!script_.empty()) script_.pop_front();
          running_.push_back({a.attempt,
                              next.ends ? saturating_add(now_, next.takes) : time_point::max(),
                              next.ends.value_or(outcome{})});
          break;
        }
        case action_kind::cancel_attempt: {
          note("cancel#" + std::to_string(a.attempt));
          const auto it = std::find_if(running_.begin(), running_.end(),
                                       [&](const running& r) { return r.number == a.attempt; });
          if (it == running_.end()) {
            note("which is not there");
          } else if (stopping_takes_ > duration::zero()) {
            it->done_at = now_ + stopping_takes_;
            return;
          } else {
            running_.erase(it);
          }
          break;
        }
        case action_kind::wait:
          timer_ = a.until;
          return;
        case action_kind::finish:
          note("finish " + (a.how.failed      ? std::string(to_string(a.how.why))
                            : a.fallback >= 0 ? "fallback for " + std::string(to_string(a.how.why))
                                              : "ok"));
          last_ = a;
          return;
        case action_kind::none:
          return;
      }
    }
  }

  void note(const std::string& what) {
    if (!story_.empty()) story_ += ", ";
    story_ +=
        std::to_string(std::chrono::duration_cast<std::chrono::milliseconds>(now_ - t0).count()) +
        " " + what;
  }

  fixed_random random_;
  pipeline_call call_;
  std::deque<scripted_attempt> script_;
  time_point now_ = t0;
  time_point timer_ = time_point::max();
  std::vector<running> running_;
  duration stopping_takes_ = duration::zero();
  action last_;
  std::string story_;
  bool started_ = false;
};

}  // namespace weir::test
