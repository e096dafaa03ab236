#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "client_connection.hpp"
#include "client_exchange.hpp"
#include "weir/base/intrusive_list.hpp"
#include "weir/http/client.hpp"

namespace weir::http {

// HTTP/1.1 connections to one instance, and the exchanges that wait for one. A new exchange takes
// the connection that rested last (its peer is the least likely to have given it up); else one is
// opened on its behalf, and whichever connection is free first serves whoever has waited longest.
// Where several may share a connection, those of one batch do (client_connection_line.cpp).
class h1_pool final : public client_pool {
 public:
  h1_pool(io::loop& on, io::connector::target instance, const client_limits& limits);
  ~h1_pool() override;

  client_exchange& start(const client_request& request, client_receiver& receiver) override;
  std::size_t connections() const noexcept override { return open_; }
  std::size_t idle() const noexcept override { return idle_count_; }
  bool unused() const noexcept override {
    return open_ == 0 && waiting_count_ == 0 && failing_.empty();
  }
  void close_idle() override;

  io::loop& loop() const noexcept { return loop_; }
  const client_limits& limits() const noexcept { return limits_; }
  std::span<field> shared_room() noexcept { return room_; }

  // For connections.
  void connected(h1_connection& fresh);
  void connect_failed(h1_connection& failed, const io::connect_failure& why);
  void released(h1_connection& used);
  void left_idle(h1_connection& gone) noexcept;
  void left_connecting() noexcept { --connecting_; }
  void closed(h1_connection& gone) noexcept;
  void resend(h1_exchange& exchange);

  // For connections that several share.
  bool shares(const h1_exchange& exchange) const noexcept {
    return limits_.pipelining > 1 && exchange.may_share() && loop_.now() >= sharing_from_;
  }
  void gathers(h1_connection& open_to_more) noexcept { gathering_ = &open_to_more; }
  void gathers_no_more(h1_connection& sent) noexcept {
    if (gathering_ == &sent) gathering_ = nullptr;
  }
  void line_held() noexcept { broken_lines_ = 0; }
  void line_broke() noexcept;

  // For exchanges.
  void waited_in_vain(h1_exchange& exchange);
  void cancel_waiting(h1_exchange& exchange) noexcept;
  void recycle(h1_exchange& exchange) noexcept;

  // Calls a receiver, which may destroy this pool: false if it has.
  template <class Call>
  bool tell(Call call) {
    bool gone = false;
    bool* const outer = destroyed_;
    destroyed_ = &gone;
    call();
    if (gone) {
      if (outer) *outer = true;
      return false;
    }
    destroyed_ = outer;
    return true;
  }
  // The last call for an exchange, which is recycled behind it.
  template <class Call>
  bool tell_end(h1_exchange& exchange, Call call) {
    exchange.ended();
    ended_.push_back(exchange);
    if (!tell(call)) return false;
    recycle(exchange);
    return true;
  }

 private:
  using waiting_list = intrusive_list<h1_exchange>;

  h1_exchange* next_waiting(bool for_fresh) noexcept;
  void serve(h1_connection& free, h1_exchange& first);
  void join(h1_exchange& exchange);
  std::size_t connections_wanted() const noexcept;
  void queue(waiting_list& in, h1_exchange& exchange);
  void left_queue(const h1_exchange& exchange) noexcept;
  void rest(h1_connection& free);
  void open_for(time_point until);
  void open_for_waiting();
  void fail_waiting(h1_exchange& exchange, client_error why, std::string_view detail);
  void on_idle_timeout();
  void on_chores();

  io::loop& loop_;
  io::connector::target instance_;
  client_limits limits_;
  std::vector<field> room_;
  bool* destroyed_ = nullptr;

  intrusive_list<h1_connection, all_connections> all_;
  intrusive_list<h1_connection, idle_connections> idle_;  // the last to rest in front
  intrusive_list<h1_connection, all_connections> retired_;
  std::size_t open_ = 0;
  std::size_t connecting_ = 0;
  std::size_t idle_count_ = 0;

  h1_connection* gathering_ = nullptr;  // those who share may still join it, in this batch
  unsigned broken_lines_ = 0;           // in a row
  time_point sharing_from_ = time_point::min();

  waiting_list resends_;  // for fresh connections alone, and before the others
  waiting_list waiting_;
  std::size_t waiting_count_ = 0;  // of both
  std::size_t sharers_ = 0;        // of those, who may share a connection
  waiting_list failing_;           // refused by start(), which must not say so itself
  waiting_list ended_;             // being told so
  waiting_list spare_;
  std::size_t spare_count_ = 0;

  io::timer idle_timer_;  // one for all: the list is in the order of their rest
  io::deferred chores_;
};

}  // namespace weir::http
