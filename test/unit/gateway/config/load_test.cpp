// What sound files say, by the rules of the configuration.

#include "weir/gateway/config/load.hpp"

#include <gtest/gtest.h>

#include <chrono>

#include "weir/gateway/config/effective.hpp"

namespace weir::gateway::config {
namespace {

using namespace std::chrono_literals;

std::optional<std::string> environment(std::string_view name) {
  if (name == "PORT") return "9100";
  if (name == "WAIT") return "250ms";
  if (name == "ODD") return "${PORT}";
  return std::nullopt;
}

loaded sound(const std::string& text) {
  loaded l = load_text("f.yaml", text, environment);
  EXPECT_TRUE(l.ok()) << print(l.found, *l.what.from);
  return l;
}

const service_document& service(const loaded& l, std::string_view name) {
  return find_service(l.what, name)->value;
}

const step_document& step(const loaded& l, std::size_t index) {
  return (*(*l.what.routes)[0].steps)[index].value;
}

// A document around the text of a reply.
shape reply(const std::string& yaml) {
  const loaded l = sound("routes:\n  GET /:\n    reply: " + yaml + "\n");
  return l.ok() ? *(*l.what.routes)[0].reply : shape{};
}

TEST(Load, TakesAServiceByItsUrlAlone) {
  const loaded l = sound(
      "services: {a: 'http://[::1]:8000/api/', b: 'https://example.org'}\nroutes: {GET /: {proxy: "
      "a}}");
  const url& a = *service(l, "a").url;
  EXPECT_EQ(a.host, "::1");
  EXPECT_EQ(a.port, 8000);
  EXPECT_EQ(a.authority, "[::1]:8000");
  EXPECT_EQ(a.base_path, "/api");
  EXPECT_FALSE(a.tls);
  const url& b = *service(l, "b").url;
  EXPECT_TRUE(b.tls);
  EXPECT_EQ(b.port, 443);
  EXPECT_EQ(b.base_path, "");
}

TEST(Load, PutsTheEnvironmentInOnceAndTypesItByTheField) {
  const loaded l = sound(
      "listen: 127.0.0.1:${PORT}\n"
      "workers: ${WORKERS:-3}\n"
      "services: {a: {url: 'http://127.0.0.1:${PORT}/x', timeout: '${WAIT}'}}\n"
      "routes: {GET /: {proxy: a}}\n"
      "drain: {notice: '${NOTICE:-1s}'}\n");
  EXPECT_EQ((*l.what.listen)[0].port, 9100);
  EXPECT_EQ(*l.what.workers, 3u);
  EXPECT_EQ(service(l, "a").url->port, 9100);
  EXPECT_EQ(*service(l, "a").words.timeout, 250ms);
  EXPECT_EQ(*l.what.drain->notice, 1s);
}

TEST(Load, ReadsDurationsSizesAndPercentages) {
  const loaded l = sound(
      "limits: {body: 2MB, head: 16KiB, body_least_rate: 0}\n"
      "services:\n"
      "  a: {url: 'http://127.0.0.1:1', timeout: 1m30s, retry: {backoff: 25ms..250ms, budget: "
      "{ratio: 12.5%}}}\n"
      "  b: {url: 'http://127.0.0.1:1', retry: {backoff: 100ms}}\n"
      "routes: {GET /a: {proxy: a}, GET /b: {proxy: b}}\n");
  EXPECT_EQ(*l.what.limits->body, 2'000'000u);
  EXPECT_EQ(*l.what.limits->head, 16u * 1024);
  const retry_document& a = *service(l, "a").words.retry->on;
  EXPECT_EQ(*service(l, "a").words.timeout, 90s);
  EXPECT_EQ(a.backoff->from, 25ms);
  EXPECT_EQ(a.backoff->to, 250ms);
  EXPECT_FALSE(a.backoff->constant);
  EXPECT_DOUBLE_EQ(*a.budget->on->ratio, 0.125);
  EXPECT_TRUE(service(l, "b").words.retry->on->backoff->constant);
}

TEST(Load, TakesDeadlineNone) {
  const loaded l =
      sound("routes: {GET /a: {deadline: none, reply: 1}, GET /b: {deadline: 2500ms, reply: 1}}");
  EXPECT_FALSE((*l.what.routes)[0].settings.deadline->at_most);
  EXPECT_EQ((*l.what.routes)[1].settings.deadline->at_most, 2500ms);
}

TEST(Load, TakesOffWhereItIsAnAnswer) {
  const loaded l = sound(
      "admin: off\nservices: {a: {url: 'http://127.0.0.1:1', retry: off, breaker: off}}\nroutes: "
      "{GET /: {proxy: a}}");
  EXPECT_TRUE(l.what.admin.given);
  EXPECT_FALSE(l.what.admin->on);
  EXPECT_FALSE(service(l, "a").words.retry->on);
  EXPECT_FALSE(service(l, "a").words.breaker->on);
}

TEST(Load, WarnsAndIsStillSound) {
  const loaded l = sound("services: {unused: 'http://127.0.0.1:1'}\nroutes: {GET /: {reply: 1}}");
  EXPECT_EQ(l.found.warnings(), 1u);
}

TEST(Load, IsCalmAboutAnOddButRightFile) {
  const loaded l = sound(
      "services: {a: {url: 'http://127.0.0.1:1', timeout: 1s, breaker: {trip: {in_a_row: 5}}}}\n"
      "routes: {GET /: {steps: {a: {get: a/x, default: []}}, reply: [1, '${a}']}}");
  EXPECT_TRUE(l.found.empty()) << print(l.found, *l.what.from);
}

// Values by YAML 1.2's core schema, as JSON would say them.

struct scalar_case {
  const char* yaml;
  const char* json;
};

class Scalars : public testing::TestWithParam<scalar_case> {};

TEST_P(Scalars, BecomeJson) {
  EXPECT_EQ(reply(GetParam().yaml).json, GetParam().json) << GetParam().yaml;
}

INSTANTIATE_TEST_SUITE_P(
    Core, Scalars,
    testing::Values(
        scalar_case{"yes", "\"yes\""}, scalar_case{"no", "\"no\""}, scalar_case{"on", "\"on\""},
        scalar_case{"010", "\"010\""}, scalar_case{"0x1f", "\"0x1f\""},
        scalar_case{"1_000", "\"1_000\""}, scalar_case{".5", "\".5\""}, scalar_case{"+1", "\"+1\""},
        scalar_case{"1.", "\"1.\""}, scalar_case{".inf", "\".inf\""},
        scalar_case{"2024-01-31", "\"2024-01-31\""}, scalar_case{"12:30:00", "\"12:30:00\""},
        scalar_case{"0", "0"}, scalar_case{"-0.5e-3", "-0.5e-3"},
        scalar_case{"12345678901234567890.10", "12345678901234567890.10"},
        scalar_case{"true", "true"}, scalar_case{"False", "false"}, scalar_case{"null", "null"},
        scalar_case{"~", "null"}, scalar_case{"'null'", "\"null\""}, scalar_case{"\"5\"", "\"5\""},
        scalar_case{"''", "\"\""}, scalar_case{"a \"b\"", R"("a \"b\"")"},
        scalar_case{"${PORT}", "9100"}, scalar_case{"'${PORT}'", "\"9100\""},
        scalar_case{"${ODD}", "\"${PORT}\""}, scalar_case{"$${PORT}", "\"${PORT}\""},
        scalar_case{"p${PORT}", "\"p9100\""}));

TEST(Shape, KeepsTheOrderOfMembers) {
  const shape s = reply("{z: 1, a: 2, m: 3}");
  EXPECT_EQ(s.names, (std::vector<std::string>{"z", "a", "m"}));
}

TEST(Shape, ReadsEachWithItsElementOrWithTo) {
  const shape members = reply("{each: 'query_all.x as x, query_all.y as y', a: '${x}', b: '${y}'}");
  ASSERT_EQ(members.what, shape::kind::each);
  ASSERT_EQ(members.sources.size(), 2u);
  EXPECT_EQ(members.sources[1].name, "y");
  EXPECT_EQ(members.items[0].what, shape::kind::object);
  EXPECT_EQ(members.items[0].names, (std::vector<std::string>{"a", "b"}));
  const shape to = reply("{each: query_all.x as x, to: '${x}'}");
  EXPECT_EQ(to.items[0].what, shape::kind::text);
}

TEST(Shape, WritesMembersCalledEachAndToBehindAnEqualsSign) {
  const shape s = reply("{'=each': 1, '==x': 2}");
  EXPECT_EQ(s.what, shape::kind::object);
  EXPECT_EQ(s.names, (std::vector<std::string>{"each", "=x"}));
  const shape e = reply("{each: query_all.x as x, '=to': 1, '=each': 2}");
  EXPECT_EQ(e.items[0].names, (std::vector<std::string>{"to", "each"}));
}

TEST(Expression, MayStandAloneOrInBraces) {
  for (const char* when : {"query.a == 'b'", "\"${query.a == 'b'}\"", "${query.a=='b'}"}) {
    const loaded l = sound(std::string("services: {a: 'http://127.0.0.1:1'}\nroutes:\n  GET /:\n   "
                                       " steps:\n      s:\n        get: a/x\n        when: ") +
                           when + "\n    reply: ${s}\n");
    EXPECT_TRUE(step(l, 0).when) << when;
  }
}

TEST(Target, IsTakenApartIntoPathAndQuery) {
  const loaded l = sound(
      "services: {a: 'http://127.0.0.1:1'}\n"
      "routes:\n  GET /{id}:\n    steps:\n      s: {get: \"a/us "
      "ers/${path.id}.json?full&x=1&y=${query.y}-z&w=a%20b\"}\n    reply: ${s}\n");
  const target& t = *step(l, 0).get;
  EXPECT_EQ(t.service, "a");
  ASSERT_EQ(t.path.size(), 2u);
  EXPECT_EQ(t.path[0].literal, "/us%20ers/");
  EXPECT_TRUE(t.path[0].slot);
  EXPECT_EQ(t.path[1].literal, ".json");
  ASSERT_EQ(t.query.size(), 4u);
  EXPECT_EQ(t.query[0].name, "full");
  EXPECT_FALSE(t.query[0].has_value);
  EXPECT_EQ(t.query[1].value.literal(), "1");
  EXPECT_FALSE(t.query[2].value.literal());
  EXPECT_EQ(t.query[3].value.literal(), "a b");
  EXPECT_FALSE(t.client_query);
}

TEST(Target, MayCarryTheClientsQueryAlone) {
  const loaded l = sound(
      "services: {a: 'http://127.0.0.1:1'}\nroutes: {GET /: {proxy: \"a/x?${request.query}\"}}");
  EXPECT_TRUE((*l.what.routes)[0].proxy->client_query);
}

TEST(Routes, OfAGroupTakeItsPathAndItsWords) {
  const loaded l = sound(
      "services: {a: 'http://127.0.0.1:1'}\n"
      "routes:\n"
      "  /v1/{tenant}:\n"
      "    deadline: 3s\n"
      "    timeout: 1s\n"
      "    require: [{that: \"path.tenant != 'x'\"}]\n"
      "    routes:\n"
      "      GET /a: {proxy: a}\n"
      "      GET /b/{id}: {deadline: 1s, require: [{that: \"path.id != 'y'\"}], proxy: a}\n");
  ASSERT_EQ(l.what.routes->size(), 2u);
  const route_document& a = (*l.what.routes)[0];
  EXPECT_EQ(a.name, "GET /v1/{tenant}/a");
  EXPECT_EQ(*a.settings.deadline->at_most, 3s);
  EXPECT_EQ(a.settings.require->size(), 1u);
  const route_document& b = (*l.what.routes)[1];
  EXPECT_EQ(b.pattern.parameters, (std::vector<std::string>{"tenant", "id"}));
  EXPECT_EQ(*b.settings.deadline->at_most, 1s);
  EXPECT_EQ(*b.settings.words.timeout, 1s);
  EXPECT_EQ(b.settings.require->size(), 2u);
}

TEST(Routes, MayOverlapWhereALiteralDecides) {
  sound(
      "routes: {'GET /a/{x}': {reply: 1}, 'GET /{y}/b': {reply: 2}, GET /a/b: {reply: 3}, 'POST "
      "/a/{x}': {reply: 4}}");
}

TEST(Networks, AreKeptInTheirMappedForm) {
  const loaded l =
      sound("trusted_proxies: [10.0.0.0/8, 127.0.0.1, 'fd00::/8']\nroutes: {GET /: {reply: 1}}");
  const auto& n = *l.what.trusted_proxies;
  EXPECT_EQ(n[0].prefix, 96 + 8);
  EXPECT_EQ(n[0].bytes[12], 10);
  EXPECT_EQ(n[0].bytes[10], 0xff);
  EXPECT_EQ(n[1].prefix, 128);
  EXPECT_EQ(n[2].prefix, 8);
  EXPECT_EQ(n[2].bytes[0], 0xfd);
}

TEST(Failures, CountBreaksWithConnects) {
  const loaded l = sound(
      "services: {a: {url: 'http://127.0.0.1:1', failures: [connect, 4xx, 503]}}\nroutes: {GET /: "
      "{proxy: a}}");
  const failure_kinds& f = *service(l, "a").failures;
  EXPECT_TRUE(f.connect);
  EXPECT_FALSE(f.timeout);
  EXPECT_TRUE(f.statuses.test(404));
  EXPECT_TRUE(f.statuses.test(503));
  EXPECT_FALSE(f.statuses.test(500));
}

// step > route > service > policy: NAME > default; whole keys are replaced.

constexpr const char* levels = R"(
policies:
  default: {timeout: 9s, attempt_timeout: 8s, retry: {attempts: 9, backoff: 9ms}, breaker: {trip: {in_a_row: 9}}}
  named: {timeout: 7s, attempt_timeout: 6s}
services:
  plain: http://127.0.0.1:1
  with_policy: {url: "http://127.0.0.1:1", policy: named}
  with_words: {url: "http://127.0.0.1:1", policy: named, timeout: 5s, retry: {attempts: 2}, breaker: off}
routes:
  GET /a:
    steps:
      plain: {get: plain/x}
      with_policy: {get: with_policy/x}
      with_words: {get: with_words/x}
      own: {get: with_words/x, timeout: 3s, retry: off}
      own_policy: {get: plain/x, policy: named}
    reply: ["${plain}", "${with_policy}", "${with_words}", "${own}", "${own_policy}"]
  GET /b:
    timeout: 4s
    steps:
      of_route: {get: with_words/x}
    reply: ${of_route}
)";

struct Precedence : testing::Test {
  loaded l = sound(levels);
  effective_words words(std::size_t route, std::size_t index) const {
    const route_document& r = (*l.what.routes)[route];
    const step_document& s = (*r.steps)[index].value;
    return words_of(l.what, r, &s, &service_of(l.what, s)->value);
  }
};

TEST_F(Precedence, FallsBackToThePolicyDefault) {
  EXPECT_EQ(*words(0, 0).timeout, 9s);
  EXPECT_EQ(words(0, 0).timeout.from, "the policy `default`");
  EXPECT_TRUE(words_of(l.what, service(l, "plain")).breaks());
}

TEST_F(Precedence, LetsANamedPolicyBeatTheDefaultOne) {
  EXPECT_EQ(*words(0, 1).timeout, 7s);
  EXPECT_EQ(words(0, 1).timeout.from, "the policy `named`");
  EXPECT_EQ(*words(0, 1).retry->on->attempts, 9u) << "a word it does not say is the default's";
}

TEST_F(Precedence, LetsTheServiceBeatItsPolicy) {
  EXPECT_EQ(*words(0, 2).timeout, 5s);
  EXPECT_EQ(*words(0, 2).attempt_timeout, 6s);
  EXPECT_FALSE(words_of(l.what, service(l, "with_words")).breaks());
}

TEST_F(Precedence, ReplacesWholeKeysAndNeverMergesThem) {
  EXPECT_EQ(*words(0, 2).retry->on->attempts, 2u);
  EXPECT_FALSE(words(0, 2).retry->on->backoff) << "the default's back-off must not show through";
}

TEST_F(Precedence, LetsTheRouteBeatTheServiceAndTheStepBeatAll) {
  EXPECT_EQ(*words(1, 0).timeout, 4s);
  EXPECT_EQ(words(1, 0).timeout.from, "the route");
  EXPECT_EQ(*words(0, 3).timeout, 3s);
  EXPECT_FALSE(words(0, 3).retries());
}

TEST_F(Precedence, LetsAStepNameItsPolicy) {
  EXPECT_EQ(*words(0, 4).timeout, 7s);
}

TEST(LoadFile, SaysWhyAFileCannotBeRead) {
  const auto l = load_file("/no/such/file.yaml");
  ASSERT_FALSE(l);
  EXPECT_EQ(l.error(), "/no/such/file.yaml: No such file or directory");
  const auto directory = load_file("/tmp");
  ASSERT_FALSE(directory);
  EXPECT_EQ(directory.error(), "/tmp: Is a directory");
}

}  // namespace
}  // namespace weir::gateway::config
