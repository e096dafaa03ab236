"""Rows 39 and 41–43: open circuits, answers of another shape, and fan-outs."""

import time

import pytest
from support.expect import partial, traced_problem
from support.upstream import json_reply, respond, status, text_reply


# 39


def test_row_39_an_open_breaker_gives_the_default_or_503(weir, upstream):
    up = upstream().always(status(500))
    gate = weir("""
        services:
          a: {url: <a>, retry: off, breaker: {trip: {in_a_row: 3}, open: 30s}}
        routes:
          GET /required:
            steps:
              x: {get: a/x}
            reply: ${x}
          GET /optional:
            steps:
              x: {get: a/x, default: [fallback]}
            reply: {x: "${x}"}
          GET /proxied: {proxy: a/x}
        """, a=up)
    for _ in range(3):
        traced_problem(gate.get("/required"), 502, step="x")
    assert gate.state("a") == "open"
    up.forget()
    for route in ("/required", "/proxied"):
        answer = gate.get(route)
        traced_problem(answer, 503, proxy_status="destination_unavailable", leaks=[up.port])
        assert 28 <= int(answer.headers["Retry-After"]) <= 30
    answer = gate.get("/optional")
    assert answer.json() == {"x": ["fallback"]}
    assert partial(answer) == {"x": "breaker_open"}
    assert up.count() == 0
    assert gate.circuit("a")["not_permitted"] == 3


def test_row_39_retry_after_never_says_zero(weir, upstream):
    up = upstream().always(status(500))
    gate = weir("""
        services:
          a: {url: <a>, retry: off, breaker: {trip: {in_a_row: 1}, open: 900ms}}
        routes:
          GET /:
            steps:
              x: {get: a/x}
            reply: ${x}
        """, a=up)
    gate.get("/")
    time.sleep(0.3)
    answer = gate.get("/")
    assert answer.status == 503
    assert answer.headers["Retry-After"] == "1"


# 41

ROUTES = """
    services:
      a: {url: <a>, retry: off, breaker: {trip: {in_a_row: 100}, open: 1s}}
    routes:
      GET /any:
        steps:
          x: {get: a/x}
        reply: {x: "${x}"}
      GET /list:
        steps:
          x: {get: a/x, expect: list}
        reply: {x: "${x}"}
      GET /list/default:
        steps:
          x: {get: a/x, expect: list, default: []}
        reply: {x: "${x}"}
      GET /member:
        steps:
          x: {get: a/x, take: "${body.inner.value}"}
        reply: {x: "${x}"}
    """


@pytest.mark.parametrize("text", ["<html></html>", "{", "", "{'a': 1}", "[1,]", "nul", "1 2", "NaN", '{"a":1}x', '"\t"', "01"])
def test_row_41_not_json_where_json_is_needed(weir, upstream, text):
    gate = weir(ROUTES, a=upstream().always(respond(200, text, content_type="application/json")))
    body = traced_problem(gate.get("/any"), 502, step="x")
    assert "not_json" in body["detail"], body
    answer = gate.get("/list/default")
    assert answer.json() == {"x": []}
    assert partial(answer) == {"x": "not_json"}
    assert gate.circuit("a")["failures"] == 2


def test_row_41_json_is_json_whatever_its_content_type_says(weir, upstream):
    gate = weir(ROUTES, a=upstream().always(text_reply("[1, 2]")))
    assert gate.get("/any").json() == {"x": [1, 2]}


@pytest.mark.parametrize("value", [{"error": "no such thing"}, "text", 1, None, True])
def test_row_41_json_of_another_kind(weir, upstream, value):
    gate = weir(ROUTES, a=upstream().always(json_reply(value)))
    body = traced_problem(gate.get("/list"), 502, step="x")
    assert "wrong_kind" in body["detail"] or "list" in body["detail"], body
    answer = gate.get("/list/default")
    assert answer.json() == {"x": []}
    assert partial(answer) == {"x": "wrong_kind"}
    # The service did answer: no failure of the circuit.
    assert gate.circuit("a")["failures"] == 0


@pytest.mark.parametrize("value", [{}, {"inner": {}}, [1]])
def test_row_41_a_member_that_is_not_there(weir, upstream, value):
    gate = weir(ROUTES, a=upstream().always(json_reply(value)))
    traced_problem(gate.get("/member"), 502, step="x")


# 42


def fan(weir, items, extra="", limits="", timeout="5s"):
    return weir(f"""
        limits: {{max_items: 20000{limits}}}
        services:
          items: {{url: <items>, retry: off, breaker: off}}
        routes:
          GET /:
            deadline: 50s
            steps:
              all: {{get: items/all}}
              stock:
                each: all as i
                limit: 8
                timeout: {timeout}
                get: "items/stock/${{i}}"
                take: ${{body.n}}
                {extra}
            reply:
              items:
                each: all as i, stock as s
                i: ${{i}}
                s: ${{s}}
        """, items=items)


FAILURES = {
    "status_500": status(500),
    "reset": lambda x: x.reset(),
    "not_json": text_reply("oops"),
    "response_timeout": lambda x: x.hang(),
    "status_404": status(404),
}


@pytest.mark.parametrize("reason", FAILURES)
def test_row_42_one_item_that_fails_is_its_default_alone(weir, upstream, reason):
    up = upstream().on("/all", json_reply(list(range(10))))
    up.on("/stock/{n}", lambda x: json_reply({"n": int(x.request.slots["n"]) * 10})(x)).on("/stock/3", FAILURES[reason])
    gate = fan(weir, up, "default: null", timeout="700ms")
    answer = gate.get("/")
    assert answer.json() == {"items": [{"i": n, "s": None if n == 3 else n * 10} for n in range(10)]}
    missing = partial(answer)
    assert list(missing) == ["stock"] and missing["stock"] == reason


def test_row_42_without_a_default_the_step_fails(weir, upstream):
    up = upstream().on("/all", json_reply(list(range(10))))
    up.on("/stock/{n}", json_reply({"n": 1})).on("/stock/3", status(500))
    traced_problem(fan(weir, up).get("/"), 502, step="stock")


def test_row_42_positions_are_kept_when_late_items_overtake(weir, upstream):
    def stock(x):
        n = int(x.request.slots["n"])
        x.sleep(0.15 if n % 3 == 0 else 0)
        json_reply({"n": n})(x)

    up = upstream().on("/all", json_reply(list(range(40)))).on("/stock/{n}", stock)
    answer = fan(weir, up, "default: null").get("/")
    assert [e["s"] for e in answer.json()["items"]] == list(range(40))


# 43


@pytest.mark.longest(180)
def test_row_43_ten_thousand_items_are_bounded_by_the_limit(weir, upstream):
    up = upstream().on("/all", json_reply(list(range(10_000))))
    up.on("/stock/{n}", lambda x: json_reply({"n": int(x.request.slots["n"])})(x))
    gate = fan(weir, up, "default: null", timeout="48s")
    before = gate.resident_bytes()
    answer = gate.get("/", timeout=60)
    assert [e["s"] for e in answer.json()["items"]] == list(range(10_000))
    assert partial(answer) == {}
    assert up.most_in_flight <= 8
    assert up.connections <= 8 + 1
    assert gate.grew_since(before) < 64 << 20


@pytest.mark.parametrize("default", ["", "default: null"])
def test_row_43_more_items_than_allowed_are_a_clear_error(weir, upstream, default):
    up = upstream().on("/all", json_reply(list(range(1001)))).on("/stock/{n}", json_reply({"n": 1}))
    gate = weir(f"""
        services: {{items: <items>}}
        routes:
          GET /:
            steps:
              all: {{get: items/all}}
              stock:
                each: all as i
                get: "items/stock/${{i}}"
                {default}
            reply: {{all: "${{size(all)}}", stock: "${{stock}}"}}
        """, items=up)
    answer = gate.get("/")
    assert up.count("/stock/{n}") == 0
    if default:
        # It fails whole, so the whole step is its default.
        assert answer.json() == {"all": 1001, "stock": None}
        assert partial(answer) == {"stock": "too_many_items"}
    else:
        body = traced_problem(answer, 502, step="stock")
        assert "too_many_items" in body["detail"] or "1000" in body["detail"], body


def test_row_43_as_many_items_as_allowed(weir, upstream):
    up = upstream().on("/all", json_reply(list(range(12)))).on("/stock/{n}", json_reply({"n": 1}))
    gate = weir("""
        limits: {max_items: 12}
        services: {items: <items>}
        routes:
          GET /:
            steps:
              all: {get: items/all}
              stock: {each: all as i, get: "items/stock/${i}"}
            reply: ${size(stock)}
        """, items=up)
    assert gate.get("/").json() == 12
    assert up.most_in_flight <= 12


def test_a_fan_out_over_nothing_calls_nothing(weir, upstream):
    up = upstream().on("/all", json_reply([]))
    assert fan(weir, up).get("/").json() == {"items": []}
    assert up.count("/stock/{n}") == 0


def test_a_fan_out_over_what_is_no_list_fails(weir, upstream):
    up = upstream().on("/all", json_reply({"a": 1}))
    traced_problem(fan(weir, up).get("/"), 502, step="stock")
