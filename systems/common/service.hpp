#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "systems/common/faults.hpp"
#include "systems/common/workers.hpp"
#include "weir/http/server.hpp"
#include "weir/io/address.hpp"
#include "weir/io/loop.hpp"

namespace weir::systems {

class service;

// A whole answer: what a handler that blocks gives back.
struct reply {
  int status = 200;
  std::string body;
  std::string header_lines = "Content-Type: application/json\r\n";
};
reply problem_reply(int status, std::string_view detail, std::string_view more_headers = {});

// One request to a service. Handlers keep the pointer while they work; when the client has gone
// meanwhile, answering does nothing.
class call : public std::enable_shared_from_this<call> {
 public:
  std::string_view parameter() const noexcept { return parameter_; }  // what {id} stands for
  std::optional<std::string> decoded_parameter() const;  // none: a broken escape, or NUL

  void answer(const reply& with) { respond(with.status, with.header_lines, with.body); }
  void text(std::string_view body) {
    respond(200, "Content-Type: text/plain; charset=utf-8\r\n", body);
  }
  void json(std::string_view body) { respond(200, "Content-Type: application/json\r\n", body); }
  void problem(int status, std::string_view detail, std::string_view more_headers = {});

 private:
  friend class service;
  call(service& at, http::server_exchange& exchange);
  void respond(int status, std::string_view header_lines, std::string_view body);
  void begin();
  void go_on();
  void aborted();
  void close_log(int status);

  service& service_;
  http::server_exchange* exchange_;  // null when over
  std::string method_;
  std::string path_;
  std::string parameter_;
  std::shared_ptr<call> self_;  // while the exchange runs
  time_point received_;
  faults faults_;
  std::function<void(std::shared_ptr<call>)> handler_;
  std::unique_ptr<io::timer> delay_;
};

using call_ptr = std::shared_ptr<call>;

struct service_options {
  std::string name;
  faults usual;               // how it behaves when nobody has asked for anything else
  bool fault_switch = false;  // GET and POST /_fault
  bool access_log = false;    // a line for each answer
  duration longest_drain = std::chrono::seconds(10);
};

// A small JSON service on one loop: GET routes with at most one parameter, /livez, problem bodies,
// and a switch for faults.
class service final : private http::server_handler {
 public:
  using handler = std::function<void(call_ptr)>;

  service(io::loop& on, service_options with);
  ~service();

  // "/products" or "/users/{id}/cart".
  void get(const std::string& pattern, handler h);
  // The same for a handler that blocks: it gets {id}, decoded, on one of eight threads. What it
  // throws is a 500 without details.
  void get_blocking(const std::string& pattern, std::function<reply(const std::string&)> h);
  void listen(std::unique_ptr<io::listener> at);
  // Finishes what runs and closes; then `done`.
  void drain(std::function<void()> done);

 private:
  friend class call;
  struct route {
    std::string before;  // the path is `before` + one segment + `after`, or `before` alone
    std::string after;
    bool has_parameter = false;
    handler handle;
  };
  class fault_reader;

  void on_request(http::server_exchange& exchange) override;
  const route* find(std::string_view path, std::string& parameter) const;
  void refuse(http::server_exchange& exchange, int status, std::string_view detail,
              std::string_view more_headers = {}) const;
  // A line of the access log, if there is one.
  void note(std::string_view method, std::string_view path, int status, time_point received) const;
  void change_faults(http::server_exchange& exchange);

  io::loop& loop_;
  const service_options options_;
  std::vector<route> routes_;
  faults faults_;
  std::uint64_t requests_ = 0;
  http::server server_;
  std::unique_ptr<workers> workers_;  // made by the first blocking route
};

}  // namespace weir::systems
