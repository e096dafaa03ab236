#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "weir/base/intrusive_list.hpp"
#include "weir/http/client.hpp"
#include "weir/io/resolver.hpp"
#include "weir/resilience/outcome.hpp"
#include "weir/upstream/link.hpp"
#include "weir/upstream/service.hpp"

namespace weir::upstream {

class passage;

// One worker's part of one instance: its connections and what it knows of the instance's load.
struct lane {
  std::shared_ptr<instance> who;
  std::unique_ptr<link> way;
  lane_load load;
  // Not yet added to the instance's.
  std::uint32_t succeeded = 0;
  std::uint32_t judged = 0;  // by its circuit
  std::unique_ptr<verdict_times> times;
};

// One worker's way to one service: to its only place, or to the instances of its roster, for which
// lanes are made when they are first chosen. Belongs to its loop's thread.
class endpoint final : private lane_loads {
 public:
  endpoint(io::loop& on, io::resolver& names, std::shared_ptr<service> of);
  ~endpoint();
  endpoint(const endpoint&) = delete;
  endpoint& operator=(const endpoint&) = delete;

  const service& of() const noexcept { return *service_; }

 private:
  friend class passage;
  enum class picked : std::uint8_t { one, later, none, refused };

  picked pick(passage& p);
  bool take(passage& p, const std::shared_ptr<instance>& who, bool probe);
  bool has_other(const passage& p);
  void sync();
  void refresh();
  void ended(passage& p, verdict how);
  void tell_circuit(passage& p, lane& l, verdict how);
  void sweep();
  void on_poll();

  const lane_load* load_of(std::uint32_t slot) const noexcept override {
    return slot < lanes_.size() && lanes_[slot] ? &lanes_[slot]->load : nullptr;
  }
  std::uint32_t in_flight() const noexcept override { return in_flight_; }

  io::loop& loop_;
  io::resolver& names_;
  std::shared_ptr<service> service_;
  std::unique_ptr<link> only_;  // null: there is a roster

  roster* roster_ = nullptr;
  roster::snapshot_ptr seen_;
  std::vector<std::unique_ptr<lane>> lanes_;    // by instance::slot()
  std::vector<std::unique_ptr<lane>> leaving_;  // no more listed; until what runs on them has ended
  std::uint32_t in_flight_ = 0;
  time_point safe_probe_{};  // when a call last came that may be sent twice
  std::shared_ptr<io::tls_client_context> tls_;
  intrusive_list<passage> waiting_;  // for the first list
  io::timer poll_;
  io::deferred sweep_;
};

// One call's way through the instances of a service: which were tried, and where it is. A retry
// goes to an instance that was not tried, where there is one. Lives in its call; the endpoint must
// outlive it.
class passage final : private list_hook<> {
 public:
  enum class way : std::uint8_t {
    open,     // send by pool()
    later,    // the name or the list is not known yet: told(true) when to ask again, told(false) if
              // it cannot be had
    none,     // the service has no instance
    refused,  // the circuits of all its instances are open; retry_after() says how long
  };

  explicit passage(delegate<void(bool)> told) noexcept
      : told_(told), waiter_(delegate<void(bool)>::to<&passage::on_resolved>(*this)) {}
  ~passage() { leave(); }
  passage(const passage&) = delete;
  passage& operator=(const passage&) = delete;

  // A new call. `key` is what consistent hashing goes by; `retryable`: it may be sent twice.
  void begin(endpoint& to, std::uint64_t key, bool retryable);
  // Of another attempt of the same call: where it is and was is no place for this one, while there
  // is another.
  void avoid(const passage& other);
  // A new attempt, or on with the one that waited.
  way open();
  http::client_pool& pool() const noexcept { return *pool_; }
  duration retry_after() const noexcept { return retry_after_; }
  // What Host says; only while an attempt runs.
  std::string_view authority() const noexcept;
  // The instance of the attempt that runs or ended last; empty where the service has one place.
  std::string_view instance_key() const noexcept { return who_ ? who_->key() : std::string_view(); }

  // The answer has begun: what comes now is the length of the answer, not the instance's slowness.
  void answered(time_point now) noexcept {
    if (lane_) answered_ = now;
  }
  // What the attempt says of its instance.
  void ended(verdict how) {
    if (lane_) to_->ended(*this, how);
  }
  // The attempt got no connection, so nothing was sent, and another instance can be asked in its
  // place: then it has ended, and open() goes there.
  bool elsewhere(http::client_error why);
  // The attempt is given up.
  void leave() noexcept;

 private:
  friend class endpoint;
  friend class intrusive_list<passage>;
  void on_resolved(bool resolved) { told_(resolved); }

  delegate<void(bool)> told_;
  link::waiter waiter_;
  endpoint* to_ = nullptr;
  http::client_pool* pool_ = nullptr;
  lane* lane_ = nullptr;
  std::shared_ptr<instance> who_;
  std::vector<const instance*> tried_;
  std::optional<permit> permit_;
  std::uint64_t key_ = 0;
  time_point began_{};
  std::optional<time_point> answered_;
  duration retry_after_{};
  bool retryable_ = false;
  bool probe_ = false;
};

}  // namespace weir::upstream
