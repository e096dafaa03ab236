"""Rows 35–38: answers that are too much, too late, or nobody asked for."""

import json
import time

import pytest
from support.expect import partial, traced_problem
from support.one_service import ROUTES, make
from support.upstream import in_turn, json_reply, raw
from support.weir_process import SLOWER

# 35


def test_row_35_an_answer_over_the_size_limit(weir, upstream):
    up = upstream().always(json_reply("x" * 100_000))
    gate = weir("limits: {response: 64KiB}\n" + ROUTES.replace("\n    ", "\n"), a=up)
    traced_problem(gate.get("/required"), 502, step="x")
    assert partial(gate.get("/optional")) == {"x": "too_large"}
    assert gate.circuit("a")["failures"] == 2
    # What is streamed through is not held, and has no such limit.
    assert len(gate.get("/proxied").body) == 100_002


@pytest.mark.parametrize("framing", ["chunked", "length", "close"])
def test_row_35_an_answer_without_end_costs_bounded_memory(weir, upstream, framing):
    def endless(x):
        piece = b" " * 65536
        x.send({"chunked": "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n",
                "length": "HTTP/1.1 200 OK\r\nContent-Length: 100000000000\r\n\r\n",
                "close": "HTTP/1.0 200 OK\r\n\r\n"}[framing])
        x.send_while_wanted(b"10000\r\n" + piece + b"\r\n" if framing == "chunked" else piece)
        x.close()

    up = upstream().always(endless)
    gate = make(weir, up)
    before = gate.resident_bytes()
    traced_problem(gate.get("/required"), 502, step="x")
    assert partial(gate.get("/optional")) == {"x": "too_large"}
    assert gate.grew_since(before) < 40 << 20


def test_row_35_answers_that_are_each_small_enough_and_together_too_much(weir, upstream):
    body = json.dumps("x" * (7 << 20))
    up = upstream().on("/n/{n}", lambda x: x.send(f"HTTP/1.1 200 OK\r\nContent-Length: {len(body)}\r\n\r\n{body}"))
    gate = weir("""
        services: {a: {url: <a>, timeout: 10s}}
        routes:
          GET /few:
            steps: {few: {value: [1, 2, 3, 4]}, x: {each: few as n, get: "a/n/${n}", take: "${body.size()}"}}
            reply: ${x}
          GET /many:
            steps: {many: {value: [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]}, x: {each: many as n, get: "a/n/${n}", take: "${body.size()}", default: 0}}
            reply: ${x}
        """, a=up)
    assert gate.get("/few").json() == [7 << 20] * 4
    many = gate.get("/many")
    assert partial(many) == {"x": "too_large"}
    assert 0 < many.json().count(0) < 12


@pytest.mark.parametrize("text", ["[" * 10_000 + "]" * 10_000, '{"a":' * 10_000 + "1" + "}" * 10_000, "[" * 1_000_000],
                         ids=["lists", "objects", "never_closed"])
def test_row_35_json_nested_too_deep(weir, upstream, text):
    gate = make(weir, upstream().always(raw(f"HTTP/1.1 200 OK\r\nContent-Length: {len(text)}\r\n\r\n{text}")))
    traced_problem(gate.get("/required"), 502, step="x")
    assert partial(gate.get("/optional"))["x"] in ("too_large", "not_json")
    assert gate.circuit("a")["failures"] == 2


def test_row_35_json_nested_within_the_limit(weir, upstream):
    text = "[" * 400 + "]" * 400
    gate = make(weir, upstream().always(raw(f"HTTP/1.1 200 OK\r\nContent-Length: {len(text)}\r\n\r\n{text}")))
    assert gate.get("/required").text == '{"x":' + text + "}"


@pytest.mark.parametrize("text", [b'"\xff"', b'"\xc3"', b'"\xed\xa0\x80"', b'"\xc0\xaf"', b'{"a\xfe": 1}', b'"\xf4\x90\x80\x80"'])
def test_row_35_invalid_utf_8(weir, upstream, text):
    gate = make(weir, upstream().always(raw(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (len(text), text))))
    traced_problem(gate.get("/required"), 502, step="x")
    assert partial(gate.get("/optional")) == {"x": "not_json"}
    assert gate.circuit("a")["failures"] == 2
    assert gate.get("/proxied").body == text


# 36


@pytest.mark.parametrize("kind", ["silence", "half_a_head", "half_a_body"])
def test_row_36_no_answer_in_time(weir, upstream, kind):
    start = {"silence": "", "half_a_head": "HTTP/1.1 200 OK\r\nContent-", "half_a_body": "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n[1"}
    up = upstream().always(lambda x: (x.send(start[kind]), x.hang()))
    gate = weir(ROUTES.replace("timeout: 2s", "timeout: 400ms"), a=up)
    started = time.monotonic()
    traced_problem(gate.get("/required"), 504, step="x", proxy_status="http_response_timeout", leaks=[up.port])
    assert 0.35 <= time.monotonic() - started < 0.4 + 0.8 * SLOWER
    assert partial(gate.get("/optional")) == {"x": "response_timeout"}
    for request in up.seen():
        up.wait_cancelled(request)
    assert gate.circuit("a")["failures"] == 2


@pytest.mark.parametrize("start", ["", "HTTP/1.1 200 OK\r\nContent-"])
def test_row_36_a_proxy_gets_no_head_in_time(weir, upstream, start):
    up = upstream().always(lambda x: (x.send(start), x.hang()))
    gate = weir(ROUTES.replace("timeout: 2s", "timeout: 400ms"), a=up)
    traced_problem(gate.get("/proxied"), 504, proxy_status="http_response_timeout")


# 37


@pytest.mark.parametrize("head, method", [
    ("HTTP/1.1 204 No Content\r\nContent-Length: 5\r\n\r\nhello", "GET"),
    ("HTTP/1.1 204 No Content\r\n\r\nhello", "GET"),
    ("HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\n\r\nhello", "GET"),
    ("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello", "HEAD"),
    ("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n", "HEAD"),
])
def test_row_37_a_body_where_none_may_be(weir, upstream, head, method):
    up = upstream().always(in_turn(raw(head), json_reply("clean")))
    gate = make(weir, up, arguments=["--workers", "1"])
    first = gate.request(method, "/passed")
    assert first.status == int(head[9:12])
    assert first.body == b""
    time.sleep(0.05)
    assert gate.get("/passed").json() == "clean"
    assert [r.connection for r in up.seen()] == [1, 2]


@pytest.mark.parametrize("pause", [0.0, 0.1])
def test_row_37_an_unsolicited_second_answer(weir, upstream, pause):
    evil = "HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\n\"evil\""

    def twice(x):
        json_reply("first")(x)
        if pause:
            x.sleep(pause)
        x.send(evil)

    up = upstream().always(in_turn(twice, json_reply("second")))
    gate = make(weir, up, arguments=["--workers", "1"])
    assert gate.get("/required").json() == {"x": "first"}
    time.sleep(0.1 + pause)
    assert gate.get("/required").json() == {"x": "second"}
    assert [r.connection for r in up.seen()] == [1, 2]


def test_row_37_bytes_beyond_the_declared_length(weir, upstream):
    up = upstream().always(in_turn(raw("HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n1234"), json_reply(2)))
    gate = make(weir, up, arguments=["--workers", "1"])
    assert gate.get("/required").json() == {"x": 1}
    assert gate.get("/required").json() == {"x": 2}
    assert [r.connection for r in up.seen()] == [1, 2]


def test_row_37_an_unsolicited_answer_behind_one_that_fills_the_buffer(weir, upstream):
    body = b'"' + b"y" * 64998 + b'"'
    head = b"HTTP/1.1 200 OK\r\nContent-Length: 65000\r\nX: "
    whole = head + b"x" * (65536 - len(head) - len(body) - 4) + b"\r\n\r\n" + body

    def fills(x):
        x.sleep(0.1)
        x.send(whole + b"HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\n\"evil\"")

    up = upstream().on("/full", fills).on("/next", json_reply("good"))
    gate = weir("""
        services: {a: {url: <a>, connections: 1}}
        routes:
          GET /:
            steps:
              full: {get: a/full}
              next: {get: a/next}
            reply: ${next}
        """, a=up, arguments=["--workers", "1"])
    assert gate.get("/").json() == "good"


def test_row_37_a_body_that_a_204_announced_comes_too_late_to_be_an_answer(weir, upstream):
    def late(x):
        x.send("HTTP/1.1 204 No Content\r\nContent-Length: 5\r\n\r\n")
        x.sleep(0.3)
        x.send("hello")

    up = upstream().always(in_turn(late, json_reply(2, delay=0.5)))
    gate = make(weir, up, arguments=["--workers", "1"])
    assert gate.get("/proxied").status == 204
    assert gate.get("/proxied").json() == 2
    assert up.connections == 2


# 38


def test_row_38_an_endless_row_of_interim_answers(weir, upstream):
    def endless(x):
        x.send_while_wanted(b"HTTP/1.1 103 Early Hints\r\nLink: <a>\r\n\r\n", pause=0.001)
        x.close()

    gate = make(weir, upstream().always(endless))
    for route in ("/required", "/proxied"):
        started = time.monotonic()
        traced_problem(gate.get(route), 502)
        assert time.monotonic() - started < 1.5 * SLOWER


def test_row_38_a_few_interim_answers_are_fine(weir, upstream):
    few = "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: <a>\r\n\r\n"
    gate = make(weir, upstream().always(raw(few + "HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n1")))
    assert gate.get("/required").json() == {"x": 1}
    assert gate.get("/proxied").body == b"1"


def test_row_38_an_unsolicited_101(weir, upstream):
    gate = make(weir, upstream().always(raw("HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\nhello")))
    for route in ("/required", "/proxied"):
        traced_problem(gate.get(route), 502)


def test_a_service_may_close_after_its_answer(weir, upstream):
    up = upstream().always(raw("HTTP/1.0 200 OK\r\n\r\n[1,2]", end="close"))
    gate = make(weir, up)
    for _ in range(3):
        assert gate.get("/required").json() == {"x": [1, 2]}
        assert gate.get("/proxied").body == b"[1,2]"
    assert gate.circuit("a")["failures"] == 0
