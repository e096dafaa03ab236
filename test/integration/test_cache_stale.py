"""The cache of composed calls: what stands in where the service fails."""

import time

import pytest
from support.cached_calls import ONE, cached, make, ttl
from support.expect import partial, problem
from support.upstream import hang, in_turn, json_reply, raw, status, text_reply

TRUNCATED = raw("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n1", end="close")
STALE = "{for: 100ms, stale_if_error: 20s}"


def go_stale(gate):
    assert gate.get("/1").json() == {"x": 1}
    time.sleep(0.15)


@pytest.mark.parametrize("fault, way", [
    (status(500), "fwd=stale; fwd-status=500"), (status(429), "fwd=stale; fwd-status=429"),
    (TRUNCATED, "fwd=stale"), (text_reply("junk"), "fwd=stale; fwd-status=200"),
])
def test_what_is_kept_stands_in_for_a_failure(weir, upstream, fault, way):
    up = upstream().always(in_turn(json_reply(1), fault, json_reply(2)))
    gate = make(weir, up, STALE)
    go_stale(gate)
    answer = gate.get("/1")
    assert answer.status == 200 and answer.json() == {"x": 1}
    assert cached(answer) == {"x": way} and ttl(answer) < 0
    assert partial(answer) == {}, "it is a whole answer"
    assert gate.get("/1").json() == {"x": 2}, "and no fresher for having been used"


def test_it_stands_in_while_the_service_is_gone_and_its_circuit_open(weir, upstream):
    up = upstream().always(in_turn(json_reply(1), json_reply(2)))
    gate = make(weir, up, STALE, breaker="{trip: {in_a_row: 2}, open: 20s}")
    go_stale(gate)
    up.stop()
    for _ in range(2):
        assert cached(gate.get("/1")) == {"x": "fwd=stale"}
    assert gate.state("a") == "open"
    answer = gate.get("/1")
    assert answer.json() == {"x": 1} and cached(answer) == {"x": "hit"} and ttl(answer) < 0
    problem(gate.get("/2"), 503)
    m = gate.metrics()
    assert m.value("weir_cache_stale_total", service="a") == 3


def test_it_stands_in_when_time_runs_out(weir, upstream):
    up = upstream().always(in_turn(json_reply(1), hang()))
    gate = weir(ONE.replace("timeout: 3s", "timeout: 300ms") % ("off", STALE), a=up)
    go_stale(gate)
    answer = gate.get("/1")
    assert answer.json() == {"x": 1} and cached(answer) == {"x": "fwd=stale"}


@pytest.mark.parametrize("control, cache, code", [
    ("max-age=0", "{for: 100ms}", 502),
    ("max-age=0, must-revalidate", STALE, 502),
    ("max-age=0, stale-if-error=60", "{for: 100ms}", 200),
    ("max-age=0, stale-if-error=0", STALE, 502),
])
def test_the_service_says_whether_it_may(weir, upstream, control, cache, code):
    up = upstream().always(in_turn(json_reply(1, headers={"Cache-Control": control}), status(500)))
    gate = make(weir, up, cache)
    go_stale(gate)
    assert gate.get("/1").status == code


def test_it_does_not_stand_in_for_what_is_no_more(weir, upstream):
    up = upstream().always(in_turn(json_reply(1), status(404), status(500)))
    gate = make(weir, up, STALE)
    go_stale(gate)
    problem(gate.get("/1"), 502)
    problem(gate.get("/1"), 502)
    assert up.count() == 3


def test_it_does_not_stand_in_for_ever(weir, upstream):
    up = upstream().always(in_turn(json_reply(1), status(500)))
    gate = make(weir, up, "{for: 50ms, stale_if_error: 50ms}")
    go_stale(gate)
    problem(gate.get("/1"), 502)
