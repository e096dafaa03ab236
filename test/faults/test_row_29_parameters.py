"""Row 29: what a client puts into a path or query parameter stays inside its segment, its value, its
header; it never becomes a further segment, parameter, header or request."""

from urllib.parse import parse_qsl, quote, unquote

import pytest
from support.upstream import json_reply

NASTY = [
    "a\r\nX-Evil: 1", "a\r\n\r\nGET /evil HTTP/1.1\r\nHost: x\r\n\r\n", "a\nb", 'a"b', "a'b", "../../admin", "..\\..\\admin", "a/b",
    "a?b=c", "a#b", "a&b=c", "a=b", "a;b", "a%2fb", "%", "a b", "a+b", "\u00e4\u20ac\U0001f600", "{x}", "${path.id}", "a\\b", "<>|^`",
    "a\tb", "\x7f", "%00", "http://evil.example/", "//evil.example", ":80", "@evil.example",
]


@pytest.fixture
def gate(weir, upstream):
    up = upstream().always(lambda x: json_reply({"ok": True})(x))
    one = weir("""
        services: {up: <up>}
        routes:
          GET /path/{id}:
            steps:
              a: {get: "up/items/${path.id}/end"}
            reply: ${a}
          GET /query:
            steps:
              a: {get: "up/items?fixed=1&q=${query.q}&z=2"}
            reply: ${a}
          GET /map:
            steps:
              a: {get: up/items, query: {q: "${query.q}"}}
            reply: ${a}
          GET /header:
            steps:
              a: {get: up/items, headers: {X-Given: "${query.q}"}}
            reply: ${a}
          GET /body:
            steps:
              a: {post: up/items, body: {given: "${query.q}"}}
            reply: ${a}
          GET /proxied/{id}: {proxy: "up/items/${path.id}/end"}
          GET /proxied-query: {proxy: "up/items?q=${query.q}"}
        """, up=up)
    one.up = up
    return one


@pytest.mark.parametrize("route", ["/path/", "/proxied/"])
@pytest.mark.parametrize("value", NASTY)
def test_row_29_a_path_parameter_stays_in_its_segment(gate, route, value):
    answer = gate.get(route + quote(value, safe=""))
    if answer.status == 400:   # a NUL, a slash or a control character may be refused
        assert any(c in value for c in "/\0\r\n\t\x7f\\%"), answer
        assert gate.up.count() == 0
        return
    assert answer.status == 200, answer
    assert gate.up.count() == 1
    target = gate.up.last.target
    assert gate.up.last.query_text == "" and "#" not in target
    prefix, segment, end = target.split("/")[1:]
    assert (prefix, end) == ("items", "end")
    assert unquote(segment) == value
    assert "X-Evil" not in gate.up.last.headers


@pytest.mark.parametrize("route", ["/path/", "/proxied/"])
@pytest.mark.parametrize("value", ["..", ".", "%2e%2e", "%2E", ""])
def test_row_29_a_dot_or_an_empty_path_parameter_sends_nothing(gate, route, value):
    assert gate.get(route + value).status in (400, 404)
    assert gate.up.count() == 0


@pytest.mark.parametrize("value", NASTY + ["", "..", "."])
def test_row_29_a_query_parameter_stays_in_its_value(gate, value):
    answer = gate.get("/query?q=" + quote(value, safe=""))
    assert answer.status == 200, answer
    target = gate.up.last.target
    assert all(0x21 <= ord(c) < 0x7f for c in target) and "#" not in target
    assert parse_qsl(gate.up.last.query_text, keep_blank_values=True) == [("fixed", "1"), ("q", value), ("z", "2")]


@pytest.mark.parametrize("route", ["/map", "/proxied-query"])
@pytest.mark.parametrize("value", NASTY)
def test_row_29_the_other_ways_to_a_query_are_as_safe(gate, route, value):
    assert gate.get(f"{route}?q=" + quote(value, safe="")).status == 200
    assert gate.up.last.path == "/items"
    assert parse_qsl(gate.up.last.query_text, keep_blank_values=True) == [("q", value)]


@pytest.mark.parametrize("value", NASTY)
def test_row_29_a_header_value_never_ends_its_line(gate, value):
    answer = gate.get("/header?q=" + quote(value, safe=""))
    assert gate.up.count() <= 1
    if any(c in value for c in "\r\n\x7f"):
        assert answer.status in (400, 502), answer
        assert gate.up.count() == 0
    elif answer.status == 200:
        assert gate.up.last.headers["X-Given"].encode("latin-1").decode() == value
        assert "X-Evil" not in gate.up.last.headers


@pytest.mark.parametrize("value", NASTY)
def test_row_29_a_body_value_is_one_json_string(gate, value):
    assert gate.get("/body?q=" + quote(value, safe="")).status == 200
    assert gate.up.last.json() == {"given": value}


def test_row_29_a_value_out_of_an_answer_is_no_safer_and_is_encoded_too(weir, upstream):
    up = upstream().on("/first", json_reply({"id": "../a?b\r\nX: y", "up": ".."}))
    up.on("GET /items/{id}", json_reply({"ok": True}))
    gate = weir("""
        services: {up: <up>}
        routes:
          GET /:
            steps:
              first: {get: up/first}
              second: {get: "up/items/${first.id}"}
            reply: ${second}
          GET /dots:
            steps:
              first: {get: up/first}
              second: {get: "up/items/${first.up}"}
            reply: ${second}
        """, up=up)
    assert gate.get("/").status == 200
    assert unquote(up.last.path) == "/items/../a?b\r\nX: y" and up.last.path.count("/") == 2
    up.forget()
    # It did not come from the client, so the step fails.
    assert gate.get("/dots").status == 502
    assert [r.path for r in up.seen()] == ["/first"]
