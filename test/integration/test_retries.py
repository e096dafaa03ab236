"""Retries: what is tried again, when, and how much of it altogether."""

import threading
import time

import pytest
from support.expect import partial, traced_problem
from support.upstream import hang, in_turn, json_reply, reset, status
from support.weir_process import SLOWER


def make(weir, up, retry, service="", **more):
    return weir("""
        services:
          a: {url: <a>, timeout: 4s, retry: %s, breaker: off%s}
        routes:
          GET /:
            steps:
              x: {get: a/x}
            reply: ${x}
          POST /:
            steps:
              x: {post: a/x, body: "${request.body}"}
            reply: ${x}
          PUT /:
            steps:
              x: {put: a/x, body: "${request.body}"}
            reply: ${x}
          DELETE /:
            steps:
              x: {delete: a/x}
            reply: ${x}
          GET /proxied: {proxy: a/x}
          POST /proxied: {proxy: a/x}
        """ % (retry, service), a=up, **more)


@pytest.mark.parametrize("fault", [status(502), status(503), status(504), reset()], ids=["502", "503", "504", "reset"])
@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE"])
def test_an_idempotent_call_is_tried_again(weir, upstream, fault, method):
    up = upstream().always(in_turn(fault, json_reply("second")))
    gate = make(weir, up, "{attempts: 2, backoff: 5ms}")
    got = gate.request(method, "/", body=b'"b"' if method == "PUT" else None)
    assert got.json() == "second"
    assert partial(got) == {}
    assert up.count() == 2
    assert len({r.body for r in up.seen()}) == 1


@pytest.mark.parametrize("fault", [status(503), reset()], ids=["503", "reset"])
def test_a_post_is_not(weir, upstream, fault):
    up = upstream().always(in_turn(fault, json_reply("second")))
    traced_problem(make(weir, up, "{attempts: 3, backoff: 5ms}").post("/", b"1"), 502, step="x")
    assert up.count() == 1


def test_a_post_whose_connect_was_refused_is_not_either_unless_it_is_idempotent(weir, free_port):
    gate = make(weir, f"http://127.0.0.1:{free_port}", "{attempts: 3, backoff: 5ms}")
    traced_problem(gate.post("/", b"1"), 502, step="x")


def with_key(weir, up, honours):
    return weir("""
        services:
          a: {url: <a>, timeout: 4s, retry: {attempts: 2, backoff: 5ms}, breaker: off, forward: [idempotency-key]%s}
        routes:
          POST /:
            steps:
              x: {post: a/x, body: 1}
            reply: ${x}
        """ % honours, a=up)


@pytest.mark.parametrize("honours, key, attempts", [
    (", honours: idempotency-key", {"Idempotency-Key": "k1"}, 2),
    (", honours: idempotency-key", {}, 1),
    ("", {"Idempotency-Key": "k1"}, 1),
])
def test_a_post_is_tried_again_with_a_key_that_the_service_honours(weir, upstream, honours, key, attempts):
    up = upstream().always(in_turn(status(503), json_reply("second")))
    got = with_key(weir, up, honours).post("/", b"", key)
    assert up.count() == attempts
    assert got.status == (200 if attempts == 2 else 502)
    if key:
        assert {r.headers.get("Idempotency-Key") for r in up.seen()} == {"k1"}


def test_retry_off(weir, upstream):
    up = upstream().always(status(503))
    assert make(weir, up, "off").get("/").status == 502
    assert up.count() == 1


def test_a_constant_pause(weir, upstream):
    up = upstream().always(status(503))
    make(weir, up, "{attempts: 4, backoff: 150ms, jitter: false}").get("/")
    at = [r.at for r in up.seen()]
    assert len(at) == 4
    for a, b in zip(at, at[1:]):
        assert 0.145 <= b - a < 0.15 + 0.3 * SLOWER


def test_growing_pauses_stay_within_their_range(weir, upstream):
    up = upstream().always(status(503))
    make(weir, up, "{attempts: 5, backoff: 40ms..160ms}").get("/")
    at = [r.at for r in up.seen()]
    gaps = [b - a for a, b in zip(at, at[1:])]
    # Full jitter: each pause lies between nothing and 40, 80, 160, 160 ms.
    for gap, most in zip(gaps, (0.04, 0.08, 0.16, 0.16)):
        assert gap < most + 0.15 * SLOWER


def test_no_pause_after_the_last_attempt(weir, upstream):
    up = upstream().always(status(503))
    got = make(weir, up, "{attempts: 2, backoff: 400ms, jitter: false}").get("/")
    assert 0.4 <= got.seconds < 0.75 * SLOWER


# 429


def test_retry_after_is_honoured_within_the_time(weir, upstream):
    up = upstream().always(in_turn(status(429, headers={"Retry-After": "1"}), json_reply("later")))
    got = make(weir, up, "{attempts: 2, backoff: 5ms}").get("/")
    assert got.json() == "later"
    first, second = up.seen()
    assert 1.0 <= second.at - first.at < 1 + 0.6 * SLOWER


@pytest.mark.parametrize("seconds", ["60", "99999999999", "9" * 40, "Fri, 31 Dec 2100 23:59:59 GMT"])
def test_a_retry_after_beyond_the_time_is_not_waited_for(weir, upstream, seconds):
    up = upstream().always(in_turn(status(429, headers={"Retry-After": seconds}), json_reply("never")))
    got = make(weir, up, "{attempts: 2, backoff: 5ms}").get("/")
    traced_problem(got, 502, step="x")
    assert got.seconds < 1 * SLOWER
    assert up.count() == 1


def test_a_503_may_say_retry_after_as_well(weir, upstream):
    up = upstream().always(in_turn(status(503, headers={"Retry-After": "1"}), json_reply("later")))
    assert make(weir, up, "{attempts: 2, backoff: 5ms}").get("/").json() == "later"
    first, second = up.seen()
    assert second.at - first.at >= 1.0


def test_a_retry_after_beyond_all_time_is_not_at_once(weir, upstream):
    up = upstream().always(status(503, headers={"Retry-After": "Fri, 31 Dec 9999 23:59:59 GMT"}))
    gate = make(weir, up, "{attempts: 3, backoff: 1ms}")
    assert gate.get("/").status == 502
    assert up.count() == 1


# Proxied


def test_a_proxied_get_is_tried_again_before_anything_was_passed_on(weir, upstream):
    up = upstream().always(in_turn(reset(), json_reply("second")))
    assert make(weir, up, "{attempts: 2, backoff: 5ms}").get("/proxied").json() == "second"


def test_a_proxied_post_is_not(weir, upstream):
    up = upstream().always(in_turn(reset(), json_reply("second")))
    assert make(weir, up, "{attempts: 2, backoff: 5ms}").post("/proxied", b"1").status == 502
    assert up.count() == 1


# The budget (faults.md row 44)


def storm(gate, requests, clients=8):
    left = list(range(requests))
    lock = threading.Lock()

    def client():
        with gate.connect() as c:
            while True:
                with lock:
                    if not left:
                        return
                    left.pop()
                c.request("GET", "/")

    threads = [threading.Thread(target=client) for _ in range(clients)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()


def test_the_budget_keeps_a_failing_service_from_a_storm(weir, upstream):
    up = upstream().always(status(503))
    gate = make(weir, up, "{attempts: 3, backoff: 1ms, budget: {ratio: 10%, floor: 5}}")
    storm(gate, 600)
    # Ratio × first attempts and the floor, a little more for calls in flight at the same time.
    assert 600 + 20 <= up.count() <= 600 * 1.1 + 5 + 16, up.count()


def test_there_is_a_budget_without_any_configuration(weir, upstream):
    up = upstream().always(status(503))
    gate = make(weir, up, "{attempts: 3, backoff: 1ms}")
    storm(gate, 600)
    assert up.count() <= 600 * 1.5, up.count()


def test_the_budget_can_be_switched_off(weir, upstream):
    up = upstream().always(status(503))
    gate = make(weir, up, "{attempts: 3, backoff: 1ms, budget: off}")
    storm(gate, 100)
    assert up.count() == 300


def test_when_the_service_returns_all_is_as_before(weir, upstream):
    up = upstream().always(status(503))
    gate = make(weir, up, "{attempts: 2, backoff: 1ms}")
    storm(gate, 100)
    up.always(json_reply("back"))
    assert all(gate.get("/").json() == "back" for _ in range(10))


# With the breaker


def test_each_attempt_counts_and_an_open_circuit_ends_the_retries(weir, upstream):
    up = upstream().always(status(503))
    gate = weir("""
        services: {a: {url: <a>, timeout: 4s, retry: {attempts: 10, backoff: 1ms}, breaker: {trip: {in_a_row: 3}, open: 30s}}}
        routes:
          GET /:
            steps:
              x: {get: a/x}
            reply: ${x}
        """, a=up)
    got = gate.get("/")
    assert got.status in (502, 503)
    assert up.count() == 3
    assert gate.state("a") == "open"


def test_a_client_that_leaves_ends_the_retries(weir, upstream):
    up = upstream().always(status(503))
    gate = make(weir, up, "{attempts: 50, backoff: 100ms, budget: off}")
    with gate.connect() as c:
        c.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n")
        up.wait_for(2)
    time.sleep(0.3)
    seen = up.count()
    time.sleep(0.5)
    assert up.count() <= seen + 1


def test_hanging_attempts_are_cancelled_before_the_next(weir, upstream):
    up = upstream().always(hang())
    gate = make(weir, up, "{attempts: 3, backoff: 1ms}", ", attempt_timeout: 150ms")
    gate.get("/")
    assert up.count() == 3
    assert up.most_in_flight <= 2
