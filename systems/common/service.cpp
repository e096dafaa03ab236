#include "systems/common/service.hpp"

#include "systems/common/problem.hpp"
#include "weir/base/log.hpp"
#include "weir/base/random.hpp"
#include "weir/http/uri.hpp"

namespace weir::systems {

namespace {

constexpr std::string_view switch_path = "/_fault";
constexpr std::uint64_t longest_switch_body = 16 * 1024;
constexpr unsigned blocking_threads = 8;

http::server::options server_options() {
  http::server::options made;
  made.errors = [](int status, std::string_view detail) {
    return http::error_body{"application/problem+json", problem_body(status, detail)};
  };
  return made;
}

}  // namespace

call::call(service& at, http::server_exchange& exchange)
    : service_(at),
      exchange_(&exchange),
      method_(exchange.head().verb_token),
      path_(exchange.head().path),
      received_(exchange.received()),
      faults_(at.faults_) {}

reply problem_reply(int status, std::string_view detail, std::string_view more_headers) {
  return {status, problem_body(status, detail), std::string(problem_type).append(more_headers)};
}

std::optional<std::string> call::decoded_parameter() const {
  std::string decoded;
  if (!http::percent_decode(parameter_, decoded)) return {};
  // No database takes a NUL in a text.
  if (decoded.find('\0') != std::string::npos) return {};
  return decoded;
}

void call::begin() {
  self_ = shared_from_this();
  exchange_->on_abort(delegate<void()>::to<&call::aborted>(*this));
  if (!faults_.concerns(path_)) faults_ = faults{};
  const duration pause = faults_.draw_delay(thread_random());
  if (pause <= duration::zero()) return go_on();
  delay_ = std::make_unique<io::timer>(service_.loop_, delegate<void()>::to<&call::go_on>(*this));
  delay_->arm(service_.loop_.now() + pause);
}

void call::go_on() {
  if (faults_.hang) return;  // the client gives up; aborted() ends it
  if (faults_.reset_after) {
    // The count is the service's, not the copy this call took when it came.
    std::optional<std::uint64_t>& left = service_.faults_.reset_after;
    if (left && *left > 0) {
      --*left;
    } else {
      exchange_->abort();
      return aborted();
    }
  }
  if (faults_.fail != 0) return problem(faults_.fail, "told to fail");
  if (faults_.garbage == faults::junk::text) return json("<html>this is no JSON</html>");
  if (faults_.garbage == faults::junk::shape) return json(R"({"unexpected":[true]})");
  handler_(shared_from_this());
}

void call::problem(int status, std::string_view detail, std::string_view more_headers) {
  respond(status, std::string(problem_type).append(more_headers), problem_body(status, detail));
}

void call::respond(int status, std::string_view header_lines, std::string_view body) {
  if (exchange_ == nullptr) return;
  http::server_exchange& exchange = *std::exchange(exchange_, nullptr);
  exchange.respond(status, header_lines, body);
  close_log(status);
  self_.reset();  // may be the end of this object
}

void call::aborted() {
  exchange_ = nullptr;
  delay_.reset();
  close_log(499);
  self_.reset();
}

void call::close_log(int status) {
  service_.note(method_, path_, status, received_);
}

// Reads what is sent to the switch. Keeps itself until the exchange is over.
class service::fault_reader final : private http::body_sink {
 public:
  static void start(service& at, http::server_exchange& exchange) {
    auto made = std::make_shared<fault_reader>(at, exchange);
    made->self_ = made;
    exchange.on_abort(delegate<void()>::to<&fault_reader::end>(*made));
    exchange.read_body(*made, longest_switch_body);
  }

  fault_reader(service& at, http::server_exchange& exchange) : service_(at), exchange_(exchange) {}

 private:
  void on_body(std::string_view piece) override { text_.append(piece); }
  void on_body_failed(int) override {}  // the abort that follows ends it

  void on_body_end() override {
    auto changed = parse_faults(text_, service_.options_.usual);
    if (changed) {
      service_.faults_ = std::move(*changed);
      exchange_.respond(200, json_type, describe(service_.faults_, service_.requests_));
    } else {
      exchange_.respond(400, problem_type, problem_body(400, changed.error()));
    }
    end();
  }

  void end() { self_.reset(); }

  service& service_;
  http::server_exchange& exchange_;
  std::string text_;
  std::shared_ptr<fault_reader> self_;
};

service::service(io::loop& on, service_options with)
    : loop_(on),
      options_(std::move(with)),
      faults_(options_.usual),
      server_(on, *this, server_options()) {}

service::~service() = default;

void service::get(const std::string& pattern, handler h) {
  route made;
  const std::size_t open = pattern.find('{');
  made.has_parameter = open != std::string::npos;
  made.before = pattern.substr(0, open);
  if (made.has_parameter) made.after = pattern.substr(pattern.find('}') + 1);
  made.handle = std::move(h);
  routes_.push_back(std::move(made));
}

void service::get_blocking(const std::string& pattern, std::function<reply(const std::string&)> h) {
  if (!workers_) workers_ = std::make_unique<workers>(blocking_threads);
  get(pattern, [this, h = std::move(h)](const call_ptr& c) {
    const auto parameter = c->decoded_parameter();
    if (!parameter) return c->problem(400, "a broken escape in the path");
    const bool taken = workers_->run([this, h, c = call_ptr(c), text = *parameter]() mutable {
      reply made;
      try {
        made = h(text);
      } catch (const std::exception& e) {
        log::error("a handler threw", {{"service", options_.name}, {"what", e.what()}});
        made = problem_reply(500, "a fault of the service");
      }
      // The call belongs to the loop's thread, its end too.
      loop_.post([c = std::move(c), made = std::move(made)] { c->answer(made); });
    });
    if (!taken) c->problem(503, "too much is waiting", "Retry-After: 1\r\n");
  });
}

void service::listen(std::unique_ptr<io::listener> at) {
  server_.listen(std::move(at));
}

void service::drain(std::function<void()> done) {
  server_.announce_close(true);
  server_.drain(loop_.now() + options_.longest_drain, std::move(done));
}

const service::route* service::find(std::string_view path, std::string& parameter) const {
  for (const route& r : routes_) {
    if (!r.has_parameter) {
      if (path == r.before) return &r;
      continue;
    }
    if (path.size() <= r.before.size() + r.after.size() || !path.starts_with(r.before) ||
        !path.ends_with(r.after)) {
      continue;
    }
    const std::string_view segment =
        path.substr(r.before.size(), path.size() - r.before.size() - r.after.size());
    if (segment.find('/') != std::string_view::npos) continue;
    parameter = segment;
    return &r;
  }
  return nullptr;
}

void service::change_faults(http::server_exchange& exchange) {
  switch (exchange.head().verb) {
    case http::method::get:
    case http::method::head:
      return exchange.respond(200, json_type, describe(faults_, requests_));
    case http::method::post:
      return fault_reader::start(*this, exchange);
    default:
      return exchange.respond(405, std::string(problem_type) + "Allow: GET, HEAD, POST\r\n",
                              problem_body(405, "the switch takes GET and POST"));
  }
}

void service::note(std::string_view method, std::string_view path, int status,
                   time_point received) const {
  if (!options_.access_log) return;
  const auto took = std::chrono::duration<double, std::milli>(loop_.now() - received);
  log::info("answered", {{"service", options_.name},
                         {"method", method},
                         {"path", path},
                         {"status", status},
                         {"ms", took.count()}});
}

void service::refuse(http::server_exchange& exchange, int status, std::string_view detail,
                     std::string_view more_headers) const {
  note(exchange.head().verb_token, exchange.head().path, status, exchange.received());
  exchange.respond(status, std::string(problem_type).append(more_headers),
                   problem_body(status, detail));
}

void service::on_request(http::server_exchange& exchange) {
  const http::request_head& head = exchange.head();
  if (options_.fault_switch && head.path == switch_path) return change_faults(exchange);
  if (head.path == "/livez") {
    return exchange.respond(200, "Content-Type: text/plain; charset=utf-8\r\n", "ok\n");
  }

  std::string parameter;
  const route* found = find(head.path, parameter);
  if (found == nullptr) {
    return refuse(exchange, 404, "there is nothing at this path");
  }
  if (head.verb != http::method::get && head.verb != http::method::head) {
    return refuse(exchange, 405, "this can only be read", "Allow: GET, HEAD\r\n");
  }
  ++requests_;
  std::shared_ptr<call> made(new call(*this, exchange));
  made->parameter_ = std::move(parameter);
  made->handler_ = found->handle;
  made->begin();
}

}  // namespace weir::systems
