"""Rows 11–14, 21, 22, 24 and 25: request lines, methods, versions, sizes, and what may be stripped."""

import pytest
from support.expect import problem, refused
from support.raw_client import Connection
from support.upstream import json_reply


@pytest.fixture
def gate(weir, upstream):
    echo = upstream().always(lambda x: json_reply({"target": x.request.target})(x))
    one = weir("""
        services: {echo: <echo>}
        routes:
          GET /hello: {reply: {hello: world}}
          POST /pass: {proxy: echo}
          GET /public/{name}: {proxy: echo}
          GET /secret: {reply: {secret: true}}
        """, echo=echo)
    one.echo = echo
    yield one
    assert one.get("/hello").json() == {"hello": "world"}


def test_row_11_absolute_form_of_the_same_authority(gate):
    with gate.connect() as c:
        c.send("GET http://shop.example/hello?x=1 HTTP/1.1\r\nHost: shop.example\r\n\r\n")
        assert c.read_response().json() == {"hello": "world"}


def test_row_11_absolute_form_whose_authority_is_not_the_host(gate):
    with gate.connect() as c:
        c.send("GET http://other.example/hello HTTP/1.1\r\nHost: shop.example\r\n\r\n")
        answer = c.read_response()
    # 400, or the absolute form wins: then the path is the absolute form's.
    assert answer.status == 400 or answer.json() == {"hello": "world"}, answer


@pytest.mark.parametrize("target", ["http:///hello", "http://", "ftp://x/hello", "http://a b/hello", "//x/hello#f"])
def test_row_11_malformed_absolute_forms(gate, target):
    with gate.connect() as c:
        c.send(f"GET {target} HTTP/1.1\r\nHost: x\r\n\r\n")
        problem(c.read_response(), 400)


@pytest.mark.parametrize("target", ["*", "/hello#fragment", "/hello?x#y", "hello", "?x=1", "hello.example:80"])
def test_row_12_targets_of_the_wrong_form(gate, target):
    refused(gate.port, f"GET {target} HTTP/1.1\r\nHost: x\r\n\r\n", 400, closed=False)


@pytest.mark.parametrize("line", [
    b"GET  /hello HTTP/1.1", b"GET /hello  HTTP/1.1", b"GET /hel lo HTTP/1.1", b"GET\t/hello HTTP/1.1",
    b" GET /hello HTTP/1.1", b"GET /hello HTTP/1.1 ", b"GET /he\x00llo HTTP/1.1", b"GET /he\x7fllo HTTP/1.1",
    b"GET /h\xc3\xa4 HTTP/1.1", b"G(T /hello HTTP/1.1", b"GET /hello HTTP/1.1\r",
])
def test_row_12_malformed_request_lines(gate, line):
    refused(gate.port, line + b"\r\nHost: x\r\n\r\n", 400)


@pytest.mark.parametrize("target", ["/hello%", "/hello%2", "/hello%zz", "/public/a%g1"])
def test_row_12_broken_percent_encoding_in_the_path(gate, target):
    refused(gate.port, f"GET {target} HTTP/1.1\r\nHost: x\r\n\r\n", 400, closed=False)
    assert gate.echo.count() == 0


def test_row_13_a_target_that_is_too_long(gate):
    refused(gate.port, f"GET /hello?{'x' * 9000} HTTP/1.1\r\nHost: x\r\n\r\n", 414)


def test_row_13_a_target_without_end(gate):
    refused(gate.port, "GET /" + "x" * 200_000, 414)


def test_row_13_a_target_within_the_limit(gate):
    assert gate.get("/hello?" + "x" * 8000).status == 200


def test_row_13_the_limit_is_configurable(weir):
    gate = weir("""
        limits: {target: 1KiB}
        routes: {GET /hello: {reply: hi}}
        """)
    assert gate.get("/hello?" + "x" * 900).status == 200
    refused(gate.port, f"GET /hello?{'x' * 1100} HTTP/1.1\r\nHost: x\r\n\r\n", 414)


def test_row_14_too_many_headers(gate):
    lines = "".join(f"X-{n}: y\r\n" for n in range(150))
    refused(gate.port, f"GET /hello HTTP/1.1\r\nHost: x\r\n{lines}\r\n", 431)


def test_row_14_ninety_headers_are_fine(gate):
    assert gate.get("/hello", {f"X-{n}": "y" for n in range(90)}).status == 200


@pytest.mark.parametrize("lines", ["X: " + "y" * 40_000, "x" * 40_000 + ": y", "\r\n".join(["X: " + "y" * 2000] * 30)],
                         ids=["value", "name", "together"])
def test_row_14_headers_too_large(gate, lines):
    refused(gate.port, f"GET /hello HTTP/1.1\r\nHost: x\r\n{lines}\r\n\r\n", 431)


def test_row_14_headers_without_end(gate):
    refused(gate.port, "GET /hello HTTP/1.1\r\nHost: x\r\nX: " + "y" * 300_000, 431)


@pytest.mark.parametrize("trailer", ["X: " + "y" * 100_000, "\r\n".join(f"X-{n}: y" for n in range(2000))],
                         ids=["large", "many"])
def test_row_14_a_trailer_too_large(gate, trailer):
    head = "POST /pass HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
    refused(gate.port, head + f"2\r\nhi\r\n0\r\n{trailer}\r\n\r\n", 400)


@pytest.mark.parametrize("trailer", ["Content-Length: 5", "Host: y", "Transfer-Encoding: chunked", "Bad : x"])
def test_row_14_a_trailer_never_changes_the_message(gate, trailer):
    head = "POST /pass HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
    with gate.connect() as c:
        c.send(head + f"2\r\nhi\r\n0\r\n{trailer}\r\n\r\n")
        answer = c.read_response()
    assert answer.status in (200, 400), answer
    for request in gate.echo.seen():
        assert request.trailers.names() == []
        assert request.headers.get("Host") == gate.echo.address


@pytest.mark.parametrize("method", ["BREW", "get", "GETS", "X-Y"])
def test_row_21_an_unknown_method(gate, method):
    refused(gate.port, f"{method} /hello HTTP/1.1\r\nHost: x\r\n\r\n", 501, closed=False)


@pytest.mark.parametrize("line", ["CONNECT example.org:443", "CONNECT x:80", "TRACE /hello", "TRACE /public/a"])
def test_row_21_connect_and_trace(gate, line):
    refused(gate.port, f"{line} HTTP/1.1\r\nHost: x\r\n\r\n", 405, closed=False)
    assert gate.echo.count() == 0


def test_row_21_a_method_the_route_does_not_have_names_those_it_has(gate):
    answer = gate.request("DELETE", "/hello")
    problem(answer, 405)
    allowed = {m.strip() for m in answer.headers["Allow"].split(",")}
    assert {"GET", "HEAD"} <= allowed and "DELETE" not in allowed


@pytest.mark.parametrize("data", ["GET /hello\r\n", "GET /hello\r\n\r\n", "GET /hello HTTP/0.9\r\nHost: x\r\n\r\n"])
def test_row_22_http_0_9(gate, data):
    with Connection(gate.port) as c:
        c.send(data)
        answer = c.read_response()
        # HTTP/0.9 in so many words is a version that is not supported.
        assert answer.status == 400 or (answer.status == 505 and "0.9" in data), answer
        assert c.ending() in ("closed", "reset")


@pytest.mark.parametrize("version, status", [
    ("HTTP/2.0", 505), ("HTTP/3.0", 505), ("HTTP/2", 400), ("http/1.1", 400), ("HTTP/1.1.1", 400), ("HTTP/11", 400),
    ("HTTX/1.1", 400), ("HTTP/1.", 400), ("HTTP/a.b", 400), ("HTTP /1.1", 400),
])
def test_row_22_versions(gate, version, status):
    refused(gate.port, f"GET /hello {version}\r\nHost: x\r\n\r\n", status)


def test_row_22_the_http_2_preface(gate):
    with Connection(gate.port) as c:
        c.send("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n")
        assert c.read_response().status in (400, 505)
        assert c.ending() in ("closed", "reset")


def test_row_24_protected_fields_are_never_stripped(gate):
    gate.get("/public/a", {"Connection": "host, authorization, content-type, x-own, close",
                           "Authorization": "Bearer t", "Content-Type": "a/b", "X-Own": "1", "X-Other": "2"})
    seen = gate.echo.last.headers
    assert seen.get("Authorization") == "Bearer t"
    assert seen.get("Host") == gate.echo.address
    assert "X-Own" not in seen
    assert seen.get("X-Other") == "2"


def test_row_24_a_body_keeps_its_framing(gate):
    with gate.connect() as c:
        c.send("POST /pass HTTP/1.1\r\nHost: x\r\nConnection: content-length, cookie\r\nCookie: a=b\r\nContent-Length: 5\r\n\r\nhello")
        assert c.read_response().status == 200
    assert gate.echo.last.body == b"hello"


def test_row_24_hop_by_hop_fields_stay_here(gate):
    gate.get("/public/a", {"Keep-Alive": "timeout=5", "TE": "trailers", "Upgrade": "websocket",
                           "Proxy-Connection": "keep-alive", "Proxy-Authorization": "Basic x"})
    seen = gate.echo.last.headers
    for name in ("Keep-Alive", "TE", "Upgrade", "Proxy-Connection", "Proxy-Authorization"):
        assert name not in seen, seen


def test_row_24_what_a_second_connection_field_names_stays_here_too(gate):
    with gate.connect() as c:
        c.send("GET /public/a HTTP/1.1\r\nHost: x\r\nConnection: keep-alive\r\nConnection: x-first, x-second\r\n"
               "X-First: 1\r\nX-Second: 2\r\nX-Third: 3\r\n\r\n")
        assert c.read_response().status == 200
    seen = gate.echo.last.headers
    assert "X-First" not in seen and "X-Second" not in seen and seen["X-Third"] == "3", seen


@pytest.mark.parametrize("path", [
    "/public/../secret", "/public/%2e%2e/secret", "/public/%2E%2e/secret", "/public/.%2e/secret",
    "/public/a/../../secret", "/./public/%2e./secret",
])
def test_row_25_dot_segments_are_normalised_before_routing_or_refused(gate, path):
    answer = gate.get(path)
    assert answer.status == 400 or answer.json() == {"secret": True}, answer
    assert gate.echo.count() == 0


@pytest.mark.parametrize("path", ["/public/%2e%2e", "/public/..", "/public/%2e", "/public/."])
def test_row_25_a_dot_segment_is_no_parameter(gate, path):
    assert gate.get(path).status in (400, 404)
    assert gate.echo.count() == 0


@pytest.mark.parametrize("path", ["/public/a%00b", "/hello%00", "/%00"])
def test_row_25_a_nul_in_the_path(gate, path):
    assert gate.get(path).status in (400, 404)
    assert gate.echo.count() == 0


@pytest.mark.parametrize("path", ["/public/a%2fb", "/public/..%2fsecret", "/public/%2e%2e%2fsecret", "/public/a%2F..%2F..%2Fsecret"])
def test_row_25_an_encoded_slash_never_becomes_a_separator(gate, path):
    answer = gate.get(path)
    if answer.status == 200:
        target = answer.json()["target"].lower()
        assert target.startswith("/public/") and "%2f" in target and target.count("/") == 2, target
    else:
        assert answer.status in (400, 404), answer
        assert gate.echo.count() == 0


@pytest.mark.parametrize("path", ["/%73ecret", "/secre%74"])
def test_row_25_encoded_letters_are_letters(gate, path):
    assert gate.get(path).json() == {"secret": True}
