"""How often a service is called, whichever routes call it."""

import time

import pytest
from support.expect import partial, traced_problem
from support.rate_limits import metric
from support.upstream import json_reply, status
from support.weir_process import SLOWER

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


@pytest.fixture
def up(upstream):
    return upstream().always(json_reply("hit"))


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
