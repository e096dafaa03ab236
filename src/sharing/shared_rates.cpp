#include "weir/sharing/shared_rates.hpp"

#include <algorithm>
#include <atomic>
#include <map>
#include <thread>
#include <utility>
#include <vector>

#include "rate_participant.hpp"
#include "run_and_wait.hpp"
#include "scripts.hpp"
#include "weir/redis/client.hpp"

namespace weir {
namespace {

// A script holds up the server's other clients for as long as it runs.
constexpr std::size_t keys_at_once = 200;
// What is told in one exchange; with more keys in use at a time the rest is not told of.
constexpr std::size_t keys_each_time = 20'000;

}  // namespace

struct shared_rates::impl {
  using participant = sharing::rate_participant;

  explicit impl(settings s)
      : how(std::move(s)),
        every(std::clamp<duration>(how.every, std::chrono::milliseconds(10),
                                   std::chrono::seconds(10))),
        server(std::make_unique<redis::client>(
            loop, how.server,
            redis::client::listener{.on_up = [this] { on_up(); },
                                    .on_down = [this](std::string_view why) { on_down(why); }})),
        turn(loop, delegate<void()>::to<&impl::exchange>(*this)),
        thread([this] {
          server->start();
          loop.run();
        }) {}

  ~impl() {
    // What belongs to the loop goes on its thread.
    sharing::run_and_wait(loop, [this] {
      turn.disarm();
      server.reset();
      limits.clear();
    });
    loop.stop();
    thread.join();
  }

  void on_up() {
    up.store(true, std::memory_order_release);
    unanswered = 0;
    // What was admitted alone is nobody else's business.
    for (const auto& [name, limit] : limits) static_cast<void>(limit->take());
    turn.arm(saturating_add(loop.now(), every));
    if (how.on_server) how.on_server(true, {});
  }

  void on_down(std::string_view why) {
    up.store(false, std::memory_order_release);
    turn.disarm();
    if (how.on_server) how.on_server(false, why);
  }

  void exchange() {
    turn.arm(saturating_add(loop.now(), every));
    if (unanswered > 0) return;  // a slow server is asked the less often
    std::size_t room = keys_each_time;
    for (const auto& [name, limit] : limits) {
      std::vector<participant::report> all = limit->take();
      if (all.size() > room) all.resize(room);
      room -= all.size();
      for (std::size_t at = 0; at < all.size(); at += keys_at_once) {
        const std::size_t end = std::min(all.size(), at + keys_at_once);
        tell(name, limit,
             {all.begin() + static_cast<std::ptrdiff_t>(at),
              all.begin() + static_cast<std::ptrdiff_t>(end)});
      }
    }
  }

  void tell(const std::string& name, const std::shared_ptr<participant>& limit,
            std::vector<participant::report> what) {
    std::vector<std::string> keys, costs;
    for (const participant::report& r : what) {
      keys.push_back(how.prefix + ":rate:" + name + limit->suffix(r.bucket));
      const auto cost = std::chrono::ceil<std::chrono::microseconds>(r.cost);
      costs.push_back(std::to_string(cost.count()));
    }
    const std::string count = std::to_string(keys.size());
    std::vector<std::string_view> command = {"EVAL", sharing::scripts::take_from_buckets, count};
    command.insert(command.end(), keys.begin(), keys.end());
    command.insert(command.end(), costs.begin(), costs.end());
    ++unanswered;
    const auto then = [this, limit, told = std::move(what), sent = loop.now()](
                          const redis::reply* answer, std::string_view) {
      if (unanswered > 0) --unanswered;
      if (!answer || answer->size() != told.size()) return;
      for (std::size_t i = 0; i < told.size(); ++i) {
        const std::chrono::microseconds ahead((*answer)[i].integer());
        limit->learn(told[i].bucket, sent + ahead, loop.now());
      }
    };
    server->send(command, then);
  }

  template <class Participant, class Limiter>
  void share(const Limiter& limiter) {
    sharing::run_and_wait(loop, [&] {
      auto& place = limits[limiter.options().name];
      const auto* const same = dynamic_cast<const Participant*>(place.get());
      if (!same || same->of() != limiter) place = std::make_shared<Participant>(limiter);
    });
  }

  settings how;
  duration every;
  std::atomic<bool> up{false};
  io::loop loop;
  std::unique_ptr<redis::client> server;
  io::timer turn;
  std::size_t unanswered = 0;
  std::map<std::string, std::shared_ptr<participant>, std::less<>> limits;
  std::thread thread;
};

shared_rates::shared_rates(settings s) : impl_(std::make_unique<impl>(std::move(s))) {}

shared_rates::~shared_rates() = default;

void shared_rates::share(const rate_limiter& limiter) {
  impl_->share<sharing::lone_rate>(limiter);
}

void shared_rates::share(const keyed_rate_limiter& limiter) {
  impl_->share<sharing::keyed_rate>(limiter);
}

void shared_rates::leave(const std::string& name) {
  sharing::run_and_wait(impl_->loop, [&] { impl_->limits.erase(name); });
}

bool shared_rates::connected() const noexcept {
  return impl_->up.load(std::memory_order_acquire);
}

}  // namespace weir
