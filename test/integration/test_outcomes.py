"""The table of outcomes: for each way a call can end, what becomes of the step, what the breaker
counts, and whether the call is made again."""

import time

import pytest
from support.expect import partial, problem, traced_problem
from support.upstream import close, hang, json_reply, raw, reset, respond, status, text_reply

# How the call ends, the step's keys, what a required step's client gets, the reason of an optional
# one, what the breaker counts for each attempt, and how many attempts are made of at most two.
VALUE = object()
TABLE = {
    "2xx": (json_reply({"n": 1}), "", VALUE, None, "successful", 1),
    "201": (json_reply({"n": 1}, status=201), "", VALUE, None, "successful", 1),
    "as_text": (text_reply('{"n": 1'), "as: text", '{"n": 1', None, "successful", 1),
    "missing_404": (status(404), "missing: 404", 404, None, "successful", 1),
    "missing_410": (status(410), "missing: 404", 404, None, "successful", 1),
    "missing_other_status": (status(404), "missing: 410", 410, None, "successful", 1),
    "take_finds_nothing": (json_reply([]), 'take: "${body[0]}", missing: 404', 404, None, "successful", 1),
    "take_finds_no_member": (json_reply({}), 'take: "${body.a.b}", missing: 404', 404, None, "successful", 1),
    "301": (respond(301, "", {"Location": "/y"}), "", 502, "status_301", "successful", 1),
    "304": (status(304), "", 502, "status_304", "successful", 1),
    "400": (status(400), "", 502, "status_400", "successful", 1),
    "401": (status(401), "", 502, "status_401", "successful", 1),
    "404": (status(404), "", 502, "status_404", "successful", 1),
    "409": (status(409), "", 502, "status_409", "successful", 1),
    "429": (status(429), "", 502, "status_429", "ignored", None),
    "500": (status(500), "", 502, "status_500", "failed", 1),
    "501": (status(501), "", 502, "status_501", "failed", 1),
    "502": (status(502), "", 502, "status_502", "failed", 2),
    "503": (status(503), "", 502, "status_503", "failed", 2),
    "504": (status(504), "", 502, "status_504", "failed", 2),
    "505": (status(505), "", 502, "status_505", "failed", 1),
    "reset": (reset(), "", 502, "reset", "failed", 2),
    "closed_without_a_byte": (close(), "", 502, "reset|truncated", "failed", 2),
    "truncated": (raw("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n[1", end="close"), "", 502, "truncated", "failed", 2),
    "time_out": (hang(), "attempt_timeout: 200ms", 504, "response_timeout", "failed", 2),
    "not_json": (text_reply("oops"), "", 502, "not_json", "failed", 1),
    "too_large": (json_reply("x" * 5000), "response: 1KiB", 502, "too_large", "failed", 1),
    "wrong_kind": (json_reply({}), "expect: list", 502, "wrong_kind", "successful", 1),
    "take_finds_nothing_needed": (json_reply({}), 'take: "${body.a}"', 502, "missing_field", "successful", 1),
}


def make(weir, up, keys, extra=""):
    return weir("""
        services:
          a: {url: <a>, timeout: 3s, retry: {attempts: 2, backoff: 5ms..10ms}, breaker: {trip: {in_a_row: 100}, open: 1s}%s}
        routes:
          GET /required:
            steps:
              x: {get: a/x%s}
            reply: {x: "${x}"}
          GET /optional:
            steps:
              x: {get: a/x, default: null%s}
            reply: {x: "${x}"}
        """ % (extra, keys and ", " + keys, keys and ", " + keys), a=up)


def counted(gate, kind):
    return gate.metrics().value("weir_circuitbreaker_calls_total", name="a", kind=kind)


def counts(gate):
    return {kind: n for kind in ("successful", "failed", "ignored") if (n := counted(gate, kind))}


@pytest.mark.parametrize("row", TABLE)
def test_outcome(weir, upstream, row):
    answer, keys, required, reason, breaker, attempts = TABLE[row]
    up = upstream().always(answer)
    gate = make(weir, up, keys)

    got = gate.get("/required")
    if required is VALUE:
        assert got.json() == {"x": {"n": 1}}
    elif isinstance(required, str):
        assert got.json() == {"x": required}
    else:
        body = traced_problem(got, required)
        if reason is not None:
            assert body["step"] == "x"
            assert any(r in body["detail"] for r in reason.split("|")), body
    made = up.count()
    if attempts is not None:
        assert made == attempts
    assert counts(gate) == {breaker: made}

    got = gate.get("/optional")
    assert got.status == 200, got
    if reason is not None:
        assert got.json() == {"x": None}
        assert partial(got)["x"] in reason.split("|")
    elif isinstance(required, int):
        assert got.json() == {"x": None}, "the default, where there is one"


@pytest.mark.parametrize("code", [404, 410, 409, 200])
def test_a_passed_status_and_its_body_are_the_clients_answer(weir, upstream, code):
    up = upstream().always(respond(code, '{"exact": 1.10}', {"X-Own": "1", "Set-Cookie": "a=b"}))
    gate = make(weir, up, "pass: [404, 409, 410]")
    got = gate.get("/required")
    assert got.status == code
    if code == 200:
        assert got.text == '{"x":{"exact": 1.10}}'
    else:
        assert got.body == b'{"exact": 1.10}'
        assert got.headers["Content-Type"].startswith("application/json")
    assert "Set-Cookie" not in got.headers and "X-Own" not in got.headers
    assert counts(gate) == {"successful": 1}
    assert up.count() == 1


def test_a_passed_status_wins_over_the_other_steps(weir, upstream):
    up = upstream().on("/gone", respond(404, '{"which": "gone"}', delay=0.1)).on("/hangs", hang())
    gate = weir("""
        services: {a: <a>}
        routes:
          GET /:
            steps:
              gone: {get: a/gone, pass: [404]}
              hangs: {get: a/hangs}
            reply: ok
        """, a=up)
    got = gate.get("/")
    assert (got.status, got.json()) == (404, {"which": "gone"})
    up.wait_cancelled(up.seen("/hangs")[0])


def test_missing_is_a_problem_of_the_client_and_names_no_service(weir, upstream):
    got = make(weir, upstream().always(status(404)), "missing: 404").get("/required")
    problem(got, 404)
    assert "Proxy-Status" not in got.headers


def test_missing_with_a_default_gives_the_default(weir, upstream):
    gate = make(weir, upstream().always(json_reply([])), 'take: "${body[0]}", missing: 404')
    assert gate.get("/required").status == 404
    assert gate.get("/optional").json() == {"x": None}


# Rejections and cancellations: they decide nothing about the service.


def test_a_rejected_call_is_not_counted(weir, upstream):
    up = upstream().always(json_reply(1))
    gate = make(weir, up, "")
    gate.act("a", "force-open")
    for _ in range(3):
        got = gate.get("/required")
        traced_problem(got, 503, proxy_status="destination_unavailable")
        assert int(got.headers["Retry-After"]) >= 1
        assert partial(gate.get("/optional")) == {"x": "breaker_open"}
    assert up.count() == 0
    assert counts(gate) == {}
    assert gate.metrics().value("weir_circuitbreaker_not_permitted_calls_total", name="a") == 6


def ignored(gate, count):
    end = time.monotonic() + 3
    while counts(gate).get("ignored", 0) < count and time.monotonic() < end:
        time.sleep(0.02)
    assert counts(gate) == {"ignored": count}


def test_a_client_that_goes_away_is_no_failure_of_the_service(weir, upstream):
    up = upstream().always(hang())
    gate = make(weir, up, "")
    with gate.connect() as c:
        c.send("GET /required HTTP/1.1\r\nHost: x\r\n\r\n")
        up.wait_for(1)
    ignored(gate, 1)


def test_a_cancelled_sibling_is_no_failure_of_its_service(weir, upstream):
    up = upstream().always(hang())
    gate = weir("""
        services:
          a: {url: <a>, breaker: {trip: {in_a_row: 100}, open: 1s}}
          b: {url: <b>, retry: off}
        routes:
          GET /:
            steps:
              x: {get: a/x}
              y: {get: b/y}
            reply: ok
        """, a=up, b=upstream().always(status(500, delay=0.1)))
    assert gate.get("/").status == 502
    ignored(gate, 1)


def test_the_deadline_of_the_route_is_the_configurations_and_counts(weir, upstream):
    """A time-out set by the configuration is a failure; only a caller's shorter one is not."""
    gate = weir("""
        services: {a: {url: <a>, timeout: 5s, breaker: {trip: {in_a_row: 100}, open: 1s}}}
        routes:
          GET /:
            deadline: 300ms
            steps:
              x: {get: a/x}
            reply: ok
        """, a=upstream().always(hang()))
    assert gate.get("/").status == 504
    assert counts(gate) == {"failed": 1}


# failures:


@pytest.mark.parametrize("kinds, answer, breaker", [
    ("[connect, timeout, 4xx, 5xx]", status(404), "failed"),
    ("[connect, timeout, 4xx, 5xx]", status(429), "failed"),
    ("[connect, timeout, 4xx, 5xx]", status(500), "failed"),
    ("[connect, timeout, 5xx]", status(404), "successful"),
    ("[connect, timeout]", status(500), "successful"),
    ("[connect, timeout, 503]", status(503), "failed"),
    ("[connect, timeout, 503]", status(500), "successful"),
    ("[5xx]", hang(), "successful"),
])
def test_failures_changes_what_the_breaker_counts(weir, upstream, kinds, answer, breaker):
    gate = make(weir, upstream().always(answer), "timeout: 200ms", f", retry: off, failures: {kinds}".replace(", retry: off", ""))
    assert gate.get("/required").status in (502, 504)
    assert set(counts(gate)) == {breaker}


def test_failures_changes_nothing_for_the_step(weir, upstream):
    gate = make(weir, upstream().always(status(404)), "", ", failures: [connect, timeout, 4xx, 5xx]")
    traced_problem(gate.get("/required"), 502, step="x")


# as and expect


@pytest.mark.parametrize("kind, value, fits", [
    ("list", [1], True), ("list", [], True), ("list", {}, False), ("object", {}, True), ("object", [], False), ("string", "", True),
    ("string", 1, False), ("number", 1.5, True), ("number", "1", False), ("number", True, False), ("object", None, False),
])
def test_expect(weir, upstream, kind, value, fits):
    gate = make(weir, upstream().always(json_reply(value)), f"expect: {kind}")
    if fits:
        assert gate.get("/required").json() == {"x": value}
    else:
        traced_problem(gate.get("/required"), 502, "wrong_kind", step="x")


def test_expect_looks_at_the_body_and_take_at_what_is_expected(weir, upstream):
    gate = make(weir, upstream().always(json_reply([{"a": 1}])), 'expect: list, take: "${body[0].a}"')
    assert gate.get("/required").json() == {"x": 1}


def test_take_sees_the_status_and_the_headers(weir, upstream):
    up = upstream().always(json_reply({"a": 1}, status=203, headers={"X-Total": "17"}))
    gate = make(weir, up, "take: \"${[body.a, status, headers['x-total']]}\"")
    assert gate.get("/required").json() == {"x": [1, 203, "17"]}


@pytest.mark.parametrize("text", ["", "plain", '"quoted" \\ \n\t\u00e4\u20ac', "[1]", "\x00\x1f"])
def test_as_text_is_the_text_itself(weir, upstream, text):
    gate = make(weir, upstream().always(text_reply(text)), "as: text")
    assert gate.get("/required").json() == {"x": text}


def test_as_text_that_is_no_utf_8_cannot_be_decoded(weir, upstream):
    gate = make(weir, upstream().always(respond(200, b"\xff\xfe")), "as: text")
    traced_problem(gate.get("/required"), 502, "not_text")
    assert counts(gate) == {"failed": 1}


def test_as_bytes(weir, upstream):
    gate = make(weir, upstream().always(respond(200, b"\xff\xfe\x00")), 'as: bytes, take: "${size(body)}"')
    assert gate.get("/required").json() == {"x": 3}


@pytest.mark.parametrize("empty", [204, 205])
def test_an_answer_that_has_no_content_is_null(weir, upstream, empty):
    assert make(weir, upstream().always(status(empty)), "").get("/required").json() == {"x": None}
    text = make(weir, upstream().always(status(empty)), "as: text")
    assert text.get("/required").json() == {"x": ""}


@pytest.mark.parametrize("take, gives", [
    ("headers", lambda h: h["x-total"]), ("[headers]", lambda h: h[0]["x-total"]), ("{'h': headers, 'b': body}", lambda h: h["h"]["x-total"])])
def test_take_may_give_the_headers_themselves(weir, upstream, take, gives):
    up = upstream().always(lambda x: respond(200, "{}", {"X-Total": x.request.path[3:]})(x))
    gate = weir("""
        services: {a: <a>}
        routes:
          GET /one: {steps: {x: {get: a/x/7, take: "${%s}"}}, reply: "${x}"}
          GET /then: {steps: {x: {get: a/x/7, take: "${%s}"}, y: {get: "a/x/${size(x)}"}}, reply: {x: "${x}", y: "${y}"}}
          GET /each: {steps: {x: {each: "[1, 2, 3, 4, 5, 6] as i", limit: 2, get: "a/x/${i}", take: "${%s}"}}, reply: "${x}"}
        """ % (take, take, take), a=up)
    assert gives(gate.get("/one").json()) == "7"
    assert gives(gate.get("/then").json()["x"]) == "7"
    assert [gives(x) for x in gate.get("/each").json()] == ["1", "2", "3", "4", "5", "6"]
