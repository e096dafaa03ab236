"""How often requests of a route may come, and how often a service is called."""

import time

import pytest
from support.expect import partial, problem, traced_problem
from support.raw_client import Connection, format_request
from support.upstream import in_turn, json_reply, status
from support.waiting import wait_for
from support.weir_process import SLOWER

ROUTE = """
    %s
    services: {a: <a>}
    routes:
      GET /limited:
        rate_limit: {%s}
        steps:
          x: {get: a/x}
        reply: ${x}
      GET /proxied:
        rate_limit: {%s}
        proxy: a/x
      GET /free: {proxy: a/x}
    """


def make(weir, up, words, top=""):
    return weir(ROUTE % (top, words, words), a=up)


@pytest.fixture
def up(upstream):
    return upstream().always(json_reply("hit"))


def statuses(gate, count, path="/limited", headers=None):
    return [gate.get(path, headers).status for _ in range(count)]


def fields(answer):
    """RateLimit and RateLimit-Policy as {parameter: number}, and the policy's name."""
    out = {}
    for field in ("RateLimit", "RateLimit-Policy"):
        name, *parameters = answer.headers.get(field).split(";")
        out["name"] = name
        out |= {k: int(v) for k, v in (p.split("=") for p in parameters)}
    return out


def metric(gate, name, limit):
    return gate.metrics().value(f"weir_rate_limit_{name}", limit=limit)


# A route


@pytest.mark.parametrize("path", ["/limited", "/proxied"])
def test_beyond_the_limit_a_client_gets_429_and_nothing_is_run(weir, up, path):
    gate = make(weir, up, "rate: 3/m")
    for left in (2, 1, 0):
        answer = gate.get(path)
        assert (answer.status, answer.json()) == (200, "hit")
        told = fields(answer)
        assert told == {"name": '"everyone"', "q": 3, "w": 60, "r": left, "t": told["t"]}
        assert (3 - left) * 20 - 2 <= told["t"] <= (3 - left) * 20
    refused = gate.get(path)
    body = traced_problem(refused, 429, proxy_status="http_request_denied")
    assert body["code"] == "rate_limited" and "step" not in body
    assert 15 <= int(refused.headers.get("Retry-After")) <= 20
    assert fields(refused)["r"] == 0 and refused.headers.get("Cache-Control") == "no-store"
    assert up.count() == 3
    assert gate.get("/free").headers.get("RateLimit") is None
    limit = f"route GET {path}"
    assert metric(gate, "admitted_total", limit) == 3 and metric(gate, "rejected_total", limit) == 1


def test_each_route_has_a_limit_of_its_own(weir, up):
    gate = make(weir, up, "rate: 2/m")
    assert statuses(gate, 3) == [200, 200, 429]
    assert statuses(gate, 3, "/proxied") == [200, 200, 429]


def test_a_groups_limit_counts_for_each_of_its_routes(weir, up):
    gate = weir("""
        services: {a: <a>}
        routes:
          /v1:
            rate_limit: {rate: 1/m}
            routes:
              GET /x: {proxy: a/x}
              GET /y: {proxy: a/x}
              GET /z: {rate_limit: off, proxy: a/x}
        """, a=up)
    assert statuses(gate, 2, "/v1/x") == statuses(gate, 2, "/v1/y") == [200, 429]
    assert statuses(gate, 3, "/v1/z") == [200] * 3


def test_after_the_retry_after_there_is_leave_again(weir, up):
    gate = make(weir, up, "rate: 2/s, burst: 1")
    assert statuses(gate, 2) == [200, 429]
    wait = int(gate.get("/limited").headers.get("Retry-After"))
    assert wait == 1
    time.sleep(wait)
    assert statuses(gate, 1) == [200]


def test_a_rate_within_less_than_a_second_is_told_for_a_second(weir, up):
    told = fields(make(weir, up, "rate: 20/500ms, burst: 7").get("/limited"))
    assert (told["q"], told["w"], told["r"], told["t"]) == (40, 1, 6, 1)


def test_all_workers_count_together(weir, up):
    gate = make(weir, up, "rate: 20/h", "workers: 3")
    assert sorted(statuses(gate, 40)) == [200] * 20 + [429] * 20


def test_a_services_own_answer_tells_of_the_limit_too(weir, upstream):
    up = upstream().always(in_turn(status(404), status(500)))
    gate = make(weir, up, "rate: 5/m")
    for left, expected in ((4, 404), (3, 500)):
        answer = gate.get("/proxied")
        assert answer.status == expected and fields(answer)["r"] == left
    failed = gate.get("/limited")
    assert failed.status == 502 and fields(failed)["r"] == 4


def test_the_shape_of_errors_is_the_routes(weir, up):
    gate = weir("""
        services: {a: <a>}
        routes:
          GET /x:
            rate_limit: {rate: 1/m}
            errors:
              causes: {rate_limited: {code: "4290", message: slower please}}
              body: {code: "${error.code}", message: "${error.message}"}
            proxy: a/x
        """, a=up)
    assert gate.get("/x").status == 200
    refused = gate.get("/x")
    assert refused.status == 429 and refused.json() == {"code": "4290", "message": "slower please"}
    assert int(refused.headers.get("Retry-After")) > 0


def test_options_and_what_is_no_route_are_not_counted(weir, up):
    gate = make(weir, up, "rate: 1/m")
    for _ in range(3):
        assert gate.request("OPTIONS", "/limited").status == 204
        problem(gate.get("/nowhere"), 404)
        problem(gate.post("/limited"), 405)
    assert statuses(gate, 2) == [200, 429]


def test_a_head_counts_as_a_get(weir, up):
    gate = make(weir, up, "rate: 2/m")
    assert gate.request("HEAD", "/limited").status == 200
    assert statuses(gate, 2) == [200, 429]


def test_a_connection_goes_on_after_a_429_even_with_a_body_on_its_way(weir, up):
    gate = weir("""
        services: {a: <a>}
        routes:
          POST /x: {rate_limit: {rate: 1/m}, proxy: a/x}
          GET /y: {proxy: a/x}
        """, a=up)
    with Connection(gate.port) as c:
        for expected in (200, 429, 429):
            c.send(format_request("POST", "/x", {}, b"body", "x"))
            assert c.read_response("POST").status == expected
        c.send(format_request("GET", "/y", {}, None, "x"))
        assert c.read_response().status == 200


# Whom it is counted for


def test_by_client_each_address_has_its_own(weir, up):
    gate = make(weir, up, "rate: 2/m, by: client")
    assert statuses(gate, 3) == [200, 200, 429]
    with Connection(gate.port, timeout=5) as c:
        assert c.request("GET", "/limited").status == 429
    import socket

    with socket.create_connection(("127.0.0.1", gate.port), 5, source_address=("127.0.0.9", 0)) as s:
        s.sendall(b"GET /limited HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        assert s.recv(20).startswith(b"HTTP/1.1 200")
    assert metric(gate, "keys", "route GET /limited") == 2


def test_without_trusted_proxies_a_client_cannot_say_who_it_is(weir, up):
    gate = make(weir, up, "rate: 2/m, by: client")
    answers = [gate.get("/limited", {"X-Forwarded-For": f"10.0.0.{n}"}).status for n in range(4)]
    assert answers == [200, 200, 429, 429]


def test_behind_a_trusted_proxy_the_last_untrusted_address_counts(weir, up):
    gate = make(weir, up, "rate: 1/m, by: client", "trusted_proxies: [127.0.0.0/8, 10.0.0.0/8]")

    def ask(forwarded):
        return gate.get("/limited", {"X-Forwarded-For": forwarded}).status

    assert [ask("192.0.2.1"), ask("192.0.2.1")] == [200, 429]
    assert ask("192.0.2.2") == 200
    assert ask("198.51.100.7, 192.0.2.2, 10.1.2.3") == 429, "the rest is hearsay"
    assert ask("::ffff:192.0.2.1") == 429, "the same in another dress"


def test_an_ipv6_client_is_its_network_of_64_bits(weir, up):
    gate = make(weir, up, "rate: 1/m, by: client", "trusted_proxies: [127.0.0.0/8]")

    def ask(forwarded):
        return gate.get("/limited", {"X-Forwarded-For": forwarded}).status

    assert [ask("2001:db8:1:2::1"), ask("2001:db8:1:2:aaaa:bbbb:cccc:dddd")] == [200, 429]
    assert ask("2001:db8:1:3::1") == 200


def test_by_header_each_value_has_its_own_and_those_without_it_share_one(weir, up):
    gate = make(weir, up, "rate: 1/m, by: header X-Api-Key")
    for key in ("ann", "bob", "x" * 3000):
        assert statuses(gate, 2, headers={"x-api-key": key}) == [200, 429]
    assert statuses(gate, 2) == [200, 429]
    assert fields(gate.get("/limited"))["name"] == '"header"'
    assert metric(gate, "keys", "route GET /limited") == 4


def test_ten_thousand_strangers_are_let_in(weir, up):
    gate = make(weir, up, "rate: 1/h, by: header x-key")
    with Connection(gate.port, timeout=30) as c:
        for start in range(0, 10_000, 100):
            c.send("".join(f"HEAD /limited HTTP/1.1\r\nHost: x\r\nX-Key: {n}\r\n\r\n"
                           for n in range(start, start + 100)))
            for _ in range(100):
                assert c.read_response("HEAD").status == 200
    assert metric(gate, "keys", "route GET /limited") == 10_000
    assert statuses(gate, 1, headers={"x-key": "77"}) == [429]


# A reload


def test_a_reload_gives_no_new_leave_unless_the_limit_changed(weir, up):
    gate = make(weir, up, "rate: 3/h, by: client")
    assert statuses(gate, 4) == [200] * 3 + [429]
    gate.reload()
    assert statuses(gate, 2) == [429, 429]
    gate.write("routes: {GET /limited: {nonsense: 1}}")
    gate.reload()
    gate.write(ROUTE % ("meta: true", "rate: 3/h, by: client", "rate: 9/h"))
    gate.reload()
    assert statuses(gate, 1) == [429]
    assert statuses(gate, 9, "/proxied") == [200] * 9, "this one is new"
    gate.write(ROUTE % ("", "rate: 4/h, by: client", "rate: 9/h"))
    gate.reload()
    assert statuses(gate, 5) == [200] * 4 + [429]
    assert statuses(gate, 1, "/proxied") == [429]


# A service

SERVICE = """
    workers: 2
    trusted_proxies: [127.0.0.0/8]
    services:
      a: {url: <a>, timeout: 5s, %s}
    routes:
      GET /required:
        steps:
          x: {get: a/x}
        reply: ${x}
      GET /optional:
        steps:
          x: {get: a/x, default: none}
        reply: ${x}
      GET /proxied: {proxy: a/x}
      GET /many:
        steps:
          all: {value: [1, 2, 3, 4, 5]}
          x: {each: all as n, get: "a/x?n=${n}", default: none}
        reply: ${x}
    """


@pytest.mark.parametrize("by", ["everyone", "client", "header x-key"])
def test_a_service_is_called_so_often_by_all_routes_together(weir, up, by):
    gate = weir(SERVICE % f"rate_limit: {{rate: 3/m, by: {by}}}", a=up)
    assert gate.get("/required").status == gate.get("/optional").status == gate.get("/proxied").status == 200
    refused = gate.get("/required")
    assert traced_problem(refused, 429, step="x", proxy_status="http_request_denied")["code"] == "rate_limited"
    assert 10 <= int(refused.headers.get("Retry-After")) <= 20
    proxied = gate.get("/proxied")
    assert traced_problem(proxied, 429)["code"] == "rate_limited"
    assert 10 <= int(proxied.headers.get("Retry-After")) <= 20
    stands_in = gate.get("/optional")
    assert stands_in.json() == "none" and partial(stands_in) == {"x": "rate_limited"}
    assert refused.headers.get("RateLimit") is None, "of the service, not of the client"
    assert up.count() == 3
    assert metric(gate, "admitted_total", "service a") == 3 and metric(gate, "rejected_total", "service a") == 3
    assert gate.circuits() == {} or gate.circuit("a")["state"] == "closed"


def test_by_client_a_service_is_called_so_often_for_each(weir, up):
    gate = weir(SERVICE % "rate_limit: {rate: 2/m, by: client}", a=up)
    for client in ("192.0.2.1", "192.0.2.2"):
        answers = [gate.get("/required", {"X-Forwarded-For": client}).status for _ in range(3)]
        assert answers == [200, 200, 429]


def test_items_of_a_list_count_one_by_one(weir, up):
    for by in ("everyone", "client"):
        gate = weir(SERVICE % f"rate_limit: {{rate: 3/m, by: {by}}}", a=up)
        answer = gate.get("/many")
        assert sorted(answer.json()) == ["hit"] * 3 + ["none"] * 2
        assert partial(answer) == {"x": "rate_limited"}


def test_a_call_may_wait_for_its_turn(weir, up):
    gate = weir(SERVICE % "rate_limit: {rate: 5/s, burst: 1, longest_wait: 500ms}", a=up)
    began = time.monotonic()
    answer = gate.get("/many")
    took = time.monotonic() - began
    assert sorted(answer.json()) == ["hit"] * 3 + ["none"] * 2, "the others would have waited 600 ms and more"
    assert 0.39 <= took < 0.6 * SLOWER


def test_each_attempt_counts(weir, upstream):
    up = upstream().always(status(503))
    gate = weir(SERVICE % "rate_limit: {rate: 3/m}, retry: {attempts: 2, backoff: 10ms}", a=up)
    traced_problem(gate.get("/required"), 502)
    assert up.count() == 2
    assert gate.get("/required").status in (429, 502)
    assert up.count() == 3


def test_a_rejection_says_nothing_about_the_service(weir, up):
    gate = weir(SERVICE % "rate_limit: {rate: 1/m}, breaker: {trip: {in_a_row: 2}, open: 60s}", a=up)
    for _ in range(5):
        gate.get("/required")
    circuit = gate.circuit("a")
    assert circuit["state"] == "closed" and circuit["failures"] == 0


def test_a_services_limit_outlives_a_reload(weir, up):
    gate = weir(SERVICE % "rate_limit: {rate: 2/h}", a=up)
    assert [gate.get("/required").status for _ in range(3)] == [200, 200, 429]
    gate.reload()
    assert gate.get("/required").status == 429


def test_explain_shows_limits(command, config_file):
    done = command("explain", config_file("""
        services: {a: {url: "http://127.0.0.1:1", rate_limit: {rate: 100/s, burst: 20}}}
        routes:
          GET /x: {rate_limit: {rate: 600/m, by: client}, proxy: a/x}
        """), "GET /x")
    assert "rate limit 600 in 1m, for each client, beyond it 429" in done.out
    assert "rate limit: 100 in 1s, 20 at once\n" in done.out


def test_a_limit_that_cannot_be_is_explained(command, config_file):
    done = command("check", config_file("""
        routes:
          GET /x: {rate_limit: {rate: 1/24h, burst: 1000000}, reply: 1}
        """))
    assert done.code == 78 and "fill up within a year" in done.err and "weir.yaml:3:" in done.err


# Several gateways

SHARED = """
    redis: {url: "<redis>"}
    trusted_proxies: [127.0.0.0/8]
    services:
      a: {url: <a>, rate_limit: {rate: 10/h, shared: true}}
    routes:
      GET /all: {rate_limit: {rate: 10/h, shared: true}, reply: 1}
      GET /each: {rate_limit: {rate: 10/h, by: client, shared: true}, reply: 1}
      GET /alone: {rate_limit: {rate: 10/h}, reply: 1}
      GET /called:
        steps:
          x: {get: a/x}
        reply: ${x}
    """


def together(weir, redis, up, count):
    gates = [weir(SHARED, redis=redis.url, a=up) for _ in range(count)]
    for g in gates:
        g.wait_log("redis is there: rate limits are shared")
    return gates


def in_turns(gates, path, headers=None, pause=0.2):
    """One request after the other, with time enough for an exchange between them; how many got leave."""
    given = 0
    for n in range(20):
        given += gates[n % len(gates)].get(path, headers).status == 200
        time.sleep(pause * SLOWER)
    return given


@pytest.mark.parametrize("path", ["/all", "/each", "/called"])
def test_gateways_count_together(weir, up, redis, path):
    gates = together(weir, redis, up, 2)
    given = in_turns(gates, path)
    # Each learns with a request of its own that is let through, so it may be one behind.
    assert 10 <= given <= 11, given


def test_a_client_is_the_same_to_all_and_another_is_not(weir, up, redis):
    a, b = together(weir, redis, up, 2)
    ann, bob = {"X-Forwarded-For": "192.0.2.1"}, {"X-Forwarded-For": "2001:db8::7"}
    assert statuses(a, 9, "/each", ann) == [200] * 9
    assert statuses(a, 1, "/each", bob) == [200]
    time.sleep(0.3 * SLOWER)
    assert statuses(b, 1, "/each", bob) == [200]
    assert statuses(b, 1, "/each", ann) == [200]
    time.sleep(0.3 * SLOWER)
    assert statuses(b, 1, "/each", ann) == [429]
    assert fields(b.get("/each", bob))["r"] == 7


def test_what_all_let_through_at_once_is_within_the_bound_and_paid_back(weir, up, redis):
    gates = together(weir, redis, up, 3)
    given = sum(statuses(g, 15, "/all").count(200) for g in gates)
    assert 10 <= given <= 30, "each its burst at most, before it knows of the others"
    time.sleep(0.3 * SLOWER)
    assert [statuses(g, 5, "/all").count(200) for g in gates] == [0, 0, 0]
    told = [fields(g.get("/all"))["t"] for g in gates]
    assert max(told) > 3600 or given == 10, "what was too much is owed"


def test_limits_that_are_not_shared_stay_apart(weir, up, redis):
    gates = together(weir, redis, up, 2)
    assert [statuses(g, 11, "/alone").count(200) for g in gates] == [10, 10]


def test_without_redis_each_counts_alone_and_says_so_once(weir, up, redis):
    a, b = together(weir, redis, up, 2)
    redis.stop()
    for g in (a, b):
        g.wait_log("every rate limit counts alone")
    began = time.monotonic()
    assert [statuses(g, 11, "/all").count(200) for g in (a, b)] == [10, 10]
    assert time.monotonic() - began < 5 * SLOWER, "nobody waits for it"
    time.sleep(0.5)
    for g in (a, b):
        assert len(g.log_lines("every rate limit counts alone")) == 1
    redis.start()
    for g in (a, b):
        g.wait_log("rate limits are shared", count=2)
    client = {"X-Forwarded-For": "192.0.2.9"}
    given = in_turns((a, b), "/each", client)
    assert 10 <= given <= 11, "and together again"


def test_redis_sees_no_address(weir, up, redis):
    import socket

    gate, = together(weir, redis, up, 1)
    gate.get("/each", {"X-Forwarded-For": "192.0.2.77"})

    def keys():
        with socket.create_connection(("127.0.0.1", redis.port), 5) as s:
            s.sendall(b"KEYS *\r\n")
            return s.recv(65536).decode()

    wait_for(lambda: "weir:rate:route GET /each:" in keys(), 5 * SLOWER, "the key")
    assert "192.0.2" not in keys()
