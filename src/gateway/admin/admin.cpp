#include "weir/gateway/admin/admin.hpp"

#include <vector>

#include "weir/base/log.hpp"
#include "weir/gateway/reply/problem.hpp"
#include "weir/http/query.hpp"
#include "weir/http/uri.hpp"
#include "weir/json/writer.hpp"

namespace weir::gateway {
namespace {

constexpr std::string_view text_lines = "Content-Type: text/plain; charset=utf-8\r\n";
constexpr std::string_view json_lines = "Content-Type: application/json\r\n";

constexpr std::string_view reading = "GET, HEAD";
constexpr std::string_view steering = "POST";
constexpr std::string_view circuits_prefix = "/circuits/";

// What may be done with a path, as Allow says it; empty: there is none.
std::string_view allowed(std::string_view path) {
  if (path.size() > circuits_prefix.size() && path.starts_with(circuits_prefix)) return steering;
  for (const std::string_view known :
       {"/", "/livez", "/readyz", "/metrics", "/circuits", "/services"}) {
    if (path == known) return reading;
  }
  return {};
}

void refuse(http::server_exchange& exchange, const problem& p) {
  const error_answer out = render_problem(p, nullptr);
  exchange.respond(out.status, out.header_lines, out.body);
}

void not_found(http::server_exchange& exchange, std::string_view detail) {
  refuse(exchange, {.status = 404, .why = cause::not_found, .detail = detail});
}

http::error_body malformed_request(int status, std::string_view detail) {
  error_answer out =
      render_problem({.status = status, .why = cause::bad_request, .detail = detail}, nullptr);
  return {std::move(out.content_type), std::move(out.body)};
}

// A name that a page in somebody's browser cannot have brought here by DNS rebinding.
bool is_loopback_host(std::string_view host) {
  if (host.starts_with('[')) return host.substr(0, host.find(']') + 1) == "[::1]";
  const std::string_view name = host.substr(0, host.find(':'));
  return http::iequals(name, "localhost") ||
         (name.starts_with("127.") && io::address::parse(name, 0));
}

}  // namespace

// Ends with the exchange: answered, or its client gone.
struct admin::waiting {
  http::server_exchange* exchange;
  void gone() { exchange = nullptr; }
};

admin::admin(io::loop& main, gateway& of, const reload_status& reloads)
    : loop_(main), gateway_(of), reloads_(reloads) {
  http::server::options options;
  options.limits.connections = 256;
  options.errors = malformed_request;
  server_ = std::make_unique<http::server>(main, *this, options);
}

admin::~admin() {
  *alive_ = false;
}

void admin::listen(std::unique_ptr<io::listener> at) {
  server_->listen(std::move(at));
}

void admin::on_request(http::server_exchange& exchange) {
  const http::request_head& head = exchange.head();
  const std::string_view allow = allowed(head.path);
  if (allow.empty()) {
    not_found(exchange,
              "known here: /livez, /readyz, /metrics, /circuits, /services, and POST "
              "/circuits/NAME/{force-open,force-close,reset}");
    return;
  }
  const bool reads = head.verb == http::method::get || head.verb == http::method::head;
  if (allow == reading && reads) {
    get(exchange, head.path);
  } else if (allow == steering && head.verb == http::method::post) {
    post(exchange, head.path);
  } else {
    refuse(exchange,
           {.status = 405,
            .why = cause::method_not_allowed,
            .detail = allow == reading
                          ? "this is read by GET"
                          : "a circuit is steered by POST, with the header X-Weir-Admin: 1",
            .allow = allow});
  }
}

void admin::get(http::server_exchange& exchange, std::string_view path) {
  if (path == "/livez") {
    exchange.respond(200, text_lines, "ok\n");
  } else if (path == "/readyz") {
    ready(exchange);
  } else if (path == "/metrics") {
    metrics(exchange);
  } else if (path == "/circuits") {
    exchange.respond(200, json_lines, circuits_json(*gateway_.current(), loop_.now()));
  } else if (path == "/services") {
    exchange.respond(200, json_lines, services_json(*gateway_.current(), loop_.now()));
  } else {
    exchange.respond(200, text_lines, "/livez\n/readyz\n/metrics\n/circuits\n/services\n");
  }
}

// An open circuit never makes the gateway unready: it is exactly then that it is needed.
void admin::ready(http::server_exchange& exchange) {
  const bool ready = !gateway_.draining();
  std::string body;
  if (exchange.head().query.find("verbose") != std::string_view::npos) {
    body += "[+]configuration ok\n";
    body += ready ? "[+]listening ok\n" : "[-]listening going away\n";
    for (const auto& s : gateway_.current()->services) {
      if (!s->instances()) continue;
      const upstream::source_view source = s->instances()->source();
      if (source.trouble.empty()) continue;
      body += "[+]instances of " + s->name() + " ok (last known; " + source.trouble + ")\n";
    }
    if (!reloads_.last_succeeded) {
      body += "[+]reload ok (the last one was refused; the configuration before it serves)\n";
    }
  }
  body += ready ? "ready\n" : "not ready: going away\n";
  exchange.respond(ready ? 200 : 503, text_lines, body);
}

void admin::metrics(http::server_exchange& exchange) {
  auto w = std::make_shared<waiting>(waiting{&exchange});
  exchange.on_abort(delegate<void()>::to<&waiting::gone>(*w));
  // The workers count by the plan of now, though another may come before they have answered.
  gateway_.collect([this, w, alive = alive_, p = gateway_.current()](const worker_stats& stats) {
    if (!w->exchange || !*alive) return;
    w->exchange->respond(200, "Content-Type: text/plain; version=0.0.4; charset=utf-8\r\n",
                         metrics_text(stats, *p, reloads_, loop_.now()));
  });
}

// POST /circuits/NAME/ACTION. The header and the loopback Host keep a page in an operator's browser
// from doing it behind his back.
void admin::post(http::server_exchange& exchange, std::string_view path) {
  const http::request_head& head = exchange.head();
  if (!is_loopback_host(head.host) || head.fields.find("x-weir-admin").value_or("") != "1") {
    refuse(exchange, {.status = 403,
                      .why = cause::none,
                      .detail = "needs a loopback Host and the header X-Weir-Admin: 1",
                      .code = "forbidden"});
    return;
  }
  const auto slash = path.rfind('/');
  std::string name;
  if (slash < circuits_prefix.size() ||
      !http::percent_decode(path.substr(circuits_prefix.size(), slash - circuits_prefix.size()),
                            name)) {
    not_found(exchange, "known here: POST /circuits/NAME/{force-open,force-close,reset}");
    return;
  }
  const std::string_view action = path.substr(slash + 1);
  for (const auto& [circuit, of] : circuits_of(*gateway_.current())) {
    if (circuit.name() != name) continue;
    const time_point now = weir::now();
    if (action == "force-open") {
      circuit.force_open(now);
    } else if (action == "force-close") {
      circuit.force_close(now);
    } else if (action == "reset") {
      circuit.reset(now);
    } else {
      not_found(exchange, "the actions are force-open, force-close and reset");
      return;
    }
    log::info("circuit changed by an operator", {{"circuit", name}, {"action", action}});
    exchange.respond(200, json_lines, circuits_json(*gateway_.current(), now));
    return;
  }
  not_found(exchange, "there is no circuit of that name; GET /circuits names those there are");
}

}  // namespace weir::gateway
