#pragma once

#include <string>

#include "weir/gateway/run/request.hpp"
#include "weir/http/server.hpp"

namespace weir::gateway {

class worker;

// Where requests come in: finds what they are (route, trace, client, deadline) and hands them to a
// composition or a proxy, or answers what needs neither (404, 405, OPTIONS).
class front final : public http::server_handler {
 public:
  explicit front(worker& on) noexcept : worker_(on) {}
  void on_request(http::server_exchange& exchange) override;

 private:
  void identify(request_context& request);
  bool admit(request_context& request);  // by the route's limit
  void set_deadline(request_context& request);
  void answer_options(request_context& request, std::string_view path);
  void no_route(request_context& request);
  void refuse(request_context& request, const problem& p);

  worker& worker_;
  std::string path_;  // storage for a path that had to be normalised
};

}  // namespace weir::gateway
