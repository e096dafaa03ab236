"""Steps: the inferred graph, required and optional, defaults, `when`, `value`, cancellation."""

import threading

import pytest
from support.expect import partial, traced_problem
from support.upstream import hang, json_reply, json_text, respond, status


def meeting(parties):
    """Answers only when so many calls are there at the same time."""
    barrier = threading.Barrier(parties)

    def answer(x):
        barrier.wait(5)
        json_reply(x.request.path)(x)

    return answer


def test_steps_that_need_nothing_of_each_other_run_at_the_same_time(weir, upstream):
    gate = weir("""
        services: {a: <a>, b: <b>}
        routes:
          GET /:
            steps:
              x: {get: a/x}
              y: {get: a/y}
              z: {get: a/z}
            reply: {x: "${x}", y: "${y}", z: "${z}"}
        """, a=upstream().always(meeting(3)), b=upstream())
    assert gate.get("/").json() == {"x": "/x", "y": "/y", "z": "/z"}


def test_a_step_waits_for_what_it_refers_to_wherever_it_stands(weir, upstream):
    up = upstream().on("/last/{v}", lambda x: json_reply("last:" + x.request.slots["v"])(x))
    up.on("/left/{v}", respond(200, '"L"', delay=0.1)).on("/right/{v}", json_reply("R")).on("/first", json_reply("F"))
    gate = weir("""
        services: {a: <a>}
        routes:
          GET /:
            steps:
              last: {get: "a/last/${left + right}"}
              left: {get: "a/left/${first}"}
              right: {get: "a/right/${first}"}
              first: {get: a/first}
            reply: ${last}
        """, a=up)
    assert gate.get("/").json() == "last:LR"
    assert [r.path for r in up.seen()][0] == "/first"
    assert up.seen()[3].path == "/last/LR"
    assert {r.path for r in up.seen()[1:3]} == {"/left/F", "/right/F"}


@pytest.mark.parametrize("where", [
    'query: {v: "${first}"}', 'headers: {X-V: "${first}"}', 'when: "first == \'F\'"', 'default: null, query: {v: "${first}"}'])
def test_a_reference_anywhere_in_a_step_orders_it(weir, upstream, where):
    up = upstream().on("/first", respond(200, '"F"', delay=0.1)).on("/second", json_reply("S"))
    gate = weir("""
        services: {a: <a>}
        routes:
          GET /:
            steps:
              second: {get: a/second, %s}
              first: {get: a/first}
            reply: ${second}
        """ % where, a=up)
    assert gate.get("/").json() == "S"
    first, second = up.seen()
    assert (first.path, second.path) == ("/first", "/second") and second.at >= first.answered_at


def test_a_body_of_a_step_is_composed(weir, upstream):
    up = upstream().on("/first", json_reply({"id": 7, "n": 1.50})).on("POST /second", json_reply("S"))
    gate = weir("""
        services: {a: <a>}
        routes:
          GET /:
            steps:
              first: {get: a/first}
              second:
                post: a/second
                body: {id: "${first.id}", whole: "${first}", text: "no ${first.id}", list: [1, "${query.q}"]}
            reply: ${second}
        """, a=up)
    assert gate.get("/?q=z").json() == "S"
    assert up.last.json() == {"id": 7, "whole": {"id": 7, "n": 1.5}, "text": "no 7", "list": [1, "z"]}
    assert up.last.headers["Content-Type"].startswith("application/json")


# Required and optional.


def test_a_required_step_that_fails_ends_the_route_and_cancels_the_rest(weir, upstream):
    up = upstream().on("/fails", status(500, delay=0.2)).on("/hangs", hang()).on("/never/{v}", json_reply(1))
    gate = weir("""
        services: {a: {url: <a>, retry: off, breaker: {trip: {in_a_row: 9}, open: 1s}}}
        routes:
          GET /:
            steps:
              fails: {get: a/fails}
              hangs: {get: a/hangs}
              optional: {get: a/hangs, default: null}
              never: {get: "a/never/${hangs}"}
            reply: ok
        """, a=up)
    answer = gate.get("/")
    traced_problem(answer, 502, step="fails")
    assert answer.seconds < 2
    for request in up.seen("/hangs"):
        up.wait_cancelled(request)
    assert up.count("/never/{v}") == 0
    # A cancelled sibling is no failure of its service.
    assert gate.circuit("a")["failures"] == 1


def test_a_call_that_is_not_idempotent_and_already_sent_is_let_finish(weir, upstream):
    up = upstream().on("/fails", status(500, delay=0.2)).on("POST /pay", respond(200, "1", delay=0.6))
    gate = weir("""
        services: {a: {url: <a>, retry: off, breaker: off}}
        routes:
          GET /:
            steps:
              fails: {get: a/fails}
              pays: {post: a/pay}
            reply: ok
        """, a=up)
    answer = gate.get("/")
    traced_problem(answer, 502, step="fails")
    assert answer.seconds < 0.55, "the client does not wait for it"
    pay = up.seen("POST /pay")[0]
    end = threading.Event()
    for _ in range(100):
        if pay.answered_at or pay.cancelled:
            break
        end.wait(0.02)
    assert pay.answered_at and not pay.cancelled


def test_a_required_step_is_required_even_if_nobody_refers_to_it(weir, upstream):
    gate = weir("""
        services: {a: {url: <a>, retry: off}}
        routes:
          GET /:
            steps:
              unused: {get: a/x}
            reply: ok
        """, a=upstream().always(status(500)))
    traced_problem(gate.get("/"), 502, step="unused")


@pytest.mark.parametrize("written, value", [
    ("null", None), ("[]", []), ("0", 0), ("false", False), ("''", ""), ("text", "text"), ("{a: [1, {b: null}]}", {"a": [1, {"b": None}]}),
    ("1.50", 1.5), ('"${query.q}"', "Q"), ('"q is ${query.q}"', "q is Q"), ('{n: "${size(query.q)}"}', {"n": 1}),
    ('"${circuits.a.state}"', "closed"), ('"${request.method}"', "GET"), ('"${path.p}"', "P"),
])
def test_a_default_stands_in_for_a_failed_optional_step(weir, upstream, written, value):
    gate = weir("""
        services: {a: {url: <a>, retry: off, breaker: {trip: {in_a_row: 9}, open: 1s}}}
        routes:
          GET /{p}:
            steps:
              x: {get: a/x, default: %s}
            reply: {x: "${x}"}
        """ % written, a=upstream().always(status(500)))
    answer = gate.get("/P?q=Q")
    assert answer.json() == {"x": value}
    assert partial(answer) == {"x": "status_500"}


def test_a_step_fed_by_a_default_runs_with_that_default(weir, upstream):
    up = upstream().on("/first", status(500)).on("/second/{v}", lambda x: json_reply(x.request.slots["v"])(x))
    gate = weir("""
        services: {a: {url: <a>, retry: off}}
        routes:
          GET /:
            steps:
              first: {get: a/first, default: {id: 42}}
              second: {get: "a/second/${first.id}"}
            reply: ${second}
        """, a=up)
    answer = gate.get("/")
    assert answer.json() == "42"
    assert partial(answer) == {"first": "status_500"}


def test_each_over_a_default(weir, upstream):
    up = upstream().on("/all", status(500)).on("/one/{v}", lambda x: json_reply(x.request.slots["v"])(x))
    gate = weir("""
        services: {a: {url: <a>, retry: off}}
        routes:
          GET /:
            steps:
              all: {get: a/all, default: [x, y]}
              one: {each: all as i, get: "a/one/${i}"}
            reply: ${one}
        """, a=up)
    assert gate.get("/").json() == ["x", "y"]


@pytest.mark.parametrize("default", ['"${other}"', '"${x}"', '"text ${size(other)}"', '{a: ["${other.b}"]}'])
def test_a_default_may_not_use_other_steps(command, config_file, default):
    done = command("check", config_file("""
        services: {a: "http://127.0.0.1:1"}
        routes:
          GET /:
            steps:
              other: {get: a/other}
              x: {get: a/x, default: %s}
            reply: {x: "${x}", other: "${other}"}
        """ % default))
    assert done.code == 78, done
    assert "default" in done.err + done.out, done


def test_a_default_left_empty_is_an_error(command, config_file):
    done = command("check", config_file("""
        services: {a: "http://127.0.0.1:1"}
        routes:
          GET /:
            steps:
              x:
                get: a/x
                default:
            reply: ${x}
        """))
    assert done.code == 78, done
    assert "null" in done.err + done.out, f"it should say to write null: {done}"


# when


@pytest.mark.parametrize("when, runs", [
    ("true", True), ("false", False), ("null", False), ("\"query.q == 'Q'\"", True), ("\"query.q == 'R'\"", False),
    ("size(first) > 1", True), ("size(first) > 2", False), ('"${size(first) > 2}"', False), ("first == null", False),
    ("has(query.q)", True), ("has(query.r)", False),
])
def test_when(weir, upstream, when, runs):
    up = upstream().on("/first", json_reply([1, 2])).on("/x", json_reply("X"))
    gate = weir("""
        services: {a: <a>}
        routes:
          GET /:
            steps:
              first: {get: a/first}
              x: {get: a/x, when: %s}
            reply: {x: "${x}", first: "${first}"}
        """ % when, a=up)
    answer = gate.get("/?q=Q")
    assert answer.json() == {"x": "X" if runs else None, "first": [1, 2]}
    assert up.count("/x") == (1 if runs else 0)
    # That is no failure.
    assert partial(answer) == {}


@pytest.mark.parametrize("when", ["first[0]", "query.q", "size(first)", "first[7]", "{'a': true}", "'true'"])
def test_a_when_that_is_neither_true_false_nor_null_fails_its_step(weir, upstream, when):
    text = """
        services: {a: <a>}
        routes:
          GET /:
            steps:
              first: {get: a/first}
              x: {get: a/x, when: "dyn(%s)"}
            reply: {x: "${x}", first: "${first}"}
          GET /optional:
            steps:
              first: {get: a/first}
              x: {get: a/x, when: "dyn(%s)", default: D}
            reply: {x: "${x}", first: "${first}"}
        """ % (when, when)
    up = upstream().on("/first", json_reply([1, 2])).on("/x", json_reply("X"))
    gate = weir(text, a=up)
    body = traced_problem(gate.get("/?q=true"), 502, step="x")
    assert body["code"] == ("missing_field" if when == "first[7]" else "expression_error")
    answer = gate.get("/optional?q=true")
    assert answer.json()["x"] == "D" and list(partial(answer)) == ["x"]
    assert up.count("/x") == 0


def test_a_step_that_did_not_run_gives_null_and_not_its_default(weir, upstream):
    gate = weir("""
        services: {a: <a>}
        routes:
          GET /:
            steps:
              x: {get: a/x, when: "false", default: stand-in}
            reply: {x: "${x}", y: "${x ?? 'nothing'}"}
        """, a=upstream())
    answer = gate.get("/")
    assert answer.json() == {"x": None, "y": "nothing"}
    assert partial(answer) == {}


# value


def test_a_computed_step(weir, upstream):
    up = upstream().on("/first", json_reply([{"id": 1, "on": True}, {"id": 2, "on": False}, {"id": 3, "on": True}]))
    up.on("/one/{v}", lambda x: json_reply(int(x.request.slots["v"]) * 10)(x))
    gate = weir("""
        services: {a: <a>}
        routes:
          GET /:
            steps:
              all: {get: a/first}
              chosen: {value: "${all.filter(e, e.on)}"}
              ten: {each: chosen as c, get: "a/one/${c.id}"}
              shaped: {value: {count: "${size(chosen)}", fixed: [1, 2]}}
            reply: {ten: "${ten}", shaped: "${shaped}", count: "${shaped.count}"}
        """, a=up)
    assert gate.get("/").json() == {"ten": [10, 30], "shaped": {"count": 2, "fixed": [1, 2]}, "count": 2}


def test_a_cycle_between_steps_is_refused(command, config_file):
    done = command("check", config_file("""
        services: {a: "http://127.0.0.1:1"}
        routes:
          GET /:
            steps:
              x: {get: "a/${z}"}
              y: {get: "a/${x}"}
              z: {value: "${y}"}
            reply: ${x}
        """))
    assert done.code == 78, done
    said = done.out + done.err
    assert all(name in said for name in "xyz") and any(w in said for w in ("cycle", "circle", "each other")), done


def test_a_step_nobody_uses_is_a_warning(command, config_file):
    done = command("check", config_file("""
        services: {a: "http://127.0.0.1:1"}
        routes:
          GET /:
            steps:
              lonely: {get: a/x}
            reply: ok
        """))
    assert done.code == 0, done
    assert "warning" in done.out + done.err and "lonely" in done.out + done.err, done


def test_a_computed_step_may_hold_what_is_as_deep_as_a_service_may_answer(weir, upstream):
    deep = "[" * 512 + "]" * 512
    gate = weir("""
        services: {a: <a>}
        routes:
          GET /:
            steps:
              x: {get: a/x}
              y: {value: {x: "${x}"}}
            reply: {size: "${size(y.x)}", y: "${y.x}"}
        """, a=upstream().always(json_text(deep)))
    assert gate.get("/").text == '{"size":1,"y":' + deep + "}"


def test_a_step_that_starts_late_still_knows_its_own_request_s_path(weir, upstream):
    """Where the path had to be respelled (escapes), too: another request may have come meanwhile."""
    go_on = threading.Event()
    up = upstream().on("/wait", lambda x: (x.wait(go_on, 10), json_reply("w")(x))).on("/of/{id}", json_reply(1))
    gate = weir("""
        workers: 1
        services: {a: <a>}
        routes:
          GET /users/{id}:
            steps:
              first: {get: a/wait}
              second: {get: "a/of/${path.id}", query: {after: "${first}"}}
            reply: ${second}
          GET /names/{id}: {reply: "${path.id}"}
        """, a=up)
    with gate.connect() as slow:
        slow.send("GET /users/%D0%90%D0%BD%D1%8F HTTP/1.1\r\nHost: x\r\n\r\n")
        up.wait_for(1)
        assert gate.get("/names/%D0%9E%D0%BB%D1%8F").json() == "Оля"
        go_on.set()
        assert slow.read_response().status == 200
    assert up.last.path == "/of/%D0%90%D0%BD%D1%8F"
