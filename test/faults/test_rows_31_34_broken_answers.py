"""Rows 31–34: services that refuse, vanish, or break their own framing."""

import socket
import time

import pytest
from support.expect import aborted, partial, traced_problem
from support.one_service import make
from support.raw_client import ResetByPeer
from support.upstream import in_turn, json_reply, raw, reset
from support.weir_process import SLOWER

# 31


def test_row_31_refused(weir, free_port):
    gate = make(weir, f"http://127.0.0.1:{free_port}")
    body = traced_problem(gate.get("/required"), 502, proxy_status="connection_refused", step="x",
                          leaks=[free_port])
    assert "a" not in body.get("detail", "").split("://")
    traced_problem(gate.get("/proxied"), 502, proxy_status="connection_refused", leaks=[free_port])
    answer = gate.get("/optional")
    assert answer.json() == {"x": None}
    assert partial(answer) == {"x": "connect_refused"}


@pytest.fixture
def black_hole():
    """A port whose listener's queue is full, so that a connect gets no answer at all."""
    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    listener.listen(0)
    fill = []
    for _ in range(4):
        s = socket.socket()
        s.setblocking(False)
        s.connect_ex(listener.getsockname())
        fill.append(s)
    time.sleep(0.05)
    yield listener.getsockname()[1]
    for s in (*fill, listener):
        s.close()


def test_row_31_a_connect_that_gets_no_answer(weir, black_hole):
    gate = make(weir, f"http://127.0.0.1:{black_hole}")
    started = time.monotonic()
    traced_problem(gate.get("/required"), 504, proxy_status="connection_timeout", step="x", leaks=[black_hole])
    # A connect has 1 s unless the configuration says otherwise.
    assert 0.9 <= time.monotonic() - started < 1 + 0.9 * SLOWER
    answer = gate.get("/optional")
    assert partial(answer) == {"x": "connect_timeout"}


def test_row_31_refused_and_then_there(weir, upstream):
    """Tried again within the time: the service comes back between two attempts."""
    up = upstream().always(json_reply(1))
    gate = weir("""
        services:
          a: {url: <a>, timeout: 5s, retry: {attempts: 5, backoff: 300ms}, breaker: off}
        routes:
          GET /:
            steps:
              x: {get: a/x}
            reply: ${x}
        """, a=up)
    up.stop()
    with gate.connect() as c:
        c.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n")
        time.sleep(0.15)
        up.start()
        assert c.read_response().json() == 1


def test_row_31_a_name_that_does_not_exist(weir):
    gate = make(weir, "http://no-such-name.invalid:80")
    traced_problem(gate.get("/required"), 502, proxy_status="dns_error", leaks=["invalid"])
    assert partial(gate.get("/optional")) == {"x": "dns_error"}


# 32


def second_on_a_connection(then):
    """Answers the first request of each connection; the second gets `then`."""
    first = set()

    def answer(x):
        if x.request.connection in first:
            then(x)
        else:
            first.add(x.request.connection)
            json_reply({"connection": x.request.connection})(x)

    return answer


@pytest.mark.parametrize("route", ["/required", "/proxied", "/optional"])
def test_row_32_a_reused_connection_that_is_reset_before_any_byte(weir, upstream, route):
    up = upstream().always(second_on_a_connection(reset()))
    gate = make(weir, up, arguments=["--workers", "1"])
    assert gate.get(route).status == 200
    answer = gate.get(route)
    assert answer.status == 200 and "2" in answer.text, answer
    assert partial(answer) == {}
    assert up.connections == 2
    circuit = gate.circuit("a")
    assert (circuit["failures"], circuit["state"]) == (0, "closed")


@pytest.mark.parametrize("how", ["close", "reset"])
def test_row_32_idle_connections_closed_by_the_service(weir, upstream, how):
    up = upstream().always(json_reply(1))
    gate = make(weir, up, arguments=["--workers", "1"])
    for _ in range(20):
        assert gate.get("/required").status == 200
        up.drop_idle(how)
    assert gate.circuit("a")["failures"] == 0


def test_row_32_what_may_not_be_repeated_is_not(weir, upstream):
    up = upstream().always(second_on_a_connection(reset()))
    gate = make(weir, up, arguments=["--workers", "1"])
    assert gate.post("/passed", b"1").status == 200
    traced_problem(gate.post("/passed", b"2"), 502, leaks=[up.port])
    assert [r.body for r in up.seen()] == [b"1", b"2"]
    circuit = gate.circuit("a")
    assert (circuit["failures"], circuit["calls"]["failed"]) == (0, 0), circuit


# 33

TRUNCATIONS = {
    "length_reset": raw("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{\"a\":", end="reset", pause_before_end=0.1),
    "length_closed": raw("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{\"a\":", end="close", pause_before_end=0.1),
    "chunked_reset": raw("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\n[1]\r\n", end="reset", pause_before_end=0.1),
    "chunked_closed": raw("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\n[1]\r\n", end="close", pause_before_end=0.1),
    "chunk_cut": raw("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n8\r\n[1]", end="close", pause_before_end=0.1),
    "until_close_reset": raw("HTTP/1.0 200 OK\r\n\r\n[1", end="reset", pause_before_end=0.1),
}


@pytest.mark.parametrize("kind", TRUNCATIONS)
def test_row_33_composed_the_step_failed(weir, upstream, kind):
    gate = make(weir, upstream().always(TRUNCATIONS[kind]))
    traced_problem(gate.get("/required"), 502, step="x")
    answer = gate.get("/optional")
    assert answer.json() == {"x": None}
    assert partial(answer)["x"] in ("truncated", "reset")
    assert gate.circuit("a")["failures"] == 2


@pytest.mark.parametrize("version", ["1.1", "1.0"])
@pytest.mark.parametrize("kind", TRUNCATIONS)
def test_row_33_proxied_the_client_connection_is_aborted(weir, upstream, kind, version):
    gate = make(weir, upstream().always(TRUNCATIONS[kind]))
    with gate.connect() as c:
        c.send(f"GET /proxied HTTP/{version}\r\nHost: x\r\n\r\n")
        head = c.read_head()
        assert head.status == 200
        aborted(c, head)
    assert gate.circuit("a")["failures"] == 1


def test_row_33_a_reset_before_the_head(weir, upstream):
    gate = make(weir, upstream().always(reset()))
    for route in ("/required", "/proxied"):
        traced_problem(gate.get(route), 502)
    assert partial(gate.get("/optional")) == {"x": "reset"}
    assert gate.circuit("a")["failures"] == 3


def test_row_33_a_close_within_the_head(weir, upstream):
    gate = make(weir, upstream().always(raw("HTTP/1.1 200 OK\r\nContent-Le", end="close")))
    for route in ("/required", "/proxied"):
        traced_problem(gate.get(route), 502)
    assert gate.circuit("a")["failures"] == 2


# 34

MALFORMED = {
    "length_and_chunked": "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n1\r\n1\r\n0\r\n\r\n",
    "two_lengths": "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n11",
    "signed_length": "HTTP/1.1 200 OK\r\nContent-Length: +1\r\n\r\n1",
    "overflowing_length": "HTTP/1.1 200 OK\r\nContent-Length: 99999999999999999999999\r\n\r\n1",
    "no_status": "HTTP/1.1 OK\r\nContent-Length: 1\r\n\r\n1",
    "short_status": "HTTP/1.1 20 OK\r\nContent-Length: 1\r\n\r\n1",
    "long_status": "HTTP/1.1 2000 OK\r\nContent-Length: 1\r\n\r\n1",
    "status_000": "HTTP/1.1 000 OK\r\nContent-Length: 1\r\n\r\n1",
    "wrong_protocol": "ICY 200 OK\r\nContent-Length: 1\r\n\r\n1",
    "http_2": "HTTP/2.0 200 OK\r\nContent-Length: 1\r\n\r\n1",
    "not_http": "SSH-2.0-OpenSSH_9.2\r\n\r\n",
    "binary": "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\r\n\r\n",
    "space_before_colon": "HTTP/1.1 200 OK\r\nContent-Length : 1\r\n\r\n1",
    "folded": "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nA: b\r\n c\r\n\r\n1",
    "nul_in_value": "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nA: b\0c\r\n\r\n1",
    "empty_name": "HTTP/1.1 200 OK\r\nContent-Length: 1\r\n: c\r\n\r\n1",
    "unknown_coding": "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\n1",
    "chunked_twice": "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked, chunked\r\n\r\n1\r\n1\r\n0\r\n\r\n",
}


@pytest.mark.parametrize("kind", MALFORMED)
def test_row_34_a_malformed_answer(weir, upstream, kind):
    up = upstream().always(in_turn(raw(MALFORMED[kind]), raw(MALFORMED[kind]), raw(MALFORMED[kind]), json_reply(1)))
    gate = make(weir, up, arguments=["--workers", "1"])
    traced_problem(gate.get("/required"), 502, step="x")
    traced_problem(gate.get("/proxied"), 502)
    assert partial(gate.get("/optional")) == {"x": "malformed"}
    assert gate.circuit("a")["failures"] == 3
    # Each time the connection was discarded.
    assert gate.get("/required").json() == {"x": 1}
    assert [r.connection for r in up.seen()] == [1, 2, 3, 4]


@pytest.mark.parametrize("body", ["zz\r\n1\r\n0\r\n\r\n", "1\n1\n0\n\n", "FFFFFFFFFFFFFFFFF\r\n1", "1\r\n11\r\n0\r\n\r\n", "-1\r\n1\r\n0\r\n\r\n"])
def test_row_34_chunks_that_are_none(weir, upstream, body):
    up = upstream().always(raw("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + body))
    gate = make(weir, up)
    traced_problem(gate.get("/required"), 502, step="x")
    with gate.connect() as c:
        c.send("GET /proxied HTTP/1.1\r\nHost: x\r\n\r\n")
        try:
            head = c.read_head()
        except ResetByPeer:
            return  # aborted before the head was out
        if head.status == 200:
            aborted(c, head)
        else:
            assert head.status == 502


def test_row_34_an_endless_head(weir, upstream):
    def endless(x):
        x.send("HTTP/1.1 200 OK\r\n")
        x.send_while_wanted(b"X-Filler: " + b"y" * 1000 + b"\r\n")
        x.close()

    gate = make(weir, upstream().always(endless))
    before = gate.resident_bytes()
    traced_problem(gate.get("/required"), 502, step="x")
    traced_problem(gate.get("/proxied"), 502)
    assert gate.grew_since(before) < 8 << 20
