"""Hedges: another call beside one that is slow."""

import threading
import time

import pytest
from support.expect import partial, traced_problem
from support.upstream import hang, in_turn, json_reply, respond, reset, status
from support.waiting import wait_for

ROUTES = """
routes:
  GET /:
    steps:
      x: {get: a/x, take: "${{'body': body, 'way': headers['x-way'] ?? 'none'}}"}
    reply: ${x}
  POST /:
    steps:
      x: {post: a/x, body: 1}
    reply: ${x}
  GET /proxied: {proxy: a/x}
"""


def make(weir, up, hedge, more="", **rest):
    return weir("services:\n  a: {url: <a>, timeout: 5s, breaker: off, hedge: %s%s}\n%s" % (hedge, more, ROUTES),
                a=up, **rest)


def gone(request):
    """Whoever asked this has left."""
    wait_for(lambda: request.cancelled_at is not None, what="the slower call's end")


def test_the_faster_of_two_calls_answers_and_the_slower_is_let_go(weir, upstream):
    up = upstream().always(in_turn(hang(), json_reply("second", headers={"X-Way": "second"})))
    gate = make(weir, up, "{after: 50ms}")
    began = time.monotonic()
    got = gate.get("/")
    assert got.json() == {"body": "second", "way": "second"}
    assert partial(got) == {}
    assert 0.045 < time.monotonic() - began < 2
    assert up.count() == 2
    gone(up.seen()[0])


def test_the_slower_call_counts_neither_for_nor_against_the_service(weir, upstream):
    up = upstream().always(in_turn(hang(), json_reply("second")))
    gate = weir("services: {a: {url: <a>, timeout: 5s, breaker: {trip: {in_a_row: 5}, open: 5s}, hedge: {after: 50ms}}}\n" + ROUTES, a=up)
    assert gate.get("/").json()["body"] == "second"
    gone(up.seen()[0])
    metrics = gate.metrics()
    counted = {kind: metrics.value("weir_circuitbreaker_calls_seconds_count", name="a", kind=kind)
               for kind in ("successful", "failed", "ignored")}
    assert counted == {"successful": 1, "failed": 0, "ignored": 1}


def test_the_first_one_wins_where_it_is_the_faster(weir, upstream):
    up = upstream().always(in_turn(json_reply("first", delay=0.3), hang()))
    gate = make(weir, up, "{after: 50ms}")
    assert gate.get("/").json()["body"] == "first"
    assert up.count() == 2
    gone(up.seen()[1])


def test_a_quick_call_is_not_hedged(weir, upstream):
    up = upstream().always(json_reply(1))
    gate = make(weir, up, "{after: 500ms}")
    for _ in range(20):
        gate.get("/")
    assert up.count() == 20


def test_more_than_two_where_it_says_so(weir, upstream):
    up = upstream().always(in_turn(hang(), hang(), json_reply("third")))
    gate = make(weir, up, "{after: 30ms, attempts: 3}")
    assert gate.get("/").json()["body"] == "third"
    assert up.count() == 3
    gone(up.seen()[0])
    gone(up.seen()[1])


def test_one_that_fails_waits_for_the_other(weir, upstream):
    up = upstream().always(in_turn(json_reply("slow", delay=0.3), reset()))
    gate = make(weir, up, "{after: 50ms}")
    assert gate.get("/").json()["body"] == "slow"


def test_when_all_fail_the_last_failure_is_told_and_a_retry_comes_after(weir, upstream):
    up = upstream().always(in_turn(status(503, delay=0.2), status(503, delay=0.2), json_reply("third")))
    gate = make(weir, up, "{after: 50ms}", ", retry: {attempts: 2, backoff: 1ms}")
    assert gate.get("/").json()["body"] == "third"
    assert up.count() == 3


def test_a_hedge_goes_to_another_instance(weir, upstream):
    slow, quick = upstream().always(hang()), upstream().always(json_reply("quick"))
    gate = weir("services:\n  a: {instances: [<one>, <two>], balance: round_robin, timeout: 5s, hedge: {after: 30ms}, ejection: off}\n"
                + ROUTES, one=slow, two=quick)
    for _ in range(6):
        assert gate.get("/").json()["body"] == "quick"
    assert slow.count() >= 1
    assert quick.count() == 6, "never twice to the same one"


def test_the_loser_is_no_failure_for_the_breaker(weir, upstream):
    up = upstream().always(in_turn(*[hang(), json_reply(1)] * 5))
    gate = weir("services:\n  a: {url: <a>, timeout: 5s, breaker: {trip: {in_a_row: 1}}, hedge: {after: 20ms}, retry: {budget: {floor: 100}}}\n"
                + ROUTES, a=up)
    for _ in range(5):
        assert gate.get("/").json()["body"] == 1
    assert gate.state("a") == "closed"
    assert gate.metrics().value("weir_circuitbreaker_calls_total", name="a", kind="ignored") == 5
    assert gate.metrics().value("weir_hedge_wins_total", name="a", call="GET / x") == 5


def test_an_attempts_time_out_is_each_attempts_own(weir, upstream):
    up = upstream().always(hang())
    gate = make(weir, up, "{after: 50ms}", ", attempt_timeout: 300ms")
    began = time.monotonic()
    traced_problem(gate.get("/"), 504, step="x")
    assert up.count() == 2
    assert 0.34 < time.monotonic() - began < 2


def test_what_may_not_be_sent_twice_is_not(weir, upstream):
    up = upstream().always(json_reply(1, delay=0.3))
    gate = make(weir, up, "{after: 20ms}")
    assert gate.post("/", b"1").json() == 1
    assert up.count() == 1


def test_a_proxied_request_is_not_hedged(weir, upstream):
    up = upstream().always(json_reply(1, delay=0.2))
    gate = make(weir, up, "{after: 20ms}")
    assert gate.get("/proxied").json() == 1
    assert up.count() == 1


def test_the_budget_bounds_hedges_and_retries_together(weir, upstream):
    up = upstream().always(respond(200, "1", delay=0.06))
    gate = make(weir, up, "{after: 20ms}", ", retry: {attempts: 2, budget: {ratio: 20%, floor: 1}}")
    for _ in range(20):
        gate.get("/")
    # 20 % of those before it, and one besides.
    assert 20 + 1 <= up.count() <= 20 + 5


def test_after_a_percentile_the_slow_ones_alone_are_hedged(weir, upstream):
    up = upstream()
    slow = threading.Event()

    def answer(x):
        if slow.is_set() and up.count() % 2 == 1:
            x.sleep(3)
        json_reply(1)(x)

    up.always(answer)
    gate = make(weir, up, "{after: p95}", ", retry: {budget: {floor: 100}}")
    for _ in range(40):
        gate.get("/")
    quick = up.count()
    assert quick <= 40 + 6
    slow.set()
    began = time.monotonic()
    for _ in range(4):
        assert gate.get("/").json()["body"] == 1
    assert time.monotonic() - began < 3, "nobody waited for a slow answer"


def test_the_client_leaves_and_both_calls_are_let_go(weir, upstream):
    up = upstream().always(hang())
    gate = make(weir, up, "{after: 20ms}")
    client = gate.connect()
    client.send(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
    wait_for(lambda: up.count() == 2)
    client.close()
    for request in up.seen():
        gone(request)


@pytest.mark.parametrize("at", ["step", "route", "policy"])
def test_a_hedge_may_be_said_at(weir, upstream, at):
    up = upstream().always(in_turn(hang(), json_reply("second")))
    hedge = "hedge: {after: 30ms}"
    gate = weir("""
        policies:
          eager: {%s}
        services:
          a: <a>
        routes:
          GET /:
            %s
            steps:
              x: {get: a/x%s}
            reply: ${x}
        """ % (hedge if at == "policy" else "timeout: 5s", "policy: eager" if at == "policy" else hedge if at == "route" else "meta: false",
               f", {hedge}" if at == "step" else ""), a=up)
    assert gate.get("/").json() == "second"
