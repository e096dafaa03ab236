#include "weir/gateway/plan/compile.hpp"

#include <gtest/gtest.h>

#include <chrono>

#include "compile_support.hpp"

namespace weir::gateway {
namespace {

using namespace std::chrono_literals;

// One route over one service; `steps` is YAML in flow style.
compiled with_steps(const std::string& steps, const std::string& reply = "1") {
  return compiled(
      "services: {a: 'http://127.0.0.1:8000/base'}\nroutes:\n  GET /r/{id}:\n    steps: " + steps +
      "\n    reply: " + reply + "\n");
}

constexpr const char* shop = R"(
services:
  products:  http://127.0.0.1:8000
  inventory: http://127.0.0.1:8001
  favorites: http://127.0.0.1:8002
  cart:      http://127.0.0.1:8003
policies:
  default:
    timeout: 1s
    retry:   {attempts: 2, backoff: 25ms..250ms}
    breaker: {trip: {failures: 5, within: 10s}, open: 5s}
routes:
  GET /products/all:
    deadline: 2500ms
    steps:
      products:
        get: products/products
        expect: list
      cart:
        get: cart/users/${query.user ?? 3}/cart
        default: null
      favorites:
        get: favorites/users/${query.user ?? 3}/favorites
        default: null
      stock:
        each: products as p
        limit: 32
        get: inventory/products/${p.product_id}/inventory
        take: ${body.inventory}
        default: null
    reply:
      cart_items: ${size(cart)}
      favorite_items: ${size(favorites)}
      products:
        each: products as p, stock as s
        product_id: ${p.product_id}
        product_name: ${p.product_name}
        inventory: ${s}
)";

TEST(Compile, MakesThePlanOfTheShop) {
  const compiled c(shop);
  ASSERT_EQ(c.made->services.size(), 4u);
  const route_plan& r = c.route();
  EXPECT_EQ(r.name, "GET /products/all");
  EXPECT_EQ(r.deadline, 2500ms);
  ASSERT_EQ(r.steps.size(), 4u);
  EXPECT_TRUE(r.steps[0].needs.empty());
  EXPECT_EQ(r.steps[0].feeds, (std::vector<std::uint16_t>{3}));
  EXPECT_EQ(r.steps[3].needs, (std::vector<std::uint16_t>{0}));
  EXPECT_FALSE(r.steps[0].fallback);
  EXPECT_EQ(r.steps[1].fallback->constant, "null");
  EXPECT_EQ(r.steps[0].call->expect, expected_kind::list);
  EXPECT_EQ(r.steps[3].each->limit, 32u);
  EXPECT_EQ(r.steps[3].each->item_name, "p");
  EXPECT_EQ(r.steps[0].timeout, 1s);
  EXPECT_EQ(r.steps[0].policies.size(), 2u)
      << "retry and breaker; the step's timeout bounds attempts";
  // Steps, the item of stock, and the two variables of the reply each have a slot of their own.
  EXPECT_EQ(r.slots, first_step_slot + 4 + 1 + 2);
  EXPECT_FALSE(r.reads_body);
  EXPECT_EQ(c.made->table.find(http::method::get, "/products/all").what,
            route_table::match::kind::found);
}

TEST(Compile, NamesACircuitAfterItsServiceAndSaysItsRuleInWords) {
  const compiled c(shop);
  const upstream::service& s = *c.made->services[0];
  ASSERT_TRUE(s.circuit());
  EXPECT_EQ(s.circuit()->name(), "products");
  EXPECT_EQ(s.settings().trip_text, "5 failures within 10s");
  EXPECT_EQ(s.settings().breaker->open_for.first(), 5s);
}

TEST(Compile, InfersWhatAStepWaitsForFromEveryPlaceThatNamesAStep) {
  const compiled c = with_steps(
      "{one: {get: a/x}, two: {get: a/x}, three: {get: a/x}, four: {get: a/x}, five: {get: a/x}, "
      "six: {get: a/x},"
      " all: {post: \"a/${one}?q=${two}\", query: {q: \"${three}\"}, headers: {x-h: \"h ${four}\"},"
      " body: {b: [\"${five}\"]}, when: \"six != null\", take: \"body + one\"},"
      " computed: {value: {v: \"${all}\"}}}",
      "\"${computed}\"");
  EXPECT_EQ(c.step(6).needs, (std::vector<std::uint16_t>{0, 1, 2, 3, 4, 5}));
  EXPECT_EQ(c.step(7).needs, (std::vector<std::uint16_t>{6}));
}

TEST(Compile, EncodesLiteralPartsOfTargetsAndPutsTheBasePathBeforeThem) {
  const compiled c =
      with_steps("{s: {get: \"a/us ers/${path.id}.json?full&n=a b&y=${query.y}\"}}", "\"${s}\"");
  const target_template& t = c.step(0).call->target;
  ASSERT_EQ(t.path.size(), 2u);
  EXPECT_EQ(t.path[0].literal, "/base/us%20ers/");
  EXPECT_TRUE(t.path[0].from_client);
  EXPECT_EQ(t.path[1].literal, ".json");
  ASSERT_EQ(t.query.size(), 3u);
  EXPECT_TRUE(t.query[0].bare);
  EXPECT_EQ(t.query[1].literal, "a%20b");
  EXPECT_TRUE(t.query[2].slot);
}

TEST(Compile, SpellsPercentSignsOfQueryValuesAsTheyAreMeant) {
  const compiled c = with_steps(
      "{s: {get: a/x, query: {'c % d': 1, note: '100% sure', b: '50%41', e: a+b&c}},"
      " t: {get: 'a/x?p=100%25&r=%2541&s=%26&u=1,2'}}",
      "[\"${s}\", \"${t}\"]");
  const auto& own = c.step(0).call->target.query;
  ASSERT_EQ(own.size(), 4u);
  EXPECT_EQ(own[0].name, "c%20%25%20d");
  EXPECT_EQ(own[1].literal, "100%25%20sure");
  EXPECT_EQ(own[2].literal, "50%2541");
  EXPECT_EQ(own[3].literal, "a%2Bb%26c");
  const auto& written = c.step(1).call->target.query;
  ASSERT_EQ(written.size(), 4u);
  EXPECT_EQ(written[0].literal, "100%25");
  EXPECT_EQ(written[1].literal, "%2541");
  EXPECT_EQ(written[2].literal, "%26");
  EXPECT_EQ(written[3].literal, "1,2");
}

TEST(Compile, ExpectsTheAddressOfAHostInACertificateWithoutItsBrackets) {
  const compiled c(R"(
services:
  named:    {url: "https://127.0.0.1:1", host: "shop.internal:8443"}
  numbered: {url: "https://127.0.0.1:1", host: "[::1]:8443"}
  several:  {instances: ["https://127.0.0.1:1", "https://127.0.0.1:2"], host: "[::1]"}
routes:
  GET /a: {proxy: named}
  GET /b: {proxy: numbered}
  GET /c: {proxy: several}
)");
  EXPECT_EQ(c.made->services[0]->settings().server_name, "shop.internal");
  EXPECT_EQ(c.made->services[1]->settings().server_name, "::1");
  EXPECT_EQ(c.made->services[1]->settings().authority, "[::1]:8443");
  EXPECT_EQ(c.made->services[2]->settings().server_name, "::1");
}

TEST(Compile, DoesNotBlameTheClientForAPathThatTheFileAloneMakes) {
  const compiled c = with_steps("{s: {get: \"a/${clock('%H')}/${'..'}\"}}", "\"${s}\"");
  EXPECT_FALSE(c.step(0).call->target.path[0].from_client);
  EXPECT_FALSE(c.step(0).call->target.path[1].from_client);
}

TEST(Compile, KnowsWhichPathsTheClientIsToBlameFor) {
  const compiled c = with_steps(
      "{s: {get: \"a/${path.id}\"}, t: {get: \"a/${s.id}\"}, u: {get: \"a/${path.id + s.id}\"}}",
      "[\"${t}\", \"${u}\"]");
  EXPECT_TRUE(c.step(0).call->target.path[0].from_client);
  EXPECT_FALSE(c.step(1).call->target.path[0].from_client);
  EXPECT_FALSE(c.step(2).call->target.path[0].from_client);
}

TEST(Compile, FoldsConstantHeadersAndLetsTheStepReplaceTheServices) {
  const compiled c(R"(
services:
  a: {url: "http://127.0.0.1:8000", headers: {Authorization: Token, X-A: service, X-B: "${request.host}"}}
routes:
  GET /:
    steps:
      s: {get: a/x, headers: {x-a: step, X-C: "${query.c}"}, forward: [accept-language, X-A]}
    reply: ${s}
)");
  const call_plan& call = *c.step(0).call;
  EXPECT_EQ(call.header_lines, "x-a: step\r\nAuthorization: Token\r\n");
  ASSERT_EQ(call.headers.size(), 2u);
  EXPECT_EQ(call.headers[0].name, "X-C");
  EXPECT_EQ(call.headers[1].name, "X-B");
  EXPECT_EQ(call.forward, (std::vector<std::string>{"accept-language"}))
      << "what is configured replaces the client's";
  EXPECT_EQ(call.header_names, (std::vector<std::string>{"x-a", "x-c", "authorization", "x-b"}));
}

TEST(Compile, RendersConstantShapesAtLoad) {
  const compiled c(
      "routes: {GET /: {reply: {a: [1, {b: null}, \"x\"], n: 12345678901234567890.10}}}");
  EXPECT_EQ(c.route().reply->what, shape::kind::constant);
  EXPECT_EQ(c.route().reply->constant, R"({"a":[1,{"b":null},"x"],"n":12345678901234567890.10})");
}

TEST(Compile, KeepsConstantPartsOfAShapeConstant) {
  const compiled c("routes: {GET /: {reply: {a: [1, 2], b: \"${query.x}\", c: \"x ${query.y}\"}}}");
  const shape& s = *c.route().reply;
  ASSERT_EQ(s.what, shape::kind::object);
  EXPECT_EQ(s.keys[0], "\"a\"");
  EXPECT_EQ(s.items[0].constant, "[1,2]");
  EXPECT_EQ(s.items[1].what, shape::kind::expression);
  EXPECT_EQ(s.items[2].what, shape::kind::text);
  EXPECT_EQ(s.items[2].where, "reply.c");
}

TEST(Compile, ReadsTheRequestsBodyOnlyWhereAnExpressionAsksForIt) {
  EXPECT_TRUE(compiled("routes: {POST /: {reply: \"${request.body.x}\"}}").route().reads_body);
  EXPECT_TRUE(compiled("routes: {POST /: {reply: \"${request['body']}\"}}").route().reads_body);
  EXPECT_TRUE(compiled("routes: {POST /: {reply: \"${request}\"}}").route().reads_body);
  EXPECT_FALSE(compiled("routes: {POST /: {reply: \"${request.host + request.headers['body']}\"}}")
                   .route()
                   .reads_body);
}

TEST(Compile, GivesFiniteTimesWhereTheFileSaysNothing) {
  const compiled c = with_steps("{s: {get: a/x}}", "\"${s}\"");
  EXPECT_EQ(c.route().deadline, 15s);
  EXPECT_EQ(c.made->services[0]->settings().connect_timeout, 1s);
  EXPECT_EQ(c.step(0).timeout, duration::zero());
  ASSERT_EQ(c.step(0).policies.size(), 1u);
  EXPECT_EQ(c.step(0).policies.worst().time, 5s) << "one attempt";
}

TEST(Compile, PutsTheRetryAroundTheBreakerAndTheAttemptsTimeInside) {
  const compiled c(R"(
services: {a: {url: "http://127.0.0.1:8000", attempt_timeout: 300ms, retry: {attempts: 3, backoff: 100ms, jitter: false}, breaker: {trip: {in_a_row: 5}}}}
routes: {GET /: {steps: {s: {get: a/x}}, reply: "${s}"}}
)");
  const pipeline& p = c.step(0).policies;
  ASSERT_EQ(p.size(), 3u);
  EXPECT_EQ(p[0].what(), layer::role::retry);
  EXPECT_EQ(p[1].what(), layer::role::breaker);
  EXPECT_EQ(p[2].what(), layer::role::timeout);
  EXPECT_EQ(p.worst().attempts, 3u);
  EXPECT_EQ(p.worst().time, 3 * 300ms + 2 * 100ms);
  EXPECT_TRUE(p.warnings().empty());
}

TEST(Compile, KeepsTheWholeTimeOfAProxyInItsPipeline) {
  const compiled c(
      "services: {a: {url: 'http://127.0.0.1:8000', timeout: 2s}}\nroutes: {GET /: {proxy: a}, GET "
      "/b: {proxy: a/b}}");
  ASSERT_EQ(c.route(0).proxy->policies.size(), 1u);
  EXPECT_EQ(c.route(0).proxy->policies.worst().time, 2s);
  EXPECT_TRUE(c.route(0).proxy->whole_request);
  EXPECT_FALSE(c.route(1).proxy->whole_request);
}

TEST(Compile, RetriesAPostOnlyWhereAKeyIsHonoured) {
  const compiled c = with_steps(
      "{p: {post: a/x}, h: {post: a/x, honours: idempotency-key}, g: {get: a/x}, u: {put: a/x}, d: "
      "{delete: a/x}, t: {patch: a/x}}");
  EXPECT_FALSE(c.step(0).call->idempotent);
  EXPECT_FALSE(c.step(0).call->idempotent_by_key);
  EXPECT_TRUE(c.step(1).call->idempotent_by_key);
  EXPECT_TRUE(c.step(2).call->idempotent);
  EXPECT_TRUE(c.step(3).call->idempotent);
  EXPECT_TRUE(c.step(4).call->idempotent);
  EXPECT_FALSE(c.step(5).call->idempotent);
  EXPECT_EQ(c.step(5).call->verb_token, "PATCH");
}

TEST(Compile, TakesABudgetFromTheServicesRetry) {
  const compiled c(R"(
services: {a: {url: "http://127.0.0.1:8000", retry: {attempts: 2, budget: {ratio: 10%, floor: 30}}}}
routes: {GET /: {proxy: a}}
)");
  EXPECT_DOUBLE_EQ(c.made->services[0]->settings().budget.ratio, 0.1);
  EXPECT_DOUBLE_EQ(c.made->services[0]->settings().budget.floor, 3.0)
      << "a second, and 30 within ten";
}

TEST(Compile, GivesRequirementsWhatTheyWaitFor) {
  const compiled c(R"(
services: {a: "http://127.0.0.1:8000"}
routes:
  GET /:
    require: [{that: "query.a == 'b'"}, {that: "s.ok", else: {status: 403, code: "4030", message: not yours}}]
    steps: {s: {get: a/x}}
    reply: ${s}
)");
  ASSERT_EQ(c.route().requires_.size(), 2u);
  EXPECT_TRUE(c.route().requires_[0].needs.empty());
  EXPECT_EQ(c.route().requires_[0].status, 400);
  EXPECT_EQ(c.route().requires_[1].needs, (std::vector<std::uint16_t>{0}));
  EXPECT_EQ(c.route().requires_[1].status, 403);
  EXPECT_EQ(c.route().requires_[1].code, "4030");
}

TEST(Compile, PutsTheMostExactRuleForErrorsFirst) {
  const compiled c(R"(
errors:
  causes: {"*": {code: "5000"}, 5xx: {code: "5001"}, 504: {code: "5040"}, connect_timeout: {code: "5041", status: 503}}
  body: {object: error, code: "${error.code}"}
routes:
  GET /a: {reply: 1}
  GET /b: {reply: 1, errors: {content_type: text/json}}
)");
  const error_shape& e = *c.route(0).errors;
  ASSERT_EQ(e.rules.size(), 4u);
  EXPECT_EQ(e.rules[0].cause, "connect_timeout");
  EXPECT_EQ(e.rules[0].status, 503);
  EXPECT_EQ(e.rules[1].cause, "504");
  EXPECT_EQ(e.rules[2].cause, "5xx");
  EXPECT_EQ(e.rules[3].cause, "*");
  EXPECT_EQ(e.content_type, "application/json");
  EXPECT_EQ(c.route(1).errors->content_type, "text/json")
      << "the route's replace the file's, whole";
  EXPECT_TRUE(c.route(1).errors->rules.empty());
  EXPECT_TRUE(c.made->settings.errors);
}

TEST(Compile, CarriesTheSettingsOfTheGateway) {
  const compiled c(R"(
listen: ["127.0.0.1:9100", "[::1]:9101"]
admin: off
workers: 3
trusted_proxies: [10.0.0.0/8]
cors: {origins: ["https://a.example"], max_age: 1m}
drain: {notice: 2s, timeout: 3s}
meta: true
limits: {target: 4KiB, head: 8KiB, fields: 50, body: 2MiB, connections: 5, head_timeout: 1s, body_timeout: 2s, idle_timeout: 3s, write_timeout: 4s, response: 1MiB, depth: 9, max_items: 7}
services: {a: "http://127.0.0.1:8000"}
routes:
  GET /: {steps: {s: {each: "query_all.x as x", get: "a/${x}"}}, reply: "${s}"}
  GET /b: {reply: 1, limits: {body: 10B}, meta: false}
)");
  const gateway_settings& s = c.made->settings;
  ASSERT_EQ(s.listen.size(), 2u);
  EXPECT_EQ(s.listen[1].to_string(), "[::1]:9101");
  EXPECT_FALSE(s.admin);
  EXPECT_EQ(s.workers, 3u);
  EXPECT_TRUE(s.trusted_proxies[0].contains(*io::address::parse("10.1.2.3", 1)));
  EXPECT_EQ(s.cors->max_age, 1min);
  EXPECT_EQ(s.drain_notice, 2s);
  EXPECT_EQ(s.drain_timeout, 3s);
  EXPECT_EQ(s.limits.target_bytes, 4096u);
  EXPECT_EQ(s.limits.head_bytes, 8192u);
  EXPECT_EQ(s.limits.head_fields, 50u);
  EXPECT_EQ(s.limits.connections, 5u);
  EXPECT_EQ(s.limits.write_timeout, 4s);
  EXPECT_EQ(c.route(0).body_bytes, 2u * 1024 * 1024);
  EXPECT_EQ(c.route(1).body_bytes, 10u);
  EXPECT_TRUE(c.route(0).meta);
  EXPECT_FALSE(c.route(1).meta);
  EXPECT_EQ(c.step(0).each->max_items, 7u);
  EXPECT_EQ(c.step(0).call->response_bytes, 1024u * 1024);
  EXPECT_EQ(c.step(0).call->response_depth, 9u);
}

TEST(Compile, ListensOnLoopbackByDefault) {
  const compiled c("routes: {GET /: {reply: 1}}");
  ASSERT_EQ(c.made->settings.listen.size(), 1u);
  EXPECT_EQ(c.made->settings.listen[0].to_string(), "127.0.0.1:9000");
  EXPECT_EQ(c.made->settings.admin->to_string(), "127.0.0.1:9901");
}

TEST(Compile, TellsOfAFileOfCertificatesThatIsNotThere) {
  auto loaded = config::load_text("f.yaml",
                                  "services: {a: {url: 'https://localhost', tls: {ca_file: "
                                  "/no/such/file.pem}}}\nroutes: {GET /: {proxy: a}}");
  ASSERT_TRUE(loaded.ok());
  upstream::service_registry services;
  EXPECT_FALSE(compile(loaded.what, services, loaded.found));
  ASSERT_EQ(loaded.found.errors(), 1u);
  EXPECT_EQ(loaded.what.from->at(loaded.found.all()[0].where.offset).column, 57u);
}

TEST(Compile, KeepsTheAnswersOfGetAloneAsTheNearestWordSays) {
  const compiled c(R"(
services:
  a: {url: 'http://127.0.0.1:1', cache: {for: 5s, stale_if_error: 1m}}
  b: http://127.0.0.1:2
routes:
  GET /:
    steps:
      one: {get: a/x}
      two: {get: a/x, cache: {for: 1s, capacity: 64MiB, coalesce: false}}
      three: {get: a/x, cache: off}
      four: {post: a/x}
      five: {get: b/x}
    reply: ["${one}", "${two}", "${three}", "${five}"]
)");
  ASSERT_TRUE(c.step(0).cache);
  EXPECT_EQ(c.step(0).cache->keep.fresh_for, 5s);
  EXPECT_EQ(c.step(0).cache->keep.stale_if_error, 1min);
  EXPECT_TRUE(c.step(0).cache->coalesce);
  ASSERT_TRUE(c.step(1).cache);
  EXPECT_EQ(c.step(1).cache->keep.stale_if_error, 0s) << "a word counts whole";
  EXPECT_FALSE(c.step(1).cache->coalesce);
  EXPECT_FALSE(c.step(2).cache);
  EXPECT_FALSE(c.step(3).cache);
  EXPECT_FALSE(c.step(4).cache);
  ASSERT_TRUE(c.made->services[0]->answers());
  EXPECT_EQ(c.made->services[0]->answers()->capacity(), 64U * 1024 * 1024)
      << "the largest that anybody says of the service";
  EXPECT_FALSE(c.made->services[1]->answers()) << "nobody keeps any";
}

}  // namespace
}  // namespace weir::gateway
