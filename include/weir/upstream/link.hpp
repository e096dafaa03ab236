#pragma once

#include <memory>
#include <string>
#include <vector>

#include "weir/base/delegate.hpp"
#include "weir/http/client.hpp"
#include "weir/io/resolver.hpp"
#include "weir/upstream/name_troubles.hpp"

namespace weir::upstream {

// One worker's way to one place: its keep-alive connections, and for a place given by name the
// addresses it resolves to. Belongs to its loop's thread.
class link {
 public:
  struct place {
    std::string service;  // for the log
    std::string host;     // a name or a numeric address, without brackets
    std::uint16_t port = 80;
    bool tls = false;
    std::string ca_file;  // empty: the system's roots
    bool verify = true;
    std::string server_name;  // empty: the host
    http::client_limits pool;
    std::shared_ptr<name_troubles> troubles;  // of all who go there; null: nobody else does
  };

  // `shared_tls` where several links have the same; null: it makes its own if there is to be one.
  link(io::loop& on, io::resolver& names, place to,
       std::shared_ptr<io::tls_client_context> shared_tls = nullptr);
  ~link();
  link(const link&) = delete;
  link& operator=(const link&) = delete;

  // Somebody who needs a connection before the name is known. Told once; leaves by destruction.
  class waiter {
   public:
    explicit waiter(delegate<void(bool resolved)> told) noexcept : told_(told) {}
    waiter(const waiter&) = delete;
    waiter& operator=(const waiter&) = delete;
    ~waiter() { leave(); }
    void leave() noexcept;

   private:
    friend class link;
    delegate<void(bool)> told_;
    link* at_ = nullptr;
  };

  // The pool to send by, or null while the name is not resolved: then wait(). A name whose time to
  // live has run out is resolved again in the background, and its last known addresses serve until
  // then. That a name has no address is remembered, at first for a second, later for five: who
  // comes meanwhile is told so without DNS being asked.
  http::client_pool* pool();
  void wait(waiter& who);
  // Nothing new will be sent: what rests is closed.
  void close_idle();

  const std::string& last_error() const noexcept { return last_error_; }

 private:
  void resolve();
  void resolved(const io::resolver::answer& answer);
  void note_trouble(const std::string& why);
  void note_success();
  void tell_all();
  void use(std::vector<io::address> addresses);
  bool make_tls();

  io::loop& loop_;
  io::resolver& names_;
  place place_;
  std::shared_ptr<io::tls_client_context> tls_;
  std::unique_ptr<http::client_pool> pool_;
  // Pools whose addresses have changed; kept until what runs on them has ended.
  std::vector<std::unique_ptr<http::client_pool>> retired_;
  std::vector<io::address> addresses_;
  std::vector<waiter*> waiters_;
  std::shared_ptr<bool> alive_;  // a resolver's answer may come after us
  time_point fresh_until_{};     // until then DNS is not asked
  duration next_pause_;
  bool numeric_ = false;
  bool resolving_ = false;
  std::string last_error_;
  io::deferred refuse_;
};

}  // namespace weir::upstream
