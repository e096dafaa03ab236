"""Pass-through streams both ways, with back-pressure, and keeps connections."""

import socket
import threading
import time

import pytest
from support.expect import traced_problem
from support.raw_client import format_request
from support.upstream import json_reply, status, text_reply
from support.weir_process import SLOWER

CONFIG = """
    %s
    services: {a: <a>}
    routes:
      POST /whole/{x}: {deadline: 60s, proxy: a}
      GET /plain: {deadline: 60s, proxy: a/plain}
    """


@pytest.fixture
def gate(weir, upstream):
    up = upstream().always(lambda x: json_reply({"target": x.request.target})(x))
    one = weir(CONFIG % "", a=up)
    one.up = up
    return one


def test_the_first_event_arrives_before_the_stream_ends(gate):
    go = threading.Event()

    def events(x):
        x.send("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n")
        for n in range(3):
            x.send(f"b\r\ndata: ev {n}\n\r\n")
            go.wait(5)
            go.clear()
        x.send("0\r\n\r\n")

    gate.up.always(events)
    with gate.connect() as c:
        c.send(format_request("GET", "/plain", {"Accept": "text/event-stream"}, host="x"))
        head = c.read_head()
        assert head.headers["Content-Type"] == "text/event-stream"
        pieces = c.body_pieces(head)
        for n in range(3):
            got = b""
            while len(got) < 11:
                got += next(pieces)
            assert got == f"data: ev {n}\n".encode()
            go.set()
        assert list(pieces) == []


def test_a_stream_until_close_is_streamed_too(gate):
    go = threading.Event()

    def events(x):
        x.send("HTTP/1.0 200 OK\r\nContent-Type: text/event-stream\r\n\r\nfirst\n")
        go.wait(5)
        x.send("last\n")
        x.close()

    gate.up.always(events)
    with gate.connect() as c:
        c.send(format_request("GET", "/plain", host="x"))
        head = c.read_head()
        pieces = c.body_pieces(head)
        assert next(pieces) == b"first\n"
        go.set()
        assert b"".join(pieces) == b"last\n"


def test_an_upload_arrives_before_it_ends(gate):
    seen = []
    arrived = threading.Event()

    def upload(x):
        for piece in x.body_pieces():
            seen.append(piece)
            arrived.set()
        json_reply({"bytes": sum(map(len, seen))})(x)

    gate.up.on("POST /whole/up", upload, stream_body=True)
    with gate.connect() as c:
        c.send("POST /whole/up HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n")
        assert arrived.wait(3), "the first piece waits for the last"
        assert seen[0] == b"hello"
        c.send("6\r\n world\r\n0\r\n\r\n")
        assert c.read_response().json() == {"bytes": 11}


@pytest.mark.parametrize("framing", ["length", "chunked"])
def test_a_large_upload_and_a_large_download(gate, framing):
    size = 900_000
    gate.up.on("POST /whole/up", lambda x: x.send(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(x.request.body) + x.request.body))
    body = bytes(range(256)) * (size // 256)
    with gate.connect() as c:
        if framing == "length":
            c.send(f"POST /whole/up HTTP/1.1\r\nHost: x\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body)
        else:
            c.send("POST /whole/up HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n")
            for at in range(0, len(body), 7000):
                piece = body[at : at + 7000]
                c.send(b"%x\r\n" % len(piece) + piece + b"\r\n")
            c.send("0\r\n\r\n")
        assert c.read_response().body == body


def test_back_pressure_of_a_slow_client_reaches_the_service(gate):
    total = 48 << 20  # more than the kernel holds for both
    sent = []

    def big(x):
        x.send(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % total)
        x.request.sent = 0
        x.send_while_wanted(b"x" * 65536, most=total)
        sent.append(x.request.sent)

    gate.up.always(big)
    before = gate.resident_bytes()
    with gate.connect(timeout=30) as c:
        c.send(format_request("GET", "/plain", host="x"))
        head = c.read_head()
        time.sleep(1)
        assert not sent, "the whole answer was taken in although the client reads nothing"
        assert gate.grew_since(before) < 8 << 20
        assert sum(len(p) for p in c.body_pieces(head)) == total


def test_back_pressure_of_a_slow_service_reaches_the_client(weir, upstream):
    go = threading.Event()

    def slow(x):
        x.wait(go)
        json_reply({"bytes": sum(len(piece) for piece in x.body_pieces())})(x)

    up = upstream().on("POST /whole/up", slow, stream_body=True)
    gate = weir("limits: {body: 64MiB}\n" + (CONFIG % "").replace("\n    ", "\n"), a=up)
    before = gate.resident_bytes()
    with gate.connect(timeout=30) as c:
        c.send(f"POST /whole/up HTTP/1.1\r\nHost: x\r\nContent-Length: {48 << 20}\r\n\r\n")
        done = threading.Event()
        threading.Thread(target=lambda: (c.sock.sendall(b"x" * (48 << 20)), done.set()), daemon=True).start()
        assert not done.wait(1), "the whole upload was taken in although the service reads nothing"
        assert gate.grew_since(before) < 8 << 20
        go.set()
        assert c.read_response().json() == {"bytes": 48 << 20}


SLOW = """
    limits: {body_timeout: 50s, body_least_rate: 0}
    services: {a: {url: <a>, timeout: 700ms, breaker: {trip: {in_a_row: 9}, open: 1s}}}
    routes:
      POST /whole/{x}: {deadline: 20s, proxy: a}
      GET /plain: {deadline: 20s, proxy: a/plain}
    """


def test_a_slow_upload_is_no_failure_of_the_service(weir, upstream):
    up = upstream().always(lambda x: json_reply({"bytes": len(x.request.body)})(x))
    gate = weir(SLOW, a=up)
    with gate.connect() as c:
        c.send("POST /whole/up HTTP/1.1\r\nHost: x\r\nContent-Length: 20\r\n\r\n")
        c.send_slowly(b"x" * 20, pause=0.1)
        answer = c.read_response()
    assert answer.status in (200, 408), answer
    assert gate.circuit("a")["failures"] == 0


def test_a_slow_download_is_no_failure_of_the_service(weir, upstream):
    size = 12 << 20
    up = upstream().always(lambda x: x.send(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % size + b"x" * size))
    gate = weir(SLOW, a=up)
    with gate.connect(receive_buffer=16384) as c:
        c.send(format_request("GET", "/plain", host="x"))
        c.read_head()
        time.sleep(1.5)
        c.ending(timeout=0.5)
    assert gate.circuit("a")["failures"] == 0


# The longest silence, and the pause between two bytes: the service here is Python, and must get its
# turn within the one.
SILENT = 0.4 * SLOWER
PAUSE = SILENT / 4
SILENCE = """
    services: {a: {url: <a>, attempt_timeout: %dms, breaker: {trip: {in_a_row: 9}, open: 1s}}}
    routes:
      POST /whole/{x}: {deadline: 60s, proxy: a}
      GET /plain: {deadline: 60s, proxy: a/plain}
    """ % (1000 * SILENT)


def test_a_transfer_may_take_longer_than_an_attempt_while_bytes_move(weir, upstream):
    def steady(x):
        x.send("HTTP/1.1 200 OK\r\nContent-Length: 12\r\n\r\n")
        for _ in range(12):
            time.sleep(PAUSE)
            x.send("x")

    gate = weir(SILENCE, a=upstream().always(steady))
    answer = gate.get("/plain")
    assert answer.text == "x" * 12 and answer.seconds > 1


def test_an_upload_may_take_longer_than_an_attempt_while_bytes_move(weir, upstream):
    up = upstream().always(lambda x: json_reply({"bytes": len(x.request.body)})(x))
    gate = weir(SILENCE, a=up)
    with gate.connect() as c:
        c.send("POST /whole/up HTTP/1.1\r\nHost: x\r\nContent-Length: 12\r\n\r\n")
        c.send_slowly(b"x" * 12, pause=PAUSE)
        assert c.read_response().json() == {"bytes": 12}


def test_a_client_that_pauses_is_not_taken_for_a_silent_service(weir, upstream):
    size = 24 << 20
    up = upstream().always(lambda x: x.send(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % size + b"x" * size))
    gate = weir(SILENCE, a=up)
    with gate.connect(receive_buffer=16384) as c:
        c.send(format_request("GET", "/plain", host="x"))
        head = c.read_head()
        time.sleep(3 * SILENT)
        c.sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 20)
        assert sum(len(p) for p in c.body_pieces(head)) == size


def test_a_service_that_falls_silent_within_its_answer_is_cut_and_blamed(weir, upstream):
    def stalls(x):
        x.send("HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\nbegun")
        x.hang()

    gate = weir(SILENCE, a=upstream().always(stalls))
    with gate.connect() as c:
        c.send(format_request("GET", "/plain", host="x"))
        c.read_head()
        assert c.ending(timeout=3 * SLOWER) == "reset"
    assert gate.circuit("a")["failures"] == 1


def test_a_silent_service_still_is(weir, upstream):
    gate = weir(SLOW, a=upstream().always(lambda x: x.hang()))
    assert gate.post("/whole/up", b"body").status == 504
    assert gate.circuit("a")["failures"] == 1


def test_an_early_answer_to_an_upload(gate):
    gate.up.on("POST /whole/up", status(403), stream_body=True)
    with gate.connect() as c:
        c.send("POST /whole/up HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\nbegin")
        assert c.read_response().status == 403


def test_trailers_and_extensions_do_not_confuse_it(gate):
    gate.up.always("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3;ext=1\r\nabc\r\n0\r\nX-Sum: 1\r\n\r\n")
    with gate.connect() as c:
        for _ in range(3):
            assert c.request("GET", "/plain").body == b"abc"


def test_connections_to_a_service_are_kept_and_shared(weir, upstream):
    up = upstream().always(text_reply("x"))
    gate = weir(CONFIG % "", a=up, arguments=["--workers", "1"])
    for _ in range(20):
        gate.get("/plain")
    assert up.connections == 1


def test_a_slow_proxied_head_is_within_the_time_of_the_service(weir, upstream):
    gate = weir("""
        services: {a: {url: <a>, timeout: 300ms}}
        routes: {GET /plain: {proxy: a}}
        """, a=upstream().always(json_reply(1, delay=2)))
    answer = gate.get("/plain")
    traced_problem(answer, 504, proxy_status="http_response_timeout")
    assert answer.seconds < 1.2 * SLOWER
