#include "systems/common/postgres_pool.hpp"

#include <algorithm>
#include <deque>
#include <optional>
#include <utility>

#include "systems/common/postgres_connection.hpp"
#include "weir/base/log.hpp"
#include "weir/base/random.hpp"

namespace weir::systems {

namespace {

using progress = postgres_connection::progress;

struct task {
  std::string sql;
  std::vector<cell> parameters;
  storage::receiver done;
  time_point until;
  std::size_t lost = 0;  // connections that broke under it
};

class postgres_pool;

// One place in the pool: a connection that is off, being made, idle, or at work on a task.
class slot final : private io::fd_handler {
 public:
  explicit slot(postgres_pool& pool);
  ~slot() { drop(); }

  bool off() const noexcept { return !connection_; }
  bool idle() const noexcept { return connection_ && ready_ && !task_; }
  bool ready() const noexcept { return ready_; }
  void connect();
  void run(task what);

 private:
  void on_ready(readiness) override { ready_ ? step_query() : step_connect(); }
  void step_connect();
  void step_query();
  void settle(progress now_at);
  void time_out();
  void lose(const std::string& why);
  void watch();
  void unwatch();
  void drop();

  postgres_pool& pool_;
  std::unique_ptr<postgres_connection> connection_;
  int watched_ = -1;
  bool ready_ = false;
  std::optional<task> task_;
  io::timer limit_;
};

class postgres_pool final : public storage {
 public:
  postgres_pool(io::loop& on, postgres_pool_options with)
      : loop(on),
        options(std::move(with)),
        pause_(options.first_pause),
        retry_(on, delegate<void()>::to<&postgres_pool::connect_some>(*this)),
        pump_(on, delegate<void()>::to<&postgres_pool::pump>(*this)),
        oldest_(on, delegate<void()>::to<&postgres_pool::expire>(*this)) {
    for (std::size_t i = 0; i < options.connections; ++i) {
      slots_.push_back(std::make_unique<slot>(*this));
    }
    retry_.arm(now());
  }

  void read(std::string sql, std::vector<cell> parameters, receiver done) override {
    task t{std::move(sql), std::move(parameters), std::move(done),
           loop.now() + options.longest_wait};
    if (away_) {
      refused_.push_back({std::move(t), "the database is away"});
    } else if (waiting_.size() >= options.longest_queue) {
      refused_.push_back({std::move(t), "too many queries are waiting"});
    } else {
      waiting_.push_back(std::move(t));
    }
    pump_.schedule();
  }

  void on_connected() {
    if (away_) log::info("database is back", {{"waiting", waiting_.size()}});
    away_ = false;
    pause_ = options.first_pause;
    connect_some();
    pump_.schedule();
  }

  void on_lost(const std::string& why, std::optional<task> unfinished, bool was_ready) {
    if (unfinished) {
      // Every idle connection may have broken unnoticed with the first; one more is fresh.
      if (unfinished->until <= loop.now() || ++unfinished->lost > options.connections + 1) {
        refused_.push_back({std::move(*unfinished), why});
      } else {
        waiting_.push_front(std::move(*unfinished));
      }
    }
    if (was_ready) {
      // A connection that stood has broken: see at once (nearly) whether another can be had, and
      // let queries wait for that.
      retry_.arm(loop.now() + options.first_pause);
    } else {
      if (ready_count() == 0) go_away(why);
      if (!retry_.armed()) {
        // Up to half as long again, so that services do not come back in step.
        retry_.arm(loop.now() + pause_ +
                   pause_ * static_cast<int>(thread_random().below(50)) / 100);
        pause_ = std::min(pause_ * 2, options.longest_pause);
      }
    }
    pump_.schedule();
  }

  void free() { pump_.schedule(); }

  io::loop& loop;
  const postgres_pool_options options;

 private:
  struct refusal {
    task what;
    std::string why;
  };

  std::size_t ready_count() const {
    return static_cast<std::size_t>(
        std::count_if(slots_.begin(), slots_.end(), [](const auto& s) { return s->ready(); }));
  }

  void go_away(const std::string& why) {
    if (!away_) log::warn("database is away", {{"why", why}});
    away_ = true;
    while (!waiting_.empty()) {
      refused_.push_back({std::move(waiting_.front()), why});
      waiting_.pop_front();
    }
  }

  // One connection while none stands, the rest once one does.
  void connect_some() {
    const bool all = ready_count() > 0;
    for (const auto& s : slots_) {
      if (!s->off()) {
        if (!all) return;  // an attempt is under way
        continue;
      }
      s->connect();
      if (!all) return;
    }
  }

  void pump() {
    for (const auto& s : slots_) {
      if (waiting_.empty()) break;
      if (!s->idle()) continue;
      task next = std::move(waiting_.front());
      waiting_.pop_front();
      s->run(std::move(next));
    }
    std::deque<refusal> refused = std::move(refused_);
    refused_.clear();
    for (refusal& r : refused) r.what.done(failure(storage_failure{true, r.why}));
    if (!waiting_.empty()) oldest_.arm(waiting_.front().until);
  }

  void expire() {
    while (!waiting_.empty() && waiting_.front().until <= loop.now()) {
      refused_.push_back({std::move(waiting_.front()), "no connection in time"});
      waiting_.pop_front();
    }
    pump();
  }

  bool away_ = false;
  duration pause_;
  std::deque<task> waiting_;
  std::deque<refusal> refused_;
  io::timer retry_;
  io::deferred pump_;
  io::timer oldest_;
  std::vector<std::unique_ptr<slot>> slots_;
};

slot::slot(postgres_pool& pool)
    : pool_(pool), limit_(pool.loop, delegate<void()>::to<&slot::time_out>(*this)) {}

// libpq may close its socket and open another of the same number between two steps of connecting,
// which the kernel's watch would miss: so each step watches anew.
void slot::watch() {
  if (connection_->fd() < 0) return;
  if (pool_.loop.watch(connection_->fd(), *this)) watched_ = connection_->fd();
}

void slot::unwatch() {
  if (watched_ >= 0) pool_.loop.forget(std::exchange(watched_, -1), *this);
}

void slot::drop() {
  unwatch();
  limit_.disarm();
  connection_.reset();
  ready_ = false;
}

void slot::connect() {
  connection_ = std::make_unique<postgres_connection>(pool_.options.uri, pool_.options.application);
  limit_.arm(pool_.loop.now() + pool_.options.longest_connect);
  watch();
  if (watched_ < 0) lose(connection_->last_error().detail);
}

void slot::step_connect() {
  unwatch();
  switch (connection_->connect_step()) {
    case progress::failed:
      return lose(connection_->last_error().detail);
    case progress::done:
      ready_ = true;
      limit_.disarm();
      watch();
      return pool_.on_connected();
    default:
      watch();
  }
}

void slot::run(task what) {
  limit_.arm(what.until);
  task_ = std::move(what);
  settle(connection_->send(task_->sql, task_->parameters));
}

void slot::step_query() {
  settle(connection_->query_step());
}

void slot::settle(progress now_at) {
  if (now_at == progress::failed) return lose(connection_->last_error().detail);
  if (now_at != progress::done || !task_) return;  // idle: a notice came, or nothing
  limit_.disarm();
  task finished = std::move(*task_);
  task_.reset();
  auto rows = connection_->take();
  if (!rows && rows.error().away) {
    // The server ended the session with words ("shutting down") before the socket closed.
    task_ = std::move(finished);
    return lose(rows.error().detail);
  }
  pool_.free();
  if (rows) {
    finished.done(std::move(*rows));
  } else {
    finished.done(failure(storage_failure{false, rows.error().detail}));
  }
}

void slot::time_out() {
  lose("the server does not answer");
}

void slot::lose(const std::string& why) {
  const bool was_ready = ready_;
  std::optional<task> unfinished = std::move(task_);
  task_.reset();
  drop();
  pool_.on_lost(why, std::move(unfinished), was_ready);
}

}  // namespace

std::unique_ptr<storage> make_postgres_pool(io::loop& on, postgres_pool_options with) {
  return std::make_unique<postgres_pool>(on, std::move(with));
}

}  // namespace weir::systems
