#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "weir/http/client.hpp"
#include "weir/io/loop.hpp"
#include "weir/upstream/link.hpp"

namespace weir::upstream {

// One request at a time and its whole answer, for what the process asks on its own account: checks,
// Consul. Belongs to its loop's thread; destroying it cancels.
class fetch final : private http::client_receiver {
 public:
  struct request {
    http::method verb = http::method::get;
    std::string target;
    std::string authority;
    std::string header_lines;
    std::string body;
    time_point until = time_point::max();  // of all
    std::size_t most = 16 * 1024 * 1024;   // bytes of the answer's body
    std::vector<std::string_view> keep;    // headers to keep, static text
  };
  struct answer {
    int status = 0;  // 0: none came
    std::string body;
    std::string error;  // why there is none
    std::vector<std::pair<std::string_view, std::string>> headers;
    std::string_view header(std::string_view name) const noexcept;
  };

  // `done` runs once for each start(), never from within it, and may start the next or destroy
  // this.
  fetch(io::loop& on, std::function<void(const answer&)> done);
  ~fetch();

  void start(link& through, request what);
  void cancel() noexcept;
  bool running() const noexcept { return running_; }

 private:
  void on_head(const http::response_head& head) override;
  void on_body(std::string_view piece) override;
  void on_end() override;
  void on_failed(http::client_error why, std::string_view detail) override;
  void on_name(bool resolved);
  void on_late();
  void send();
  void fail(std::string why);
  void finish();

  std::function<void(const answer&)> done_;
  request what_;
  http::client_request out_;
  answer answer_;
  link* through_ = nullptr;
  link::waiter waiter_;
  http::client_exchange* exchange_ = nullptr;
  io::timer late_;
  io::deferred tell_;
  bool running_ = false;
};

}  // namespace weir::upstream
