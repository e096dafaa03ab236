"""Pass-through: what goes up, what comes down, and that it streams both ways."""

import threading
import time

import pytest
from support.expect import problem, traced_problem
from support.raw_client import format_request
from support.upstream import chunked, json_reply, respond, status, text_reply
from support.weir_process import SLOWER

CONFIG = """
    %s
    services:
      a: {url: <a>, headers: {X-Configured: ours, X-Replaced: ours}}
    routes:
      GET /whole/{x}: {proxy: a}
      POST /whole/{x}: {proxy: a}
      PUT /whole/{x}: {proxy: a}
      DELETE /whole/{x}: {proxy: a}
      PATCH /whole/{x}: {proxy: a}
      GET /exact/{x}: {proxy: "a/other/${path.x}?fixed=1&u=${query.u}"}
      GET /query: {proxy: "a/q?${request.query}"}
      GET /plain: {proxy: a/plain}
      GET /composed:
        steps:
          x: {get: a/x, forward: [x-request-tag, cookie]}
        reply: ${x}
      GET /bare:
        steps:
          x: {get: a/x}
        reply: ${x}
    """


@pytest.fixture
def gate(weir, upstream):
    up = upstream().always(lambda x: json_reply({"target": x.request.target})(x))
    one = weir(CONFIG % "", a=up)
    one.up = up
    return one


# What goes up


def test_a_whole_request_goes_with_its_path_and_query(gate):
    assert gate.get("/whole/a%20b?x=1&y=%2F&z").json()["target"] == "/whole/a%20b?x=1&y=%2F&z"
    assert gate.get("/whole/a?").json()["target"] in ("/whole/a?", "/whole/a")


def test_a_target_goes_exactly_and_the_clients_query_stays_here(gate):
    assert gate.get("/exact/a%20b?u=v&w=x").json()["target"] == "/other/a%20b?fixed=1&u=v"
    assert gate.get("/exact/a").json()["target"] == "/other/a?fixed=1"
    assert gate.get("/plain?x=1").json()["target"] == "/plain"


def test_the_clients_query_goes_along_where_it_is_asked_for(gate):
    assert gate.get("/query?x=1&y=%20").json()["target"] == "/q?x=1&y=%20"
    assert gate.get("/query").json()["target"] in ("/q", "/q?")


def test_the_clients_query_beside_the_templates_own_is_refused_at_load(command, config_file):
    done = command("check", config_file("""
        services: {a: "http://127.0.0.1:1"}
        routes: {GET /: {proxy: "a/x?mine=1&${request.query}"}}
        """))
    assert done.code == 78, done
    assert "request.query" in done.out + done.err or "client's query" in done.out + done.err, done


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
def test_methods_and_bodies_go_up(gate, method):
    assert gate.request(method, "/whole/x", {"Content-Type": "text/x"}, b"body \x00\xff").status == 200
    seen = gate.up.last
    assert (seen.method, seen.body, seen.headers["Content-Type"]) == (method, b"body \x00\xff", "text/x")


def test_end_to_end_headers_go_up_and_host_becomes_the_services(gate):
    gate.get("/whole/x", [("Host", "shop.example"), ("Accept", "a/b"), ("X-Many", "1"), ("X-Many", "2"), ("Cookie", "a=b"),
                          ("Authorization", "Bearer t"), ("User-Agent", "test"), ("Accept-Encoding", "gzip"), ("Range", "bytes=0-1")])
    seen = gate.up.last.headers
    assert seen.all("Host") == [gate.up.address]
    assert seen.all("X-Many") == ["1", "2"]
    for name, value in (("Accept", "a/b"), ("Cookie", "a=b"), ("Authorization", "Bearer t"), ("User-Agent", "test"),
                        ("Accept-Encoding", "gzip"), ("Range", "bytes=0-1")):
        assert seen.all(name) == [value]


def test_configured_headers_replace_the_clients(gate):
    gate.get("/whole/x", {"x-replaced": "theirs"})
    assert gate.up.last.headers.all("X-Replaced") == ["ours"]
    assert gate.up.last.headers.all("X-Configured") == ["ours"]


def test_composed_calls_send_no_header_of_the_client(gate):
    gate.get("/bare", {"Cookie": "a=b", "Authorization": "Bearer t", "X-Request-Tag": "1", "Accept-Language": "de", "User-Agent": "me"})
    seen = gate.up.last.headers
    for name in ("Cookie", "Authorization", "X-Request-Tag", "Accept-Language", "X-Forwarded-For", "Forwarded"):
        assert name not in seen, seen
    assert seen.get("User-Agent") != "me"
    assert seen["X-Configured"] == "ours"
    assert seen["Host"] == gate.up.address


def test_composed_calls_send_what_forward_names(gate):
    gate.get("/composed", [("Cookie", "a=b"), ("Authorization", "Bearer t"), ("X-Request-Tag", "1"), ("X-Request-Tag", "2")])
    seen = gate.up.last.headers
    assert seen["Cookie"] == "a=b"
    assert seen.all("X-Request-Tag") in (["1", "2"], ["1, 2"])
    assert "Authorization" not in seen


TRACE = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"


@pytest.mark.parametrize("route", ["/whole/x", "/bare"])
def test_the_trace_goes_on_with_a_span_for_each_attempt(gate, route):
    gate.get(route, {"traceparent": TRACE})
    gate.get(route, {"traceparent": TRACE})
    first, second = (r.headers.all("traceparent") for r in gate.up.seen())
    assert len(first) == len(second) == 1
    version, trace, span, flags = first[0].split("-")
    assert (version, trace, flags) == ("00", "4bf92f3577b34da6a3ce929d0e0e4736", "01")
    assert span != "00f067aa0ba902b7" and len(span) == 16
    assert first != second


@pytest.mark.parametrize("route", ["/whole/x", "/bare"])
@pytest.mark.parametrize("given", [None, "junk", "00-00000000000000000000000000000000-00f067aa0ba902b7-01", TRACE.upper(), TRACE[:-1]])
def test_without_a_sound_trace_a_new_one_begins(gate, route, given):
    gate.get(route, {"traceparent": given} if given else {})
    trace = gate.up.last.headers.all("traceparent")
    assert len(trace) == 1
    _, number, span, _ = trace[0].split("-")
    assert len(number) == 32 and int(number, 16) and int(span, 16)
    assert number != "4bf92f3577b34da6a3ce929d0e0e4736"


def test_forwarded_fields_of_anybody_are_replaced(gate):
    gate.get("/whole/x", {"X-Forwarded-For": "1.2.3.4", "X-Forwarded-Proto": "https", "Forwarded": "for=1.2.3.4", "X-Forwarded-Host": "evil"})
    seen = gate.up.last.headers
    assert seen.all("X-Forwarded-For") == ["127.0.0.1"]
    everything = repr(seen.pairs)
    assert "1.2.3.4" not in everything and "evil" not in everything


def test_forwarded_fields_of_a_trusted_proxy_count(weir, upstream):
    up = upstream().always(json_reply(1))
    gate = weir(CONFIG % "trusted_proxies: [127.0.0.0/8]", a=up)
    gate.get("/whole/x", {"X-Forwarded-For": "1.2.3.4", "X-Forwarded-Proto": "https"})
    assert up.last.headers["X-Forwarded-For"].replace(" ", "") == "1.2.3.4,127.0.0.1"
    assert up.last.headers["X-Forwarded-Proto"] == "https"


# What comes down


def test_status_reason_headers_and_body_come_down(gate):
    gate.up.always(respond(418, b"\x00short and stout", [("X-Own", "1"), ("Set-Cookie", "a=1"), ("Set-Cookie", "b=2"), ("ETag", '"e"'), ("Server", "theirs"),
                                                         ("Connection", "x-hop"), ("X-Hop", "1"), ("Keep-Alive", "timeout=5")], content_type="x/y"))
    answer = gate.get("/plain")
    assert answer.status == 418
    assert answer.body == b"\x00short and stout"
    assert answer.headers.all("Set-Cookie") == ["a=1", "b=2"]
    for name, value in (("X-Own", "1"), ("ETag", '"e"'), ("Content-Type", "x/y"), ("Server", "theirs")):
        assert answer.headers.all(name) == [value]
    for name in ("X-Hop", "Keep-Alive", "X-Configured"):
        assert name not in answer.headers
    assert len(answer.headers.all("Date")) == 1


@pytest.mark.parametrize("code", [200, 201, 204, 301, 304, 400, 404, 429, 500, 503])
def test_every_status_is_passed_on(gate, code):
    gate.up.always(status(code, headers={"X-Code": str(code)}))
    answer = gate.get("/plain")
    assert answer.status == code and answer.headers["X-Code"] == str(code)


def test_a_length_stays_a_length_and_chunks_stay_chunks(gate):
    assert "Content-Length" in gate.get("/plain").headers
    gate.up.always(chunked(["[1,", "2]"]))
    answer = gate.get("/plain")
    assert answer.headers["Transfer-Encoding"] == "chunked" and answer.body == b"[1,2]"


def test_http_1_0_clients_get_no_chunks(gate):
    gate.up.always(chunked(["[1,", "2]"]))
    with gate.connect() as c:
        c.send("GET /plain HTTP/1.0\r\n\r\n")
        answer = c.read_response()
        assert "Transfer-Encoding" not in answer.headers and answer.body == b"[1,2]"
        assert c.ending() == "closed"


def test_http_1_0_keep_alive(gate):
    with gate.connect() as c:
        for _ in range(2):
            c.send("GET /plain HTTP/1.0\r\nConnection: keep-alive\r\n\r\n")
            answer = c.read_response()
            if answer.headers.get("Connection", "").lower() != "keep-alive":
                assert c.ending() == "closed"
                return


def test_connection_close_is_kept(gate):
    with gate.connect() as c:
        c.send("GET /plain HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        assert c.read_response().headers["Connection"].lower() == "close"
        assert c.ending() == "closed"


# HEAD and OPTIONS


def test_head_is_get_without_its_body(gate):
    with gate.connect() as c:
        for route in ("/bare", "/composed"):
            full = c.request("GET", route)
            head = c.request("HEAD", route)
            assert head.status == 200 and head.body == b""
            assert head.headers["Content-Length"] == full.headers["Content-Length"]
            assert head.headers["Content-Type"] == full.headers["Content-Type"]


def test_a_proxied_head_goes_up_as_head(gate):
    gate.up.always(respond(200, b"hello"))
    with gate.connect() as c:
        head = c.request("HEAD", "/plain")
        assert (head.status, head.headers["Content-Length"]) == (200, "5")
        assert c.request("GET", "/plain").body == b"hello"
    assert [r.method for r in gate.up.seen()] == ["HEAD", "GET"]


def test_options_answers_204_and_allow(gate):
    answer = gate.request("OPTIONS", "/whole/x", {"Origin": "http://page.example", "Access-Control-Request-Method": "GET"})
    assert answer.status == 204
    assert {m.strip() for m in answer.headers["Allow"].split(",")} == {"GET", "HEAD", "POST", "PUT", "DELETE", "PATCH", "OPTIONS"}
    assert not any(name.startswith("access-control") for name in answer.headers.names()), "cors is off until set"
    assert gate.up.count() == 0
    problem(gate.request("OPTIONS", "/nowhere"), 404)


def test_cors_where_it_is_set(weir, upstream):
    gate = weir(CONFIG % 'cors: {origins: ["http://page.example"]}', a=upstream().always(json_reply(1)))
    ours = {"Origin": "http://page.example"}
    assert gate.get("/bare", ours).headers["Access-Control-Allow-Origin"] == "http://page.example"
    pre = gate.request("OPTIONS", "/bare", {**ours, "Access-Control-Request-Method": "GET"})
    assert pre.status == 204 and pre.headers["Access-Control-Allow-Origin"] == "http://page.example"
    assert "Access-Control-Allow-Origin" not in gate.get("/bare", {"Origin": "http://other.example"}).headers


# Streaming


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
        json_reply({"bytes": len(x.request.body)})(x)

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
    total = 64 << 20
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
        assert gate.resident_bytes() - before < 8 << 20
        assert sum(len(p) for p in c.body_pieces(head)) == total


def test_back_pressure_of_a_slow_service_reaches_the_client(weir, upstream):
    go = threading.Event()

    def slow(x):
        x.wait(go)
        for _ in x.body_pieces():
            pass
        json_reply({"bytes": len(x.request.body)})(x)

    up = upstream().on("POST /whole/up", slow, stream_body=True)
    gate = weir("limits: {body: 64MiB}\n" + (CONFIG % "").replace("\n    ", "\n"), a=up)
    before = gate.resident_bytes()
    with gate.connect(timeout=30) as c:
        c.send(f"POST /whole/up HTTP/1.1\r\nHost: x\r\nContent-Length: {48 << 20}\r\n\r\n")
        done = threading.Event()
        threading.Thread(target=lambda: (c.sock.sendall(b"x" * (48 << 20)), done.set()), daemon=True).start()
        assert not done.wait(1), "the whole upload was taken in although the service reads nothing"
        assert gate.resident_bytes() - before < 8 << 20
        go.set()
        assert c.read_response().json() == {"bytes": 48 << 20}


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
