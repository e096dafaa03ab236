#include "systems/common/web.hpp"

#include <algorithm>
#include <charconv>
#include <map>
#include <string_view>

#include "weir/base/result.hpp"
#include "weir/http/client.hpp"
#include "weir/http/uri.hpp"
#include "weir/io/address.hpp"
#include "weir/io/resolver.hpp"

namespace weir::systems {

namespace {

constexpr std::size_t longest_body = 4 * 1024 * 1024;

struct address_of {
  bool tls = false;
  std::string host;  // of an IPv6 address, without its brackets
  std::uint16_t port = 0;
  std::string authority;
  std::string target;
};

bool taken_off(std::string_view& url, std::string_view scheme) {
  if (!http::iequals(url.substr(0, scheme.size()), scheme)) return false;
  url.remove_prefix(scheme.size());
  return true;
}

std::optional<std::uint16_t> port_of(std::string_view digits) {
  std::uint16_t port = 0;
  const char* const last = digits.data() + digits.size();
  const auto [end, wrong] = std::from_chars(digits.data(), last, port);
  if (wrong != std::errc() || end != last || port == 0) return {};
  return port;
}

bool is_plain(char c) {
  return c > ' ' && c < 127 && c != '"' && c != '<' && c != '>' && c != '\\';
}

result<address_of, std::string> parse(std::string_view url) {
  address_of made;
  made.tls = taken_off(url, "https://");
  if (!made.tls && !taken_off(url, "http://")) {
    return failure(std::string("it does not begin with http:// or https://"));
  }
  if (!std::all_of(url.begin(), url.end(), is_plain)) {
    return failure(std::string("it has a character that a URL cannot hold"));
  }
  if (url.find('#') != std::string_view::npos) return failure(std::string("it has a fragment"));
  const std::size_t end = std::min(url.find_first_of("/?"), url.size());
  made.authority = url.substr(0, end);
  made.target = url.substr(end);
  if (!made.target.starts_with('/')) made.target.insert(0, "/");
  std::string_view host = made.authority;
  if (host.find('@') != std::string_view::npos) return failure(std::string("it has a user"));

  made.port = made.tls ? 443 : 80;
  const std::size_t bracket = host.starts_with('[') ? host.find(']') : 0;
  const std::size_t colon = host.find(':', std::min(bracket, host.size()));
  if (colon != std::string_view::npos) {
    const auto port = port_of(host.substr(colon + 1));
    if (!port) return failure(std::string("its port is not one from 1 to 65535"));
    made.port = *port;
    host = host.substr(0, colon);
  }
  if (bracket != 0) {
    if (!host.ends_with(']')) return failure(std::string("it has no host"));
    host = host.substr(1, host.size() - 2);
  }
  const bool is_address = io::address::parse(host, made.port).has_value();
  if (host.empty() || (bracket != 0 && !is_address)) {
    return failure(std::string("it has no host"));
  }
  made.host = host;
  return made;
}

// What one GET brings.
struct reading final : http::client_receiver {
  void on_head(const http::response_head& head) override { status = head.status; }
  void on_body(std::string_view piece) override {
    if (body.size() + piece.size() <= longest_body) return void(body.append(piece));
    exchange->cancel();
    fail("the answer is too long");
  }
  void on_end() override { over = true; }
  void on_failed(http::client_error why, std::string_view detail) override {
    fail(std::string(http::to_string(why)).append(": ").append(detail));
    late = why == http::client_error::connect_timeout;
  }
  void fail(std::string why) {
    status = 0;
    failure = std::move(why);
    over = true;
  }

  http::client_exchange* exchange = nullptr;
  int status = 0;
  std::string body;
  std::string failure;
  bool late = false;
  bool over = false;
};

// One thread's loop and its connections.
class browser {
 public:
  browser(duration longest, std::shared_ptr<io::tls_client_context> tls)
      : longest_(longest), tls_(std::move(tls)), names_(loop_) {}

  std::string get(const std::string& url) {
    const auto where = parse(url);
    if (!where) throw std::invalid_argument(*wrong_url(url));
    loop_.run_once(duration::zero());  // brings the loop's time up to date
    const time_point until = loop_.now() + longest_;
    const std::string whose = (where->tls ? "https://" : "http://") + where->authority;
    http::client_pool& pool = connections(whose, *where, until);

    reading got;
    http::client_request request;
    request.verb_token = "GET";
    request.target = where->target;
    request.authority = where->authority;
    request.header_lines = "User-Agent: weir-systems\r\n";
    request.connect_until = until;
    got.exchange = &pool.start(request, got);
    while (!got.over && loop_.now() < until) loop_.run_once(until - loop_.now());
    if (!got.over) {
      got.exchange->cancel();
      got.fail("no answer in time");
      got.late = true;
    }
    if (got.status == 0) {
      pools_.erase(whose);  // the name may lead elsewhere by now
      throw web_error(0, got.failure, got.late);
    }
    if (got.status / 100 != 2) throw web_error(got.status, "status " + std::to_string(got.status));
    return std::move(got.body);
  }

 private:
  http::client_pool& connections(const std::string& whose, const address_of& where,
                                 time_point until) {
    auto& made = pools_[whose];
    if (!made) {
      io::connector::target at;
      at.addresses = look_up(where, until);
      if (where.tls) at.tls = tls_;
      at.server_name = where.host;
      made = http::make_client_pool(loop_, std::move(at), {});
    }
    return *made;
  }

  std::vector<io::address> look_up(const address_of& where, time_point until) {
    auto found = std::make_shared<std::optional<io::resolver::answer>>();
    names_.resolve(where.host, where.port, until,
                   [found](const io::resolver::answer& a) { found->emplace(a); });
    while (!found->has_value() && loop_.now() < until) loop_.run_once(until - loop_.now());
    if (!found->has_value()) throw web_error(0, "no address for " + where.host + " in time", true);
    if (!**found) throw web_error(0, (*found)->error());
    return ***found;
  }

  const duration longest_;
  const std::shared_ptr<io::tls_client_context> tls_;
  io::loop loop_;
  io::resolver names_;
  std::map<std::string, std::unique_ptr<http::client_pool>> pools_;  // gone before the loop
};

}  // namespace

struct web::shared {
  duration longest;
  std::shared_ptr<io::tls_client_context> tls;
};

web::web(duration longest, const std::string& ca_file) {
  auto tls = io::tls_client_context::make({.ca_file = ca_file, .verify = true});
  if (!tls) throw std::runtime_error(tls.error());
  shared_ = std::make_shared<const shared>(shared{longest, std::move(*tls)});
}

web::~web() = default;

std::string web::get(const std::string& url) const {
  // By owner: a second web on the same thread has its own limit and its own roots.
  thread_local std::map<std::shared_ptr<const shared>, std::unique_ptr<browser>> browsers;
  auto& mine = browsers[shared_];
  if (!mine) mine = std::make_unique<browser>(shared_->longest, shared_->tls);
  return mine->get(url);
}

std::optional<std::string> wrong_url(const std::string& text) {
  const auto parsed = parse(text);
  if (parsed) return {};
  return "'" + text + "' is no URL to get: " + parsed.error();
}

std::string path_segment(const std::string& text) {
  std::string made;
  http::percent_encode(text, made);
  return made;
}

}  // namespace weir::systems
