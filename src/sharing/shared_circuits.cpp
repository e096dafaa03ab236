#include "weir/sharing/shared_circuits.hpp"

#include <algorithm>
#include <atomic>
#include <map>
#include <thread>
#include <utility>

#include "pybreaker_circuit.hpp"
#include "run_and_wait.hpp"
#include "scripts.hpp"
#include "shared_circuit.hpp"

namespace weir {
namespace {

constexpr duration sign_of_life_every = std::chrono::seconds(1);

}  // namespace

struct shared_circuits::impl {
  explicit impl(settings s)
      : how(std::move(s)),
        lease(std::clamp<duration>(how.lease, std::chrono::milliseconds(100),
                                   std::chrono::seconds(60))),
        by(std::make_unique<sharing::link>(
            loop, how.server, how.prefix,
            sharing::link::listener{
                .on_up = [this] { on_up(); },
                .on_down = [this](std::string_view why) { on_down(why); },
                .on_message = [this](const sharing::message& m) { on_message(m); }})),
        life(loop, delegate<void()>::to<&impl::sign_of_life>(*this)),
        thread([this] {
          by->start();
          loop.run();
        }) {}

  ~impl() {
    // What belongs to the loop goes on its thread.
    sharing::run_and_wait(loop, [this] {
      circuits.clear();
      life.disarm();
      by.reset();
    });
    loop.stop();
    thread.join();
  }

  void on_up() {
    up.store(true, std::memory_order_release);
    sign_of_life();
    for (const auto& [name, c] : circuits) c->on_up();
    if (how.on_server) how.on_server(true, {});
  }

  void on_down(std::string_view why) {
    up.store(false, std::memory_order_release);
    life.disarm();
    for (const auto& [name, c] : circuits) c->on_down();
    if (how.on_server) how.on_server(false, why);
  }

  void on_message(const sharing::message& m) {
    const auto found = circuits.find(m.circuit);
    if (found != circuits.end()) found->second->on_message(m);
  }

  void sign_of_life() {
    by->run(sharing::scripts::sign_of_life, {by->key("alive", {})}, {by->process()});
    life.arm(loop.now() + sign_of_life_every);
  }

  settings how;
  duration lease;
  std::atomic<bool> up{false};
  io::loop loop;
  std::unique_ptr<sharing::link> by;
  io::timer life;
  std::map<std::string, std::unique_ptr<sharing::participant>, std::less<>> circuits;
  std::thread thread;
};

shared_circuits::shared_circuits(settings s) : impl_(std::make_unique<impl>(std::move(s))) {}

shared_circuits::~shared_circuits() = default;

void shared_circuits::share(const circuit_breaker& breaker, circuit_sharing how) {
  impl& i = *impl_;
  sharing::run_and_wait(i.loop, [&] {
    auto& place = i.circuits[breaker.name()];
    place.reset();
    if (how.how == circuit_sharing::kind::pybreaker) {
      place = std::make_unique<sharing::pybreaker_circuit>(i.loop, *i.by, breaker, how.space);
    } else {
      place = std::make_unique<sharing::shared_circuit>(i.loop, *i.by, breaker, how, i.lease);
    }
    if (i.by->up()) place->on_up();
  });
}

void shared_circuits::leave(const std::string& name) {
  sharing::run_and_wait(impl_->loop, [&] { impl_->circuits.erase(name); });
}

bool shared_circuits::connected() const noexcept {
  return impl_->up.load(std::memory_order_acquire);
}

}  // namespace weir
