// weir-presentations-own: the presentations' main service with a circuit breaker written here, as
// the starred task asks, and nothing of libweir's.
#include <map>
#include <mutex>

#include "systems/common/web.hpp"
#include "systems/presentations/records.hpp"
#include "weir/base/log.hpp"

namespace weir::systems::presentations {

// Counts failures in a row. At `threshold` it opens: calls get their fallback and nothing is sent.
// `recovery` later one call at a time may try; its success closes the breaker, its failure opens it
// for as long again. The lock is never held while a call runs. A call that began before the breaker
// last changed decides nothing. Thread-safe.
class own_breaker {
 public:
  enum class state { closed, open, half_open };

  own_breaker(std::string name, unsigned threshold, duration recovery)
      : name_(std::move(name)), threshold_(threshold), recovery_(recovery) {}

  // What `call` gives; or, when it throws an Error or is not let through, what `fallback` gives.
  // Another exception is not the service's fault: it counts as a success and goes on its way.
  template <class Error, class Call, class Fallback>
  auto run(const Call& call, const Fallback& fallback, const clock_source& time = steady_source()) {
    const std::optional<unsigned> era = begin(time.now());
    if (!era) return fallback();
    try {
      auto got = call();
      end(*era, true, time.now());
      return got;
    } catch (const Error&) {
      end(*era, false, time.now());
      return fallback();
    } catch (...) {
      end(*era, true, time.now());
      throw;
    }
  }

  // Half-open as soon as the time has come, though nobody calls.
  state state_at(time_point now) const {
    const std::lock_guard lock(mutex_);
    if (!open_until_) return state::closed;
    return now < *open_until_ ? state::open : state::half_open;
  }
  unsigned failures() const {
    const std::lock_guard lock(mutex_);
    return failures_;
  }
  const std::string& name() const noexcept { return name_; }

 private:
  std::optional<unsigned> begin(time_point now) {
    const std::lock_guard lock(mutex_);
    if (open_until_) {
      if (now < *open_until_ || probing_) return {};
      probing_ = true;
      tell("half-open");
    }
    return era_;
  }

  void end(unsigned era, bool good, time_point now) {
    const std::lock_guard lock(mutex_);
    if (era != era_) return;
    failures_ = good ? 0 : failures_ + 1;
    const bool was_probe = std::exchange(probing_, false);
    if (good ? !was_probe : failures_ < threshold_) return;
    ++era_;
    open_until_ = good ? std::nullopt : std::optional(now + recovery_);
    tell(good ? "closed" : "open");
  }

  void tell(std::string_view to) const {
    log::info("own circuit", {{"circuit", name_}, {"to", to}, {"failures", failures_}});
  }

  const std::string name_;
  const unsigned threshold_;
  const duration recovery_;
  mutable std::mutex mutex_;
  unsigned failures_ = 0;
  unsigned era_ = 0;  // counts the changes of state
  bool probing_ = false;
  std::optional<time_point> open_until_;  // none: closed
};

// The breakers of a program by their names.
class own_breakers {
 public:
  own_breaker& add(const std::string& name, unsigned threshold, duration recovery) {
    return by_name_.try_emplace(name, name, threshold, recovery).first->second;
  }
  std::size_t in_state(own_breaker::state wanted, time_point now) const {
    std::size_t found = 0;
    for (const auto& [name, breaker] : by_name_) found += breaker.state_at(now) == wanted;
    return found;
  }
  bool all_closed(time_point now) const {
    return in_state(own_breaker::state::closed, now) == by_name_.size();
  }

 private:
  std::map<std::string, own_breaker> by_name_;
};

namespace {

class main_service_own {
 public:
  explicit main_service_own(const main_settings& with)
      : settings_(with), web_(with.timeout), authors_(breakers_.add("authors", 5, with.open)) {}

  reply read_presentation(const std::string& title) {
    try {
      const auto found = first_presentation(
          web_.get(settings_.presentations + "/presentations/" + path_segment(title)));
      if (!found) return problem_reply(404, "there is no such presentation");
      return presentation_and_author(found->title, request_author(found->author_id));
    } catch (const web_error& e) {
      return problem_reply(e.late() ? 504 : 502, "no presentation can be had");
    }
  }

 private:
  std::string request_author(const std::string& id) {
    return authors_.run<web_error>(
        [&] { return last_name_of(web_.get(settings_.authors + "/authors/" + id)); },
        [] { return std::string("\"temporary unavailable\""); });
  }

  const main_settings settings_;
  const web web_;
  own_breakers breakers_;
  own_breaker& authors_;
};

}  // namespace

}  // namespace weir::systems::presentations

int main(int argc, char** argv) {
  using namespace weir::systems::presentations;
  return run_main_service("weir-presentations-own", argc, argv, [](const main_settings& with) {
    return [main = std::make_shared<main_service_own>(with)](const std::string& title) {
      return main->read_presentation(title);
    };
  });
}
