"""Bulkheads, adaptive limits and throttles of a service; the rules of retries."""

import threading
import time

import pytest
from support.expect import partial, traced_problem
from support.upstream import hang, in_turn, json_reply, reset, respond, status
from support.waiting import wait_for

ROUTES = """
routes:
  GET /:
    steps:
      x: {get: a/x}
    reply: ${x}
  GET /else:
    steps:
      x: {get: a/x, default: none}
    reply: ${x}
  GET /many:
    steps:
      all: {value: [1, 2, 3, 4, 5, 6, 7, 8]}
      x: {each: all as n, get: "a/x?n=${n}"}
    reply: ${x}
  GET /proxied: {proxy: a/x}
  PUT /proxied: {proxy: a/x}
"""


def make(weir, up, words, workers=2, **rest):
    return weir(f"workers: {workers}\n" + "services:\n  a: {url: <a>, timeout: 5s, %s}\n%s" % (words, ROUTES), a=up, **rest)


class Held:
    """A service that answers when it is let go on; knows how many it held at once."""

    def __init__(self, upstream):
        self.go = threading.Event()
        self.lock = threading.Lock()
        self.now = self.most = 0
        self.up = upstream().always(self.answer)

    def answer(self, x):
        with self.lock:
            self.now += 1
            self.most = max(self.most, self.now)
        try:
            x.wait(self.go)
        finally:
            with self.lock:
                self.now -= 1
        json_reply(1)(x)


def at_once(gate, paths):
    answers = [None] * len(paths)

    def one(i):
        answers[i] = gate.get(paths[i])

    threads = [threading.Thread(target=one, args=(i,)) for i in range(len(paths))]
    for t in threads:
        t.start()
    return threads, answers


@pytest.mark.parametrize("path", ["/", "/proxied"])
def test_a_bulkhead_bounds_the_calls_in_flight_and_turns_the_rest_away_at_once(weir, upstream, path):
    held = Held(upstream)
    gate = make(weir, held.up, "bulkhead: {calls: 2}")
    threads, answers = at_once(gate, [path] * 2)
    wait_for(lambda: held.now == 2)
    refused = gate.get(path)
    traced_problem(refused, 503, proxy_status="connection_limit_reached")
    assert int(refused.headers["Retry-After"]) >= 1
    held.go.set()
    for t in threads:
        t.join()
    assert [a.status for a in answers] == [200, 200]
    assert held.most == 2
    assert gate.get(path).status == 200


@pytest.mark.parametrize("path", ["/", "/proxied"])
@pytest.mark.parametrize("workers", [1, 2])
def test_calls_wait_in_its_queue_and_are_woken_as_places_come_free(weir, upstream, path, workers):
    up = upstream().always(json_reply(1, delay=0.1))
    gate = make(weir, up, "bulkhead: {calls: 1, queue: 4}", workers=workers)
    began = time.monotonic()
    threads, answers = at_once(gate, [path] * 5)
    for t in threads:
        t.join()
    took = time.monotonic() - began
    assert [a.status for a in answers] == [200] * 5
    assert took >= 0.5, "one after the other"


def test_who_waits_too_long_is_turned_away(weir, upstream):
    held = Held(upstream)
    gate = make(weir, held.up, "bulkhead: {calls: 1, queue: 4, longest_wait: 100ms}")
    threads, _ = at_once(gate, ["/"])
    wait_for(lambda: held.now == 1)
    began = time.monotonic()
    traced_problem(gate.get("/"), 503, proxy_status="connection_limit_reached")
    assert time.monotonic() - began >= 0.09
    assert partial(gate.get("/else")) == {"x": "limit_reached"}
    held.go.set()
    threads[0].join()
    assert held.up.count() == 1


def test_a_waiting_call_whose_client_leaves_makes_room(weir, upstream):
    held = Held(upstream)
    gate = make(weir, held.up, "bulkhead: {calls: 1, queue: 1}")
    threads, _ = at_once(gate, ["/"])
    wait_for(lambda: held.now == 1)
    client = gate.connect()
    client.send(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
    wait_for(lambda: gate.metrics().value("weir_bulkhead_waiting_calls", name="a") == 1)
    client.close()
    wait_for(lambda: gate.metrics().value("weir_bulkhead_waiting_calls", name="a") == 0)
    waiting, answers = at_once(gate, ["/"])
    wait_for(lambda: gate.metrics().value("weir_bulkhead_waiting_calls", name="a") == 1)
    held.go.set()
    for t in threads + waiting:
        t.join()
    assert answers[0].status == 200


def test_a_list_of_calls_goes_through_the_queue(weir, upstream):
    held = Held(upstream)
    gate = make(weir, held.up, "bulkhead: {calls: 3, queue: 100}")
    threads, answers = at_once(gate, ["/many"])
    wait_for(lambda: held.now == 3)
    held.go.set()
    threads[0].join()
    assert answers[0].json() == [1] * 8
    assert held.most <= 3


def test_a_full_bulkhead_is_no_failure_for_the_breaker(weir, upstream):
    held = Held(upstream)
    gate = make(weir, held.up, "bulkhead: {calls: 1}, breaker: {trip: {in_a_row: 1}}")
    threads, _ = at_once(gate, ["/"])
    wait_for(lambda: held.now == 1)
    for _ in range(3):
        traced_problem(gate.get("/"), 503)
    assert gate.state("a") == "closed"
    held.go.set()
    threads[0].join()


def test_a_bulkhead_takes_its_new_size_at_a_reload(weir, upstream):
    held = Held(upstream)
    gate = make(weir, held.up, "bulkhead: {calls: 1}")
    threads, _ = at_once(gate, ["/"])
    wait_for(lambda: held.now == 1)
    gate.write(gate.text.replace("calls: 1", "calls: 2"))
    gate.reload()
    more, _ = at_once(gate, ["/"])
    wait_for(lambda: held.now == 2)
    traced_problem(gate.get("/"), 503)
    held.go.set()
    for t in threads + more:
        t.join()


def test_who_gets_no_connection_in_time_hears_that_the_pool_is_full(weir, upstream):
    held = Held(upstream)
    gate = make(weir, held.up, "connections: 1, connect_timeout: 100ms", workers=1)
    threads, _ = at_once(gate, ["/"])
    wait_for(lambda: held.now == 1)
    assert partial(gate.get("/else")) == {"x": "pool_full"}
    traced_problem(gate.get("/"), 503, proxy_status="connection_limit_reached")
    held.go.set()
    threads[0].join()
    assert held.most == 1


def test_an_adaptive_limit_lets_no_more_through_than_it_has_found(weir, upstream):
    held = Held(upstream)
    gate = make(weir, held.up, "adaptive_limit: {initial: 2, least: 2, most: 2}")
    threads, _ = at_once(gate, ["/", "/proxied"])
    wait_for(lambda: held.now == 2)
    traced_problem(gate.get("/"), 503, proxy_status="connection_limit_reached")
    held.go.set()
    for t in threads:
        t.join()
    assert gate.metrics().value("weir_adaptive_limit", name="a") == 2


def test_a_throttle_turns_away_what_would_fail(weir, upstream):
    up = upstream().always(status(503))
    gate = make(weir, up, "throttle: {factor: 1, min_calls: 10}, retry: off, breaker: off")
    for _ in range(100):
        assert gate.get("/").status in (502, 503)
    assert 10 <= up.count() < 70
    assert 0 < gate.metrics().value("weir_throttle_rejecting", name="a") < 1


@pytest.mark.parametrize("on,fault,again", [
    ("[500]", status(500), True), ("[500]", status(503), False), ("[5xx]", status(501), True),
    ("[connect]", reset(), True), ("[connect]", status(503), False), ("[503]", reset(), False),
    ("[404]", status(404), True)])
def test_what_a_retry_is_for_can_be_said(weir, upstream, on, fault, again):
    up = upstream().always(in_turn(fault, json_reply("second")))
    gate = make(weir, up, "retry: {attempts: 2, backoff: 1ms, on: %s}" % on)
    answer = gate.get("/")
    assert up.count() == (2 if again else 1)
    if again:
        assert answer.json() == "second"


@pytest.mark.parametrize("on,again", [("[timeout]", True), ("[connect, 503]", False)])
def test_a_time_out_is_tried_again_where_it_is_said(weir, upstream, on, again):
    up = upstream().always(in_turn(hang(), json_reply("second")))
    gate = make(weir, up, "attempt_timeout: 100ms, retry: {attempts: 2, backoff: 1ms, on: %s}" % on)
    answer = gate.get("/")
    assert up.count() == (2 if again else 1)
    assert answer.status == (200 if again else 504)


def test_a_retry_can_be_for_some_methods_alone(weir, upstream):
    up = upstream().always(status(503))
    gate = make(weir, up, "retry: {attempts: 2, backoff: 1ms, methods: GET, budget: off}")
    gate.get("/proxied")
    assert up.count() == 2
    gate.request("PUT", "/proxied")
    assert up.count() == 3


def test_an_answer_that_says_when_to_come_back_is_waited_for(weir, upstream):
    up = upstream().always(in_turn(respond(503, "", headers={"Retry-After": "1"}), json_reply("second")))
    gate = make(weir, up, "retry: {attempts: 2, backoff: 1ms}")
    began = time.monotonic()
    assert gate.get("/").json() == "second"
    assert time.monotonic() - began >= 0.99


def test_a_ramp_lets_a_growing_share_through(weir, upstream):
    up = upstream().always(status(500))
    gate = make(weir, up, "retry: off, breaker: {trip: {in_a_row: 2}, open: 200ms, probe: {ramp: 600ms}}")
    for _ in range(2):
        gate.get("/")
    assert gate.state("a") == "open"
    up.always(json_reply(1))
    wait_for(lambda: gate.state("a") == "half-open")
    seen = []

    def closed():
        seen.append(gate.get("/").status)
        return gate.state("a") == "closed"

    wait_for(closed)
    assert 200 in seen and 503 in seen


def test_the_profile_aiomisc_trips_when_every_tenth_of_its_time_is_bad(weir, upstream):
    up = upstream().always(status(500))
    gate = make(weir, up, "retry: off, breaker: {profile: aiomisc, trip: {ratio: 20%, within: 500ms}}")

    def turned_away():
        return gate.get("/").status == 503

    wait_for(turned_away)
    assert up.count() >= 10, "a short burst does not trip it"
