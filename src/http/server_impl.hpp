#pragma once

#include <memory>
#include <string>
#include <vector>

#include "outbox.hpp"
#include "server_connection.hpp"
#include "weir/base/intrusive_list.hpp"
#include "weir/http/date.hpp"
#include "weir/http/server.hpp"

namespace weir::http {

// What the connections of a server share. The connections own themselves through its list.
struct server::impl {
  impl(io::loop& on, server_handler& to, options with);
  ~impl();

  void adopt(std::unique_ptr<io::stream> client, const io::address& from);
  void remove(server_connection& gone) noexcept;  // destroys it
  void admit();
  void announce(bool close_idle);
  std::size_t drain(time_point until, std::function<void()> done);
  error_body render(int status, std::string_view detail) const;

  io::loop& loop;
  server_handler& handler;
  options with;
  bool going_away = false;  // every answer says Connection: close
  bool draining = false;
  std::size_t active = 0;
  std::size_t count = 0;
  std::size_t cut = 0;  // answers that were not out when a drain was over

  date_line date;
  std::string scratch;  // for an answer's head, written at once
  spare_strings spares;

  std::vector<std::unique_ptr<io::listener>> listeners;
  bool paused = false;
  intrusive_list<server_connection> connections;

 private:
  friend class server;
  void reset_all();
  void tell_done();

  std::function<void()> done_;
  io::timer until_;
  io::deferred finished_;
};

}  // namespace weir::http
