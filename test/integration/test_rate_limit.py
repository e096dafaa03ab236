"""How often requests of a route may come."""

import socket
import time

import pytest
from support.expect import problem, traced_problem
from support.rate_limits import fields, metric, statuses
from support.raw_client import Connection, format_request
from support.upstream import in_turn, json_reply, status

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


def test_proxies_that_add_a_field_each_are_believed_like_those_that_add_to_one(weir, up):
    gate = make(weir, up, "rate: 1/m, by: client", "trusted_proxies: [127.0.0.0/8, 10.0.0.0/8]")

    def ask(*forwarded):
        with gate.connect() as c:
            lines = "".join(f"X-Forwarded-For: {f}\r\n" for f in forwarded)
            c.send(f"GET /limited HTTP/1.1\r\nHost: x\r\n{lines}\r\n")
            return c.read_response().status

    assert [ask("192.0.2.1", "10.1.2.3"), ask("192.0.2.2", "10.1.2.3")] == [200, 200]
    assert ask("198.51.100.7", "192.0.2.2, 10.9.9.9", "10.1.2.3") == 429, "the rest is hearsay"


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
