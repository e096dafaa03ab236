#include "weir/gateway/plan/explain.hpp"

#include <gtest/gtest.h>

#include <chrono>

#include "weir/gateway/config/load.hpp"
#include "weir/gateway/plan/compile.hpp"

namespace weir::gateway {
namespace {

using namespace std::chrono_literals;

struct explained {
  explicit explained(const std::string& text)
      : loaded(config::load_text("f.yaml", text, [](std::string_view) { return std::nullopt; })) {
    EXPECT_TRUE(loaded.ok()) << config::print(loaded.found, *loaded.what.from);
    made = compile(loaded.what, services, loaded.found);
  }
  explanation route(std::size_t i = 0) const { return explain(loaded.what, made->routes[i]); }

  config::loaded loaded;
  upstream::service_registry services;
  std::shared_ptr<plan> made;
};

const std::string services =
    "services:\n"
    "  a: {url: 'http://127.0.0.1:1', timeout: 1s, retry: {attempts: 3, backoff: 50ms}}\n"
    "  b: {url: 'http://127.0.0.1:2', timeout: 800ms}\n"
    "  bare: 'http://127.0.0.1:3'\n";

TEST(Explain, PutsStepsIntoWavesByWhatTheyWaitFor) {
  const explained x(services +
                    "routes:\n  GET /:\n    steps:\n"
                    "      last: {get: 'b/${one}/${two}'}\n"
                    "      one: {get: a/x}\n"
                    "      two: {get: 'b/${one}', default: {n: 1}}\n"
                    "      alone: {get: b/x}\n"
                    "    reply: ['${last}', '${alone}']\n");
  const explanation e = x.route();
  EXPECT_EQ(e.steps[1].wave, 1u);
  EXPECT_EQ(e.steps[3].wave, 1u);
  EXPECT_EQ(e.steps[2].wave, 2u);
  EXPECT_EQ(e.steps[0].wave, 3u);
  EXPECT_EQ(e.steps[0].after, (std::vector<std::string>{"one", "two"}));
  EXPECT_FALSE(e.steps[2].required);
  EXPECT_EQ(e.steps[2].fallback, "{n: 1}");
  EXPECT_EQ(e.critical_path, (std::vector<std::string>{"one", "two", "last"}));
  EXPECT_EQ(e.latency, 2600ms);
  EXPECT_EQ(e.calls, 3u + 1 + 1 + 1);
}

TEST(Explain, CountsRetriesOfEveryItem) {
  const explained x(services +
                    "routes:\n  GET /:\n    steps:\n"
                    "      s: {each: query_all.x as x, limit: 10, max_items: 200, get: 'a/${x}'}\n"
                    "    reply: ${s}\n");
  const explanation e = x.route();
  EXPECT_EQ(e.calls, 600u);
  EXPECT_EQ(e.latency, 1s) << "the step's time covers all items";
}

TEST(Explain, MultipliesTheTimeOfRoundsWhereNothingElseEndsThem) {
  const explained x(
      "services: {a: {url: 'http://127.0.0.1:1', attempt_timeout: 100ms}}\n"
      "routes:\n  GET /:\n    deadline: 10s\n    steps:\n"
      "      s: {each: query_all.x as x, limit: 10, max_items: 50, get: 'a/${x}'}\n    reply: "
      "${s}\n");
  EXPECT_EQ(x.route().latency, 500ms);
}

TEST(Explain, EndsAtTheDeadline) {
  const explained x(
      "services: {a: 'http://127.0.0.1:1'}\nroutes: {GET /: {deadline: 2s, steps: {s: {get: a/x}}, "
      "reply: '${s}'}}");
  const explanation e = x.route();
  EXPECT_EQ(e.steps[0].at_worst, 5s);
  EXPECT_EQ(e.latency, 2s);
  EXPECT_TRUE(e.cut_by_deadline);
}

TEST(Explain, SaysWhereEachTimeComesFrom) {
  const explained x(services +
                    "policies: {default: {attempt_timeout: 300ms}}\n"
                    "routes: {GET /: {steps: {s: {get: b/x}, t: {get: bare/x, timeout: 3s}}, "
                    "reply: ['${s}', '${t}']}}\n");
  const explanation e = x.route();
  EXPECT_EQ(e.steps[0].call->timeout.from, "the service");
  EXPECT_EQ(e.steps[0].call->attempt_timeout.from, "the policy `default`");
  EXPECT_EQ(e.steps[0].call->connect_timeout.from, "built in");
  EXPECT_EQ(e.steps[1].call->timeout.from, "the step");
}

TEST(Explain, RetriesNoPostThatMustNotBe) {
  const explained x(services +
                    "routes: {POST /: {steps: {s: {post: a/x}, t: {post: a/x, honours: "
                    "idempotency-key}}, reply: ['${s}', '${t}']}}\n");
  const explanation e = x.route();
  EXPECT_EQ(e.steps[0].call->attempts, 1u);
  EXPECT_EQ(e.steps[1].call->attempts, 3u);
  EXPECT_EQ(e.calls, 4u);
}

TEST(Explain, TellsOfAProxy) {
  const explained x(services +
                    "routes: {GET /: {proxy: a}, GET /b: {proxy: 'bare/x?y=1', deadline: none}}\n");
  EXPECT_EQ(x.route(0).latency, 1s);
  EXPECT_EQ(x.route(0).calls, 3u);
  EXPECT_TRUE(x.route(0).whole_request);
  EXPECT_FALSE(x.route(1).latency) << "a stream may go on for ever";
  EXPECT_EQ(x.route(1).proxy->target, "bare/x?y=1");
}

TEST(Explain, SaysWhoseCallsShareConnections) {
  const explained x(
      "services:\n  a: {url: 'http://127.0.0.1:1', pipelining: 16}\n"
      "routes:\n  POST /:\n    steps:\n"
      "      reads: {get: a/x}\n"
      "      writes: {post: a/x, body: 1}\n"
      "    reply: ${reads}\n");
  const explanation e = x.route();
  EXPECT_EQ(e.steps[0].call->limits,
            std::vector<std::string>{"pipelining: up to 16 GETs on one connection"});
  EXPECT_TRUE(e.steps[1].call->limits.empty());

  const explained passed(
      "services:\n  a: {url: 'http://127.0.0.1:1', pipelining: 16}\n"
      "routes:\n  GET /: {proxy: a}\n  GET /stream: {deadline: none, proxy: a}\n");
  EXPECT_EQ(passed.route(0).proxy->limits.size(), 1u);
  EXPECT_TRUE(passed.route(1).proxy->limits.empty());
}

TEST(Explain, IsAtOnceWhereNothingIsCalled) {
  const explained x("routes: {GET /: {reply: 1}}");
  EXPECT_EQ(x.route().latency, 0s);
  EXPECT_EQ(x.route().calls, 0u);
}

TEST(FindRoute, TakesNamesPathsAndRequests) {
  const explained x(
      "routes: {'GET /a/{x}': {reply: 1}, POST /a/b: {reply: 2}, GET /a/c: {reply: 3}}");
  EXPECT_EQ(find_route(*x.made, "GET /a/{x}")->index, 0u);
  EXPECT_EQ(find_route(*x.made, "/a/{x}")->index, 0u);
  EXPECT_EQ(find_route(*x.made, "/a/7?y=1")->index, 0u);
  EXPECT_EQ(find_route(*x.made, "POST /a/b")->index, 1u);
  EXPECT_EQ(find_route(*x.made, "/a/b")->index, 1u) << "the path as it is written";
  EXPECT_EQ(find_route(*x.made, "GET /a/c")->index, 2u);
  EXPECT_EQ(find_route(*x.made, "PUT /a/b"), nullptr);
  EXPECT_EQ(find_route(*x.made, "/z"), nullptr);
}

// The whole text of one route, so that a change to it is seen.
TEST(ExplainText, IsATree) {
  const explained x(
      "services:\n"
      "  a: {url: 'http://127.0.0.1:1', timeout: 1s, breaker: {trip: {failures: 5, within: 10s}}}\n"
      "routes:\n  GET /:\n    deadline: 2500ms\n    steps:\n"
      "      one: {get: a/x}\n"
      "      two: {get: a/y, default: null}\n"
      "      three: {each: one as o, get: 'a/${o}', when: two != null}\n"
      "    reply: ${three}\n");
  EXPECT_EQ(to_text(x.route()), R"(GET /  deadline 2500ms (the route)

2 steps at the same time
  ├─ one
  │  GET a/x  at http://127.0.0.1:1
  │  required
  │  timeout 1s (the service), connecting 1s (built in)
  │  retry off
  │  breaker 5 failures within 10s, open for 5s (the service)
  │  at worst 1s, 1 call
  └─ two
     GET a/y  at http://127.0.0.1:1
     optional, else null
     timeout 1s (the service), connecting 1s (built in)
     retry off
     breaker 5 failures within 10s, open for 5s (the service)
     at worst 1s, 1 call
then one step
  └─ three: for each of one as o, 32 at the same time, 1000 at most
     GET a/${o}  at http://127.0.0.1:1
     required
     only if `when` holds; else null
     after one, two
     timeout 1s (the service), connecting 1s (built in)
     retry off
     breaker 5 failures within 10s, open for 5s (the service)
     at worst 1s, 1000 calls

worst case
  latency         2s (one → three)
  upstream calls  1002
)");
}

TEST(ExplainText, ListsRoutes) {
  const explained x(services +
                    "routes: {GET /a: {proxy: b}, GET /longer: {steps: {s: {get: b/x, default: "
                    "1}}, reply: '${s}'}}\n");
  EXPECT_EQ(routes_to_text({x.route(0), x.route(1)}),
            "GET /a       proxy to b, at worst 800ms and 1 call\n"
            "GET /longer  1 step (1 optional), at worst 800ms and 1 call\n");
}

TEST(ExplainText, IsPlainUnlessColourIsAsked) {
  const explained x("routes: {GET /: {reply: 1}}");
  EXPECT_EQ(to_text(x.route()).find('\033'), std::string::npos);
  EXPECT_NE(to_text(x.route(), {.color = true}).find('\033'), std::string::npos);
}

TEST(Explain, AddsTheWaitForAPlaceToTheTimeOfAnAttempt) {
  const std::string routes = "routes: {GET /: {steps: {s: {get: a/x}}, reply: '${s}'}}";
  const explained queue(
      "services: {a: {url: 'http://127.0.0.1:1', attempt_timeout: 300ms, "
      "bulkhead: {calls: 1, queue: 5, longest_wait: 400ms}}}\n" +
      routes);
  EXPECT_EQ(queue.route().latency, 700ms);
  const explained rate(
      "services: {a: {url: 'http://127.0.0.1:1', attempt_timeout: 300ms, "
      "rate_limit: {rate: 2/s, longest_wait: 1s}}}\n" +
      routes);
  EXPECT_EQ(rate.route().latency, 1300ms);
  const explained bounded(
      "services: {a: {url: 'http://127.0.0.1:1', timeout: 500ms, attempt_timeout: 300ms, "
      "bulkhead: {calls: 1, queue: 5, longest_wait: 400ms}}}\n" +
      routes);
  EXPECT_EQ(bounded.route().latency, 500ms) << "the step's time covers the wait";
  const explained posts(
      "services: {a: {url: 'http://127.0.0.1:1', attempt_timeout: 300ms, retry: {attempts: 3}, "
      "bulkhead: {calls: 1, queue: 5, longest_wait: 400ms}}}\n"
      "routes: {POST /: {steps: {s: {post: a/x}}, reply: '${s}'}}");
  EXPECT_EQ(posts.route().latency, 700ms) << "it is not tried again";
}

TEST(Explain, KnowsThatACallMayWaitForThoseOfOthers) {
  const std::string routes =
      "routes: {GET /: {deadline: 9s, steps: {s: {get: a/x}}, reply: '${s}'}}";
  const explained x(
      "services: {a: {url: 'http://127.0.0.1:1', attempt_timeout: 300ms, cache: {for: 1s}}}\n" +
      routes);
  EXPECT_EQ(x.route().latency, 9s) << "three at the same time that find it hanging: 900 ms for one";
  const explained alone(
      "services: {a: {url: 'http://127.0.0.1:1', attempt_timeout: 300ms, "
      "cache: {for: 1s, coalesce: false}}}\n" +
      routes);
  EXPECT_EQ(alone.route().latency, 300ms);
}

TEST(Explain, KnowsThatAServiceMayAskForLongerPauses) {
  const std::string routes =
      "routes: {GET /: {deadline: 9s, steps: {s: {get: a/x}}, reply: '${s}'}}";
  const explained x(
      "services: {a: {url: 'http://127.0.0.1:1', attempt_timeout: 200ms, "
      "retry: {attempts: 3, backoff: 100ms}}}\n" +
      routes);
  EXPECT_EQ(x.route().latency, 9s) << "503 with Retry-After: 4 takes eight";
  ASSERT_EQ(x.route().steps[0].call->limits.size(), 1u);
  EXPECT_NE(x.route().steps[0].call->limits[0].find("Retry-After"), std::string::npos);
  const explained without(
      "services: {a: {url: 'http://127.0.0.1:1', attempt_timeout: 200ms, "
      "retry: {attempts: 3, backoff: 100ms, on: [connect, timeout]}}}\n" +
      routes);
  EXPECT_EQ(without.route().latency, 800ms);
  const explained timed(
      "services: {a: {url: 'http://127.0.0.1:1', timeout: 1s, retry: {attempts: 3}}}\n" + routes);
  EXPECT_EQ(timed.route().latency, 1s);
  EXPECT_TRUE(timed.route().steps[0].call->limits.empty());
}

}  // namespace
}  // namespace weir::gateway
