#include <gtest/gtest.h>

#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "weir/base/random.hpp"
#include "weir/io/wake_queue.hpp"
#include "weir/upstream/answer_cache.hpp"

// Callers on several loops that share answers and calls as a gateway's workers do: they lead, wait,
// give up at any moment, and are woken on their own loop.
namespace weir::upstream {
namespace {

using namespace std::chrono_literals;

class callers {
 public:
  callers(answer_cache& store, std::uint64_t seed, int count, int rounds)
      : store_(store), random_(seed) {
    for (int i = 0; i < count; ++i) all_.push_back(std::make_unique<caller>(*this, rounds));
    left_ = count;
    for (auto& c : all_) next(*c);
  }
  void run() { loop_.run(); }
  int answered() const { return answered_; }
  int wrong() const { return wrong_; }

 private:
  using flights = answer_cache::flights;

  struct caller {
    caller(callers& o, int n)
        : of(o), left(n), sleeper(o.wakes_, delegate<void()>::to<&caller::woken>(*this)) {}
    void woken() {
      if (member) of.look(*this);
    }
    callers& of;
    int left;
    int turn = 0;  // tells a word that comes late from one that is meant
    std::string key;
    io::wake_queue::sleeper sleeper;
    std::optional<flights::member> member;
  };

  void next(caller& c) {
    loop_.post([this, &c] { begin(c); });
  }

  void begin(caller& c) {
    c.member.reset();
    ++c.turn;
    if (c.left-- == 0) {
      if (--left_ == 0) loop_.stop();
      return;
    }
    c.key = std::to_string(random_.below(3));
    now_ += 1ms;
    if (const auto known = store_.find(c.key, keep_, now_)) {
      check(c, *known);
      next(c);
      return;
    }
    c.member.emplace(store_.in_flight(), c.key,
                     delegate<void()>::to<&io::wake_queue::sleeper::wake>(c.sleeper));
    look(c);
    if (c.member && !c.member->leads() && random_.below(4) == 0) {
      loop_.post([this, &c, turn = c.turn] {
        if (c.turn == turn) begin(c);
      });
    }
  }

  void look(caller& c) {
    if (const auto got = c.member->value()) {
      check(c, *got->answer);
      c.member.reset();
      ++c.turn;
      next(c);
    } else if (c.member->leads()) {
      loop_.post([this, &c, turn = c.turn] {
        if (c.turn == turn) lead(c);
      });
    }
  }

  void lead(caller& c) {
    if (random_.below(3) != 0) {
      const auto answer = std::make_shared<const kept_answer>(
          200, http::fields(), c.key, duration::zero(), http::caching_rules{}, now_);
      if (random_.below(4) == 0) store_.keep(c.key, answer, keep_, now_);
      c.member->finish(std::make_shared<const shared_end>(shared_end{.answer = answer}));
      ++answered_;
    }
    begin(c);
  }

  void check(const caller& c, const kept_answer& got) {
    ++answered_;
    if (got.body() != c.key) ++wrong_;
  }

  static constexpr keeping keep_{.fresh_for = 2ms, .stale_if_error = 0ms};

  answer_cache& store_;
  seeded_random random_;
  io::loop loop_;
  io::wake_queue wakes_{loop_};
  std::vector<std::unique_ptr<caller>> all_;
  time_point now_{1000h};
  int left_ = 0;
  int answered_ = 0;
  int wrong_ = 0;
};

TEST(SharedCalls, LeaveNobodyWaitingOnAnyLoopWhoeverGivesUp) {
  answer_cache store(10'000);
  std::vector<std::unique_ptr<callers>> all;
  std::vector<std::thread> threads;
  for (std::uint64_t i = 0; i < 3; ++i) {
    all.push_back(std::make_unique<callers>(store, i + 1, 8, 500));
  }
  for (auto& c : all) threads.emplace_back([&c] { c->run(); });
  for (std::thread& t : threads) t.join();
  for (const auto& c : all) {
    EXPECT_GT(c->answered(), 100);
    EXPECT_EQ(c->wrong(), 0);
  }
  EXPECT_EQ(store.in_flight().flights(), 0U);
}

}  // namespace
}  // namespace weir::upstream
