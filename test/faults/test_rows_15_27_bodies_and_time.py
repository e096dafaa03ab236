"""Rows 15–20, 23, 26 and 27: bodies, slowness, floods, and clients that go away."""

import json
import threading
import time

import pytest
from support.expect import problem, refused
from support.raw_client import Connection, ResetByPeer, format_request
from support.upstream import hang, json_reply
from support.waiting import wait_for
from support.weir_process import SLOWER

ROUTES = """
    services: {echo: {url: <echo>, breaker: {trip: {in_a_row: 100}, open: 1s}}}
    routes:
      GET /hello: {reply: {hello: world}}
      POST /pass: {<deadline>proxy: echo}
      POST /compose:
        steps:
          answer: {post: echo/pass, body: "${request.body}"}
        reply: ${answer}
      GET /n/{n}: {proxy: echo}
      GET /composed/{n}:
        steps:
          answer: {get: "echo/n/${path.n}"}
        reply: ${answer}
    """


def make(weir, upstream, limits="", arguments=(), deadline="", **more):
    echo = upstream()
    echo.always(lambda x: json_reply({"bytes": len(x.request.body), "target": x.request.target})(x))
    gate = weir((f"limits: {limits}\n" if limits else "") + ROUTES.replace("\n    ", "\n"), echo=echo,
                arguments=arguments, deadline=deadline, **more)
    gate.echo = echo
    return gate


@pytest.fixture
def gate(weir, upstream):
    return make(weir, upstream)


# 15


@pytest.mark.parametrize("path", ["/pass", "/compose"])
def test_row_15_a_body_declared_over_the_limit(gate, path):
    refused(gate.port, f"POST {path} HTTP/1.1\r\nHost: x\r\nContent-Length: 1048577\r\n\r\nhello", 413)
    assert gate.echo.count() == 0


@pytest.mark.parametrize("path", ["/pass", "/compose"])
def test_row_15_a_chunked_body_that_passes_the_limit(gate, path):
    head = f"POST {path} HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n".encode()
    refused(gate.port, head + (b"10000\r\n" + b"x" * 0x10000 + b"\r\n") * 17 + b"0\r\n\r\n", 413)
    for request in gate.echo.seen():
        gate.echo.wait_cancelled(request)


@pytest.mark.parametrize("path", ["/pass", "/compose"])
def test_row_15_a_body_at_the_limit(gate, path):
    body = json.dumps("x" * ((1 << 20) - 2)).encode()
    assert gate.post(path, body, {"Content-Type": "application/json"}).json()["bytes"] == 1 << 20


@pytest.mark.parametrize("path", ["/pass", "/compose"])
def test_row_15_the_limit_is_configurable(weir, upstream, path):
    gate = make(weir, upstream, "{body: 1KiB}")
    assert gate.post(path, b'"' + b"x" * 1022 + b'"').status == 200
    problem(gate.post(path, b'"' + b"x" * 1023 + b'"'), 413)


# 16, 17


@pytest.mark.parametrize("value", ["something-else", "100-continue-x", "200-ok"])
def test_row_16_an_unknown_expectation(gate, value):
    refused(gate.port, f"POST /pass HTTP/1.1\r\nHost: x\r\nExpect: {value}\r\nContent-Length: 5\r\n\r\n", 417, closed=False)
    assert gate.echo.count() == 0


def expecting(path, length, method="POST"):
    return f"{method} {path} HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: {length}\r\n\r\n"


@pytest.mark.parametrize("path, length, status", [
    ("/pass", 1048577, 413), ("/nowhere", 5, 404), ("/hello", 5, 405)])
def test_row_17_a_refused_expectation_gets_the_final_status_alone(gate, path, length, status):
    with gate.connect() as c:
        c.send(expecting(path, length))
        answer = c.read_response()
        problem(answer, status)
        assert answer.interim == []
        assert answer.headers["Connection"].lower() == "close"
        assert c.ending() in ("closed", "reset")


@pytest.mark.parametrize("path", ["/pass", "/compose"])
def test_row_17_a_welcome_expectation_gets_100_first(gate, path):
    with gate.connect() as c:
        c.send(expecting(path, 7))
        interim = c.read_until(b"\r\n\r\n")
        assert interim.startswith(b"HTTP/1.1 100 ")
        c.send('"hello"')
        answer = c.read_response()
        assert answer.json()["bytes"] == 7
        assert answer.interim == []
        # The connection goes on.
        assert c.request("GET", "/hello").status == 200


def test_row_17_a_body_sent_without_waiting_is_fine(gate):
    with gate.connect() as c:
        c.send(expecting("/pass", 5) + "hello")
        assert c.read_response().json()["bytes"] == 5


# 18


def test_row_18_headers_sent_slowly(weir, upstream):
    gate = make(weir, upstream, "{head_timeout: 700ms}")
    with gate.connect() as c:
        started = time.monotonic()
        c.send_slowly(b"GET /hello HTTP/1.1\r\nHost: x\r\n" + b"X: y\r\n" * 100, pause=0.05)
        answer = c.read_response()
        took = time.monotonic() - started
        problem(answer, 408)
        assert c.ending() in ("closed", "reset")
    assert 0.6 <= took < 0.7 + 1.5 * SLOWER


@pytest.mark.parametrize("path", ["/pass", "/compose"])
def test_row_18_a_body_sent_slowly_has_a_total_time(weir, upstream, path):
    gate = make(weir, upstream, "{body_timeout: 700ms, body_least_rate: 1MiB}")
    with gate.connect() as c:
        c.send(f"POST {path} HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\n")
        started = time.monotonic()
        c.send_slowly(b"x" * 1000, pause=0.05)
        answer = c.read_response()
        took = time.monotonic() - started
        problem(answer, 408)
        assert c.ending() in ("closed", "reset")
    assert 0.6 <= took < 0.7 + 2 * SLOWER
    for request in gate.echo.seen():
        gate.echo.wait_cancelled(request)


@pytest.mark.parametrize("path", ["/pass", "/compose"])
def test_row_18_a_body_has_a_least_rate(weir, upstream, path):
    gate = make(weir, upstream, "{body_timeout: 50s, body_least_rate: 4KiB}", deadline="deadline: 50s, timeout: 50s, ")
    with gate.connect(timeout=20) as c:
        c.send(f"POST {path} HTTP/1.1\r\nHost: x\r\nContent-Length: 100000\r\n\r\n")
        started = time.monotonic()
        c.send_slowly(b"x" * 100000, pause=0.1, piece=10, until=started + 15)
        problem(c.read_response(), 408)
        took = time.monotonic() - started
    # Judged after the first 5 s.
    assert 4 <= took < 12


def test_row_18_a_body_that_stalls_for_good(weir, upstream):
    gate = make(weir, upstream, "{body_timeout: 600ms}")
    with gate.connect() as c:
        c.send("POST /compose HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\nabc")
        problem(c.read_response(), 408)
        assert c.ending() in ("closed", "reset")


# 19


@pytest.mark.parametrize("length", ["chunked", "declared"])
def test_row_19_a_client_that_reads_nothing_is_reset(weir, upstream, length):
    gate = make(weir, upstream, "{write_timeout: 700ms}")
    piece = b"x" * 65536

    def endless(x):
        if length == "chunked":
            x.send(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
            x.send_while_wanted(b"10000\r\n" + piece + b"\r\n")
        else:
            x.send(b"HTTP/1.1 200 OK\r\nContent-Length: 10000000000\r\n\r\n")
            x.send_while_wanted(piece)
        x.close()

    gate.echo.on("/n/{n}", endless)
    before = gate.resident_bytes()
    with gate.connect(receive_buffer=4096) as c:
        c.send("GET /n/1 HTTP/1.1\r\nHost: x\r\n\r\n")
        request = gate.echo.wait_for(1)[0]
        end = time.monotonic() + 8 * SLOWER
        while request.answered_at is None and request.cancelled_at is None:
            assert time.monotonic() < end, "the service is still sending"
            assert gate.grew_since(before) < 16 << 20, "the answer piles up"
            time.sleep(0.02)
        with pytest.raises(ResetByPeer):
            for _ in range(10000):
                if not c.read_some():
                    break
    assert gate.get("/hello").status == 200


def test_row_19_a_slow_reader_that_does_read_gets_everything(weir, upstream):
    gate = make(weir, upstream, "{write_timeout: 1s}")
    size = 3_000_000
    gate.echo.on("/n/{n}", lambda x: x.send(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % size + b"x" * size))
    with gate.connect(receive_buffer=16384) as c:
        c.send("GET /n/1 HTTP/1.1\r\nHost: x\r\n\r\n")
        head = c.read_head()
        got = 0
        for piece in c.body_pieces(head):
            got += len(piece)
            if got < 600_000:
                time.sleep(0.02)
        assert got == size


def test_row_19_a_composed_answer_nobody_reads(weir, upstream):
    gate = make(weir, upstream, "{write_timeout: 700ms, response: 64MiB}")
    big = json.dumps("x" * 20_000_000)
    gate.echo.on("/n/{n}", lambda x: x.send(f"HTTP/1.1 200 OK\r\nContent-Length: {len(big)}\r\n\r\n{big}"))
    with gate.connect(timeout=20, receive_buffer=4096) as c:
        c.send("GET /composed/1 HTTP/1.1\r\nHost: x\r\n\r\n")
        c.wait_until_reset(20)
        with pytest.raises(ResetByPeer):
            while c.read_some():
                pass
    assert gate.get("/hello").status == 200


# 20


@pytest.mark.parametrize("first", [True, False])
def test_row_20_an_idle_connection_is_closed_in_silence(weir, upstream, first):
    gate = make(weir, upstream, "{idle_timeout: 500ms}")
    with gate.connect() as c:
        if first:
            assert c.request("GET", "/hello").status == 200
        started = time.monotonic()
        assert c.read_all() == b""
        assert 0.4 <= time.monotonic() - started < 0.5 + 1.5 * SLOWER


# 23


def test_row_23_pipelined_requests_are_answered_in_order(gate):
    count = 2000
    with gate.connect(timeout=30) as c:
        data = "".join(f"GET /n/{n} HTTP/1.1\r\nHost: x\r\n\r\n" for n in range(count))
        sender = threading.Thread(target=c.try_send, args=(data.encode(),))
        sender.start()
        for n in range(count):
            assert c.read_response().json()["target"] == f"/n/{n}"
        sender.join()


def test_row_23_slow_and_fast_answers_keep_their_order(gate):
    gate.echo.on("/n/slow", lambda x: (x.sleep(0.3), json_reply({"target": "/n/slow"})(x)))
    with gate.connect() as c:
        c.send("GET /n/slow HTTP/1.1\r\nHost: x\r\n\r\nGET /hello HTTP/1.1\r\nHost: x\r\n\r\n"
               "POST /pass HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\nhiGET /composed/2 HTTP/1.1\r\nHost: x\r\n\r\n")
        assert c.read_response().json() == {"target": "/n/slow"}
        assert c.read_response().json() == {"hello": "world"}
        assert c.read_response().json()["bytes"] == 2
        assert c.read_response().json()["target"] == "/n/2"


def test_row_23_a_flood_whose_answers_nobody_reads_meets_back_pressure(gate):
    before = gate.resident_bytes()
    flood = b"GET /hello HTTP/1.1\r\nHost: x\r\nX: " + b"y" * 200 + b"\r\n\r\n"
    with gate.connect(receive_buffer=4096) as c:
        c.sock.settimeout(1.5)
        sent = 0
        try:
            while sent < 200 << 20:
                sent += c.sock.send(flood * 64)
        except (TimeoutError, ConnectionError):
            pass
        assert sent < 64 << 20, "the server kept reading a flood that it could not answer"
        assert gate.grew_since(before) < 32 << 20
        assert gate.get("/hello").status == 200


# 26


def access_lines(gate, path):
    found = []
    if path.exists():
        for line in path.read_text().splitlines():
            found.append(json.loads(line))
    return found


@pytest.mark.parametrize("leave", ["close", "reset"])
@pytest.mark.parametrize("kind", ["/n/1", "/composed/1"])
def test_row_26_a_client_that_goes_away_cancels_the_calls(weir, upstream, tmp_path, kind, leave):
    log = tmp_path / "access.log"
    gate = make(weir, upstream, arguments=["--access-log", log])
    gate.echo.on("/n/{n}", hang())
    c = gate.connect()
    c.send(f"GET {kind} HTTP/1.1\r\nHost: x\r\n\r\n")
    request = gate.echo.wait_for(1)[0]
    getattr(c, leave)()
    gate.echo.wait_cancelled(request, timeout=2 * SLOWER)
    end = time.monotonic() + 3 * SLOWER
    while not (lines := access_lines(gate, log)):
        assert time.monotonic() < end, "no access line"
        time.sleep(0.02)
    assert lines[0]["status"] == 499, lines
    assert lines[0]["cause"] == "client_gone", lines
    # That is no failure of the service.
    assert gate.circuit("echo")["failures"] == 0


def test_row_26_a_client_that_leaves_during_its_upload(gate):
    c = gate.connect()
    c.send("POST /pass HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\nabc")
    time.sleep(0.1)
    c.reset()
    time.sleep(0.2)
    for request in gate.echo.seen():
        gate.echo.wait_cancelled(request)
    assert gate.get("/hello").status == 200


@pytest.mark.parametrize("leave", ["before the answer", "during the upload"])
def test_row_26_an_attempt_whose_client_left_is_counted_once_and_as_nobody_s_failure(gate, leave):
    gate.echo.on("/n/{n}", hang()).on("POST /pass", hang(), stream_body=True)
    c = gate.connect()
    if leave == "during the upload":
        c.send("POST /pass HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\nabc")
    else:
        c.send("GET /n/1 HTTP/1.1\r\nHost: x\r\n\r\n")
    request = gate.echo.wait_for(1)[0]
    c.reset()
    gate.echo.wait_cancelled(request)
    calls = "weir_circuitbreaker_calls_seconds_count"
    wait_for(lambda: gate.metrics().sum(calls, name="echo") == 1, 5 * SLOWER, "the attempt to be counted")
    assert gate.metrics().value(calls, name="echo", kind="ignored") == 1
    assert gate.metrics().sum("http_client_request_duration_seconds_count", error_type="response_timeout") == 0
    assert gate.circuit("echo")["failures"] == 0


def test_row_19_an_answer_that_its_client_does_not_take_is_one_attempt(weir, upstream):
    total = 48 << 20  # more than the kernel holds for both

    def large(x):
        x.send(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % total)
        x.send_while_wanted(b"x" * 65536, most=total)

    gate = make(weir, upstream, deadline="deadline: 500ms, ")
    gate.echo.on("POST /pass", large)
    with gate.connect(receive_buffer=4096) as c:
        c.send("POST /pass HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n")
        wait_for(lambda: gate.metrics().sum("http_server_request_duration_seconds_count") == 1, 5, "the deadline")
    assert gate.metrics().sum("http_client_request_duration_seconds_count", weir_service="echo") == 1


def test_row_26_a_client_that_leaves_in_the_middle_of_a_streamed_answer(gate):
    gate.echo.on("/n/{n}", lambda x: (x.send(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n"), x.hang()))
    with gate.connect() as c:
        c.send("GET /n/1 HTTP/1.1\r\nHost: x\r\n\r\n")
        c.read_until(b"hello")
    gate.echo.wait_cancelled(gate.echo.last)


# 27


def test_row_27_too_many_connections(weir, upstream):
    gate = make(weir, upstream, "{connections: 10}", arguments=["--workers", "1"])
    request = format_request("GET", "/hello", host="x")
    held = []
    served = []
    waiting = []
    try:
        for _ in range(30):
            c = Connection(gate.port, timeout=5 * SLOWER)
            held.append(c)
            c.try_send(request)
        for c in held:
            if c.readable(0.3 if not waiting else 0.01):
                answer = c.read_response()
                assert answer.status in (200, 503), answer
                if answer.status == 200:
                    served.append(c)
                else:
                    assert c.ending() in ("closed", "reset")
            else:
                waiting.append(c)
        assert 8 <= len(served) <= 10, f"{len(served)} served at once"
        # The admin listener is not starved, and room that is made is used.
        assert gate.admin("GET", "/livez").status == 200
        for c in served:
            c.close()
        for c in waiting[:8]:
            assert c.read_response().status == 200
    finally:
        for c in held:
            c.close()
    assert gate.get("/hello").status == 200
