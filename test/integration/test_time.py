"""Time: deadline, timeout, attempt_timeout, attempts, the defaults, and the caller's own deadline."""

import time

import pytest
from support.expect import aborted, partial, traced_problem
from support.upstream import chunked, hang, in_turn, json_reply, respond, status
from support.weir_process import SLOWER


def took(answer, least, most=None):
    """Within the bounds; the upper one has room for a busy machine."""
    most = least + 0.6 if most is None else most
    assert least - 0.02 <= answer.seconds < most * SLOWER, f"{answer.seconds:.3f} s, not {least}…{most}"


def test_the_deadline_is_for_the_whole_answer(weir, upstream):
    up = upstream().always(hang())
    gate = weir("""
        services: {a: {url: <a>, timeout: 30s}}
        routes:
          GET /:
            deadline: 400ms
            steps:
              x: {get: a/x}
            reply: ${x}
        """, a=up)
    answer = gate.get("/")
    traced_problem(answer, 504, step="x", proxy_status="http_response_timeout")
    took(answer, 0.4)
    up.wait_cancelled(up.last)


def test_at_the_deadline_unfinished_optional_steps_take_their_defaults(weir, upstream):
    up = upstream().on("/slow", hang()).on("/fast", json_reply("fast"))
    gate = weir("""
        services: {a: {url: <a>, timeout: 30s}}
        routes:
          GET /:
            deadline: 400ms
            steps:
              fast: {get: a/fast}
              slow: {get: a/slow, default: late}
              later: {get: "a/after/${slow}", default: never}
            reply: {fast: "${fast}", slow: "${slow}", later: "${later}"}
        """, a=up)
    answer = gate.get("/")
    assert answer.json() == {"fast": "fast", "slow": "late", "later": "never"}
    missing = partial(answer)
    assert missing["slow"] == "deadline" and "later" in missing
    took(answer, 0.4)
    assert up.count("/after/late") == 0, "nothing is begun after the deadline"


def test_steps_in_a_row_share_the_deadline(weir, upstream):
    up = upstream().always(respond(200, "1", delay=0.25))
    gate = weir("""
        services: {a: {url: <a>, timeout: 30s}}
        routes:
          GET /:
            deadline: 600ms
            steps:
              x: {get: a/x}
              y: {get: "a/y/${x}"}
              z: {get: "a/z/${y}"}
            reply: ${z}
        """, a=up)
    answer = gate.get("/")
    traced_problem(answer, 504, step="z")
    took(answer, 0.6)


POLICY = """
    services:
      a: {url: <a>, retry: {attempts: %s, backoff: 20ms}, %s}
    routes:
      GET /:
        steps:
          x: {get: a/x}
        reply: ${x}
      POST /:
        steps:
          x: {post: a/x}
        reply: ${x}
    """


def test_the_timeout_of_a_step_covers_its_retries_and_pauses(weir, upstream):
    up = upstream().always(status(503, delay=0.15))
    gate = weir(POLICY % (20, "timeout: 500ms"), a=up)
    answer = gate.get("/")
    took(answer, 0.3, 1.1)
    assert answer.status in (502, 504)
    assert 2 <= up.count() <= 4


def test_an_attempt_has_a_time_of_its_own(weir, upstream):
    up = upstream().always(hang())
    gate = weir(POLICY % (3, "timeout: 5s, attempt_timeout: 200ms"), a=up)
    answer = gate.get("/")
    traced_problem(answer, 504, step="x")
    took(answer, 0.6, 1.5)
    assert up.count() == 3
    for request in up.seen():
        up.wait_cancelled(request)


def test_without_one_an_attempt_has_what_is_left_of_the_step(weir, upstream):
    up = upstream().always(hang())
    gate = weir(POLICY % (3, "timeout: 400ms"), a=up)
    answer = gate.get("/")
    traced_problem(answer, 504, step="x")
    took(answer, 0.4)
    assert up.count() == 1


@pytest.mark.parametrize("attempts", [1, 2, 4])
def test_attempts_counts_all_tries(weir, upstream, attempts):
    up = upstream().always(status(503))
    gate = weir(POLICY % (attempts, "timeout: 5s"), a=up)
    traced_problem(gate.get("/"), 502, step="x")
    assert up.count() == attempts


def test_a_response_time_out_is_not_tried_again_where_the_call_is_not_idempotent(weir, upstream):
    up = upstream().always(hang())
    gate = weir(POLICY % (3, "timeout: 5s, attempt_timeout: 200ms"), a=up)
    answer = gate.post("/")
    traced_problem(answer, 504, step="x")
    took(answer, 0.2)
    assert up.count() == 1


def test_a_response_time_out_is_tried_again_while_time_is_left(weir, upstream):
    up = upstream().always(in_turn(hang(), json_reply("second")))
    gate = weir(POLICY % (3, "timeout: 5s, attempt_timeout: 200ms"), a=up)
    answer = gate.get("/")
    assert answer.json() == "second"
    took(answer, 0.2)


def test_reading_the_body_is_within_the_timeout(weir, upstream):
    up = upstream().always(chunked(["[1", ",2", ",3", ",4", ",5", "]"], pause=0.15))
    gate = weir(POLICY % (1, "timeout: 400ms"), a=up)
    answer = gate.get("/")
    traced_problem(answer, 504, step="x")
    took(answer, 0.4)


def test_items_that_are_not_done_at_the_timeout_of_the_step_take_their_default(weir, upstream):
    def stock(x):
        n = int(x.request.slots["n"])
        if n % 2:
            x.hang()
        json_reply(n)(x)

    up = upstream().on("/all", json_reply(list(range(6)))).on("/stock/{n}", stock)
    gate = weir("""
        services: {a: {url: <a>}}
        routes:
          GET /:
            steps:
              all: {get: a/all}
              stock: {each: all as i, get: "a/stock/${i}", timeout: 400ms, default: late}
            reply: ${stock}
        """, a=up)
    answer = gate.get("/")
    assert answer.json() == [0, "late", 2, "late", 4, "late"]
    assert partial(answer) == {"stock": "response_timeout"}
    took(answer, 0.4)


def test_items_that_wait_for_their_turn_are_within_the_timeout_of_the_step(weir, upstream):
    up = upstream().on("/all", json_reply(list(range(10)))).on("/stock/{n}", respond(200, "1", delay=0.2))
    gate = weir("""
        services: {a: {url: <a>}}
        routes:
          GET /:
            steps:
              all: {get: a/all}
              stock: {each: all as i, limit: 2, get: "a/stock/${i}", timeout: 500ms, default: null}
            reply: ${stock}
        """, a=up)
    answer = gate.get("/")
    got = answer.json()
    assert len(got) == 10 and got[:2] == [1, 1] and got[-2:] == [None, None]
    took(answer, 0.5)
    assert up.count("/stock/{n}") <= 6, "items that were not begun are not begun after the time"


STREAM = """
    services: {a: {url: <a>, timeout: 30s}}
    routes:
      GET /stream: {deadline: none, idle_timeout: 700ms, proxy: a/stream}
      GET /bounded: {deadline: 700ms, proxy: a/stream}
    """


def test_a_stream_without_deadline_lives_while_it_is_not_idle(weir, upstream):
    up = upstream().always(chunked(["tick\n"] * 8, pause=0.25, content_type="text/event-stream"))
    answer = weir(STREAM, a=up).get("/stream")
    assert answer.body == b"tick\n" * 8
    took(answer, 1.5, 4)


def test_a_stream_that_goes_idle_is_cut(weir, upstream):
    def events(x):
        x.send("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n5\r\ntick\n\r\n")
        x.hang()

    up = upstream().always(events)
    gate = weir(STREAM, a=up)
    with gate.connect() as c:
        started = time.monotonic()
        c.send("GET /stream HTTP/1.1\r\nHost: x\r\n\r\n")
        head = c.read_head()
        assert aborted(c, head) == b"tick\n"
        assert 0.6 <= time.monotonic() - started < 2 * SLOWER
    up.wait_cancelled(up.last)


def test_the_deadline_cuts_a_proxied_answer_too(weir, upstream):
    up = upstream().always(chunked(["tick\n"] * 100, pause=0.1))
    gate = weir(STREAM, a=up)
    with gate.connect() as c:
        started = time.monotonic()
        c.send("GET /bounded HTTP/1.1\r\nHost: x\r\n\r\n")
        aborted(c, c.read_head())
        assert 0.6 <= time.monotonic() - started < 2 * SLOWER


CALLER = """
    %s
    services: {a: {url: <a>, timeout: 900ms, retry: off, breaker: {trip: {in_a_row: 5}, open: 1s}}}
    routes:
      GET /:
        steps:
          x: {get: a/x}
        reply: ${x}
      GET /proxied: {proxy: a/x}
    """


@pytest.mark.parametrize("header", [
    {"x-envoy-expected-rq-timeout-ms": "300"}, {"grpc-timeout": "300m"}, {"Grpc-Timeout": "300000u"}])
@pytest.mark.parametrize("route", ["/", "/proxied"])
def test_a_trusted_callers_deadline_counts(weir, upstream, header, route):
    up = upstream().always(hang())
    gate = weir(CALLER % "trusted_proxies: [127.0.0.0/8]", a=up)
    answer = gate.get(route, header)
    traced_problem(answer, 504)
    took(answer, 0.3)
    # It says nothing about the service.
    assert gate.circuit("a")["failures"] == 0


@pytest.mark.parametrize("trusted", ["", "trusted_proxies: [10.0.0.0/8]"])
def test_anybody_elses_deadline_does_not_count(weir, upstream, trusted):
    gate = weir(CALLER % trusted, a=upstream().always(hang()))
    answer = gate.get("/", {"x-envoy-expected-rq-timeout-ms": "100", "grpc-timeout": "100m"})
    took(answer, 0.9, 1.6)
    assert gate.circuit("a")["failures"] == 1


@pytest.mark.parametrize("value", ["60000", "abc", "-5", "", "99999999999999999999", "1.5"])
def test_a_callers_deadline_that_is_longer_or_junk_changes_nothing(weir, upstream, value):
    gate = weir(CALLER % "trusted_proxies: [127.0.0.1]", a=upstream().always(hang()))
    answer = gate.get("/", {"x-envoy-expected-rq-timeout-ms": value})
    took(answer, 0.9, 1.6)


def test_the_remaining_time_is_sent_on(weir, upstream):
    up = upstream().on("/x", respond(200, "1", delay=0.3)).on("/y/{n}", json_reply(2))
    gate = weir("""
        services: {a: <a>}
        routes:
          GET /:
            deadline: 2s
            steps:
              x: {get: a/x, timeout: 1s}
              y: {get: "a/y/${x}"}
            reply: ${y}
        """, a=up)
    gate.get("/")
    first, second = (int(r.headers["x-envoy-expected-rq-timeout-ms"]) for r in up.seen())
    assert 900 <= first <= 1000, "of the step, which is shorter than what the route has"
    assert 1000 <= second <= 1700
