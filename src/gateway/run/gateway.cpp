#include "weir/gateway/run/gateway.hpp"

#include <algorithm>
#include <map>
#include <thread>

#include "weir/base/log.hpp"

namespace weir::gateway {
namespace {

using listeners = std::vector<std::pair<io::address, std::unique_ptr<io::listener>>>;

// One listener for each worker and address.
result<listeners, std::string> open_all(const std::vector<io::address>& at, std::size_t workers) {
  listeners out;
  for (const io::address& address : at) {
    // SO_REUSEPORT would let us share the port with another process of this user in silence; a
    // socket without it finds out.
    if (workers > 1 && address.port() != 0) {
      auto probe = io::listener::open(address, {});
      if (!probe) return failure(probe.error());
    }
    for (std::size_t i = 0; i < workers; ++i) {
      auto made = io::listener::open(address, {.reuse_port = workers > 1});
      if (!made) return failure(made.error());
      out.emplace_back(address, std::move(*made));
    }
  }
  return out;
}

bool contains(const std::vector<io::address>& all, const io::address& one) {
  return std::find(all.begin(), all.end(), one) != all.end();
}

}  // namespace

result<std::unique_ptr<gateway>, std::string> gateway::start(io::loop& main,
                                                             std::shared_ptr<const plan> first,
                                                             const options& with) {
  std::unique_ptr<gateway> out(new gateway(main));
  unsigned count = first->settings.workers;
  if (count == 0) count = std::max(1u, std::thread::hardware_concurrency());

  auto opened = open_all(first->settings.listen, count);
  if (!opened) return failure(opened.error());
  for (unsigned i = 0; i < count; ++i) {
    out->workers_.push_back(std::make_unique<worker>(i, with.access_log));
    out->workers_.back()->adopt(first);
  }
  out->current_ = std::move(first);
  for (std::size_t i = 0; i < opened->size(); ++i) {
    auto& [address, listener] = (*opened)[i];
    out->workers_[i % count]->listen(address, std::move(listener));
  }
  for (auto& w : out->workers_) w->start();
  return out;
}

gateway::~gateway() {
  for (auto& w : workers_) w->stop();
}

result<void, std::string> gateway::adopt(std::shared_ptr<const plan> next,
                                         std::function<void()> done) {
  std::vector<io::address> added;
  for (const io::address& a : next->settings.listen) {
    if (!contains(current_->settings.listen, a)) added.push_back(a);
  }
  auto opened = open_all(added, workers_.size());
  if (!opened) return failure(opened.error());

  std::vector<io::address> gone;
  for (const io::address& a : current_->settings.listen) {
    if (!contains(next->settings.listen, a)) gone.push_back(a);
  }
  const auto left = std::make_shared<std::size_t>(workers_.size());
  const auto one_done = [this, left, done = std::move(done)] {
    main_.post([left, done] {
      if (--*left == 0) done();
    });
  };
  for (std::size_t i = 0; i < workers_.size(); ++i) {
    // A std::function must be copyable; the listeners are handed over by a shared box.
    auto mine = std::make_shared<listeners>();
    for (std::size_t j = i; j < opened->size(); j += workers_.size()) {
      mine->push_back(std::move((*opened)[j]));
    }
    workers_[i]->post([next, mine, gone, one_done](worker& w) {
      w.adopt(next);
      for (auto& [address, listener] : *mine) w.listen(address, std::move(listener));
      for (const io::address& a : gone) w.stop_listening(a);
      one_done();
    });
  }
  current_ = std::move(next);
  return {};
}

void gateway::collect(std::function<void(const worker_stats&)> done) {
  struct gathered {
    worker_stats sum;
    std::size_t left;
    std::function<void(const worker_stats&)> done;
  };
  auto g = std::make_shared<gathered>();
  g->left = workers_.size();
  g->done = std::move(done);
  for (auto& w : workers_) {
    w->post([this, g](worker& on) {
      auto copy = std::make_shared<worker_stats>(on.stats());
      main_.post([g, copy] {
        g->sum.add(*copy);
        if (--g->left == 0) g->done(g->sum);
      });
    });
  }
}

void gateway::drain(std::function<void(const drain_report&)> done) {
  if (draining_) return;
  draining_ = true;
  const duration notice = current_->settings.drain_notice;
  if (notice <= duration::zero()) {
    close_listeners(std::move(done));
    return;
  }
  for (auto& w : workers_) {
    w->post([](worker& on) { on.announce_close(false); });
  }
  after_notice_ = [this, done = std::move(done)] { close_listeners(done); };
  notice_ = std::make_unique<io::timer>(main_, delegate<void()>::to<&gateway::on_notice>(*this));
  notice_->arm(main_.now() + notice);
}

void gateway::close_listeners(std::function<void(const drain_report&)> done) {
  struct gathered {
    drain_report sum;
    std::size_t left;
    std::function<void(const drain_report&)> done;
  };
  auto g = std::make_shared<gathered>();
  g->left = workers_.size();
  g->done = std::move(done);
  for (auto& w : workers_) {
    w->post([this, g](worker& on) {
      on.announce_close(true);
      const time_point until = on.loop().now() + on.current().of->settings.drain_timeout;
      on.drain(until, [this, g](const drain_report& one) {
        main_.post([g, one] {
          g->sum += one;
          if (--g->left == 0) g->done(g->sum);
        });
      });
    });
  }
}

}  // namespace weir::gateway
