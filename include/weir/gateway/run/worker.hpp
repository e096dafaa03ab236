#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "weir/gateway/plan/plan.hpp"
#include "weir/gateway/run/drain_report.hpp"
#include "weir/gateway/run/front.hpp"
#include "weir/gateway/run/idle_memory.hpp"
#include "weir/gateway/run/request.hpp"
#include "weir/http/server.hpp"
#include "weir/io/loop.hpp"
#include "weir/io/resolver.hpp"
#include "weir/io/wake_queue.hpp"
#include "weir/json/parser.hpp"
#include "weir/telemetry/log_output.hpp"
#include "weir/telemetry/request_stats.hpp"
#include "weir/upstream/endpoint.hpp"

namespace weir::gateway {

class composition;
class proxied;

// A plan as one worker uses it: with its own connections. Requests hold on to the generation they
// began with; it goes when the last of them has ended.
struct generation {
  std::shared_ptr<const plan> of;
  std::vector<std::shared_ptr<upstream::endpoint>> endpoints;  // by service::index()
  std::size_t users = 0;

  upstream::endpoint& endpoint_of(const upstream::service& s) const noexcept {
    return *endpoints[s.index()];
  }
};

// What expressions may know of the world: the loop's wall clock.
class local_world final : public expression::environment {
 public:
  explicit local_world(const io::loop& of) noexcept : loop_(of) {}
  std::tm local_time() const override;

 private:
  const io::loop& loop_;
};

// What one worker has counted: plain data, copied on demand.
struct worker_stats {
  // Subjects of `server`: what found no route, those that a reload took away, and then the others.
  static constexpr std::uint32_t no_route = 0;
  static constexpr std::uint32_t routes_gone = 1;
  static constexpr std::uint32_t first_route = 2;

  telemetry::request_stats server;                            // by first_route + route::index
  telemetry::request_stats client;                            // by service::index
  std::vector<std::array<telemetry::histogram, 3>> verdicts;  // by service::index() and verdict
  std::vector<std::uint64_t> partial;                         // by route::index
  std::uint64_t rejected = 0;  // requests the server refused before a route was asked
  std::size_t connections = 0;
  std::size_t active = 0;

  void add(const worker_stats& other);
};

// One core's share of the gateway: a thread, its loop, its listeners and connections. The members
// that may be called from another thread say so; all else belongs to the loop.
class worker {
 public:
  worker(unsigned number, telemetry::line_output* access_log);
  ~worker();
  worker(const worker&) = delete;
  worker& operator=(const worker&) = delete;

  // Before start().
  void adopt(std::shared_ptr<const plan> next);
  void listen(const io::address& at, std::unique_ptr<io::listener> by);
  void start();  // the thread
  void stop();   // any thread; returns when the thread has ended

  // Any thread: as above, on the loop.
  void post(std::function<void(worker&)> work);

  // On the loop.
  void stop_listening(const io::address& at);
  void announce_close(bool close_idle);
  // Finishes what runs, until `until`.
  void drain(time_point until, std::function<void(const drain_report&)> done);
  worker_stats stats() const;

  io::loop& loop() noexcept { return loop_; }
  io::wake_queue& wakes() noexcept { return wakes_; }
  json::parser& json() noexcept { return json_; }
  const expression::environment& world() const noexcept { return world_; }
  std::string& scratch() noexcept { return scratch_; }
  const generation& current() const noexcept { return *current_; }
  generation& current() noexcept { return *current_; }
  bool logs_access() const noexcept { return access_log_ != nullptr; }

  composition& take_composition();
  void give_back(composition& done);
  proxied& take_proxied();
  void give_back(proxied& done);

  // The end of every request. `bytes`: of the answer's body.
  void finished(const request_context& request, int status, cause why, std::uint64_t bytes);
  // Why no answer came, in words; at debug level a line.
  static void say_why_it_failed(const upstream::service& to, std::string_view detail);
  // The end of every attempt at a service: counted, and at debug level a line.
  void attempt_ended(const upstream::service& to, const upstream::passage& way, http::method verb,
                     std::string_view target, int status, cause why, verdict counts, duration took);
  void count_partial(const route_plan& route);
  void count_rejected(int status, std::string_view detail, const io::address& from);
  // What every answer to this request says: CORS, its route's limit.
  void append_common(const request_context& request, std::string& header_lines) const;

 private:
  struct listening {
    io::address at;
    std::unique_ptr<http::server> by;
  };
  void drop_unused_generations();
  void renumber_routes(const plan& before, const plan& next);
  std::uint32_t subject_of(const route_plan* route) const;
  http::server::options server_options();

  io::loop loop_;
  io::wake_queue wakes_{loop_};
  io::resolver names_;
  json::parser json_;
  front front_;
  local_world world_;
  std::unique_ptr<http::server_observer> observer_;
  std::string scratch_;
  telemetry::line_output* access_log_;
  worker_stats stats_;
  std::vector<std::unique_ptr<generation>> generations_;  // the last is current
  generation* current_ = nullptr;
  std::vector<std::unique_ptr<composition>> compositions_;
  std::vector<composition*> idle_compositions_;
  std::vector<std::unique_ptr<proxied>> proxied_;
  std::vector<proxied*> idle_proxied_;
  idle_memory idle_memory_{loop_};
  std::vector<listening> listening_;
  std::vector<std::unique_ptr<http::server>> leaving_;  // their address is gone from the plan
  std::size_t cut_while_leaving_ = 0;                   // requests of theirs
  std::function<void()> all_left_;                      // for a drain that waits for them, too
  unsigned number_;
  std::thread thread_;
};

}  // namespace weir::gateway
