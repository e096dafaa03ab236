#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "weir/base/result.hpp"
#include "weir/gateway/plan/plan.hpp"
#include "weir/gateway/run/worker.hpp"
#include "weir/io/loop.hpp"
#include "weir/telemetry/log_output.hpp"

namespace weir::gateway {

// The gateway as a whole: its workers, each a thread, and the plan they serve. Driven from one
// thread, whose loop is given; callbacks come on that loop.
class gateway {
 public:
  struct options {
    telemetry::line_output* access_log = nullptr;  // must outlive the gateway
  };

  // Opens every listener before a thread is started, so that a taken port is one clear sentence.
  static result<std::unique_ptr<gateway>, std::string> start(io::loop& main,
                                                             std::shared_ptr<const plan> first,
                                                             const options& with);
  ~gateway();

  // The next plan: new listeners are opened first (an error leaves everything as it was), then the
  // workers swap, then listeners that are gone close. The number of workers stays. `done` is called
  // once every worker serves by it.
  result<void, std::string> adopt(std::shared_ptr<const plan> next, std::function<void()> done);

  const std::shared_ptr<const plan>& current() const noexcept { return current_; }
  std::size_t workers() const noexcept { return workers_.size(); }

  // Asks every worker for its statistics; `done` gets the sum.
  void collect(std::function<void(const worker_stats&)> done);

  // Goes away: for `drain.notice` accepts on, saying `Connection: close`; then accepts what waits,
  // closes, finishes what runs.
  void drain(std::function<void(const drain_report&)> done);
  bool draining() const noexcept { return draining_; }

 private:
  explicit gateway(io::loop& main) : main_(main) {}
  void close_listeners(std::function<void(const drain_report&)> done);

  io::loop& main_;
  std::shared_ptr<const plan> current_;
  std::vector<std::unique_ptr<worker>> workers_;
  std::unique_ptr<io::timer> notice_;
  std::function<void()> after_notice_;
  void on_notice() { after_notice_(); }
  bool draining_ = false;
};

}  // namespace weir::gateway
