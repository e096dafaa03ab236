#include "systems/common/sqlite_storage.hpp"

#include <condition_variable>
#include <deque>
#include <mutex>
#include <thread>

#include "systems/common/sqlite_database.hpp"

namespace weir::systems {

namespace {

constexpr std::size_t workers = 2;
constexpr std::size_t longest_queue = 4096;

struct task {
  std::string sql;
  std::vector<cell> parameters;
  storage::receiver done;
};

class sqlite_storage final : public storage {
 public:
  sqlite_storage(io::loop& on, std::string path)
      : loop_(on), path_(std::move(path)), alive_(std::make_shared<bool>(true)) {
    for (std::size_t i = 0; i < workers; ++i) threads_.emplace_back([this] { work(); });
  }

  ~sqlite_storage() override {
    *alive_ = false;
    {
      const std::lock_guard lock(mutex_);
      stopping_ = true;
      queue_.clear();
    }
    wake_.notify_all();
    for (std::thread& t : threads_) t.join();
  }

  void read(std::string sql, std::vector<cell> parameters, receiver done) override {
    {
      const std::lock_guard lock(mutex_);
      if (queue_.size() < longest_queue) {
        queue_.push_back({std::move(sql), std::move(parameters), std::move(done)});
        done = nullptr;
      }
    }
    if (done) {
      deliver(std::move(done), failure(storage_failure{true, "too many queries are waiting"}));
    } else {
      wake_.notify_one();
    }
  }

 private:
  void work() {
    std::unique_ptr<sqlite_database> database;
    for (;;) {
      std::unique_lock lock(mutex_);
      wake_.wait(lock, [this] { return stopping_ || !queue_.empty(); });
      if (stopping_) return;
      task next = std::move(queue_.front());
      queue_.pop_front();
      lock.unlock();
      deliver(std::move(next.done), run(database, next));
    }
  }

  answer run(std::unique_ptr<sqlite_database>& database, const task& what) {
    if (!database) {
      auto opened = sqlite_database::open(path_);
      if (!opened) return failure(storage_failure{true, opened.error().detail});
      database = std::move(*opened);
    }
    auto rows = database->read(what.sql, what.parameters);
    if (rows) return std::move(*rows);
    if (rows.error().away) database.reset();  // opened anew for the next query
    return failure(storage_failure{rows.error().away, std::move(rows.error().detail)});
  }

  void deliver(receiver done, answer what) {
    loop_.post([alive = alive_, done = std::move(done), what = std::move(what)]() mutable {
      if (*alive) done(std::move(what));
    });
  }

  io::loop& loop_;
  const std::string path_;
  std::shared_ptr<bool> alive_;  // touched on the loop's thread alone
  std::mutex mutex_;
  std::condition_variable wake_;
  std::deque<task> queue_;
  bool stopping_ = false;
  std::vector<std::thread> threads_;
};

}  // namespace

std::unique_ptr<storage> make_sqlite_storage(io::loop& on, std::string path) {
  return std::make_unique<sqlite_storage>(on, std::move(path));
}

}  // namespace weir::systems
