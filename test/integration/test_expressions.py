"""Null, missing and expressions as they are seen from outside; the environment; encoding."""

import pytest
from support.expect import partial, traced_problem
from support.upstream import json_reply, json_text, status

DOC = {"a": {"b": 1, "null": None, "list": [1, 2, 3], "text": "x", "empty": ""}, "n": None}


def reply(weir, upstream, expression, doc=None, env=None):
    """The answer of a route whose reply is {"v": EXPRESSION}; `d` is the service's document."""
    gate = weir("""
        services: {s: <s>}
        routes:
          GET /{slot}:
            steps:
              d: {get: s/d}
            reply:
              v: "${%s}"
        """ % expression, s=upstream().always(json_reply(DOC if doc is None else doc)), env=env)
    return gate.get("/seg%20ment?q=Q&two=1&two=2&empty=")


@pytest.mark.parametrize("expression, value", [
    # Null passes through selection and functions.
    ("d.n", None), ("d.n.x.y", None), ("d.n[0]", None), ("size(d.n)", None), ("size(d.a.null)", None), ("d.n.filter(e, e.x)", None),
    # Missing is caught by ?? and has().
    ("d.nowhere ?? 7", 7), ("d.a.nowhere.deeper ?? 'd'", "d"), ("d.a.list[9] ?? 0", 0), ("d.n ?? 'null too'", "null too"),
    ("has(d.a.b)", True), ("has(d.a.nowhere)", False), ("has(d.nowhere.x)", False), ("d.a.empty ?? 'x'", ""),
    # ?? binds loosest.
    ("d.n ?? 1 + 2", 3), ("1 + 2 ?? 4", 3), ("d.n ?? d.nowhere ?? 5", 5), ("true ? (d.n ?? 1) : 2", 1), ("d.n ?? false || true", True),
    # What keeps its type.
    ("d.a.b", 1), ("d.a.list", [1, 2, 3]), ("d.a", DOC["a"]), ("1 + 1", 2), ("1.5 * 2.5", 3.75), ("'a' + 'b'", "ab"), ("[1, 'x', null]", [1, "x", None]),
    ("{'k': d.a.b}", {"k": 1}), ("d.a.b == 1", True), ("d.a.b in d.a.list", True), ("size(d.a.list)", 3), ("size(d.a.text)", 1),
    ("d.a.list.map(e, e * 2)", [2, 4, 6]), ("d.a.list.exists(e, e > 2)", True), ("d.a.list.all(e, e > 2)", False), ("-d.a.b", -1), ("7 / 2", 3),
    ("7 % 4", 3), ("d.a.b > 0 ? 'yes' : 'no'", "yes"), ("d['a']['b']", 1), ("d.n == null", True), ("d.a.text.startsWith('x')", True),
    ("string(d.a.b)", "1"), ("int('42')", 42), ("double('1.5')", 1.5),
    # The request.
    ("path.slot", "seg ment"), ("query.q", "Q"), ("query.nothing ?? 'none'", "none"), ("query.empty", ""), ("query_all.two", ["1", "2"]),
    ("query_all.nothing", []), ("request.method", "GET"), ("request.path", "/seg%20ment"), ("request.query", "q=Q&two=1&two=2&empty="),
    ("request.headers['host'].startsWith('127')", True), ("request.headers['x-none'] ?? 'none'", "none"),
])
def test_value(weir, upstream, expression, value):
    answer = reply(weir, upstream, expression.replace('"', '\\"'))
    assert answer.json() == {"v": value}
    assert type(answer.json()["v"]) is type(value)
    assert partial(answer) == {}


@pytest.mark.parametrize("expression", ["d.nowhere", "d.a.nowhere.x", "d.a.list[3]", "d['nowhere']", "query.nothing"])
def test_what_is_missing_prints_null_in_a_reply_and_marks_the_answer(weir, upstream, expression):
    answer = reply(weir, upstream, expression)
    assert answer.status == 200
    assert answer.json() == {"v": None}
    assert list(partial(answer).values()) == ["missing_field"]


@pytest.mark.parametrize("expression", ["d.n + 1", "1 + d.a.text", "d.n < 1", "!d.n", "1 / 0", "d.a.b && true", "9223372036854775807 + 1"])
def test_an_operator_that_cannot_work_marks_the_answer(weir, upstream, expression):
    answer = reply(weir, upstream, expression)
    assert answer.json() == {"v": None}
    assert list(partial(answer).values()) == ["expression_error"]


def test_a_parameter_given_twice_is_the_clients_400(weir, upstream):
    up = upstream().always(json_reply(1))
    gate = weir("""
        services: {s: <s>}
        routes:
          GET /:
            steps:
              x: {get: "s/x?u=${query.u}"}
            reply: ${x}
        """, s=up)
    assert gate.get("/?u=1").json() == 1
    assert up.last.query == [("u", "1")]
    up.forget()
    traced_problem(gate.get("/?u=1&u=2"), 400)
    assert up.count() == 0


TWICE = {
    "when": 'x: {get: s/x, when: "query.u == \'1\'"}',
    "an optional when": 'x: {get: s/x, when: "query.u == \'1\'", default: 0}',
    "value": 'x: {value: "${query.u}"}',
    "a value's member": 'x: {value: {u: "${query.u}"}}',
    "text": 'x: {value: "u ${query.u}"}',
    "take": 'x: {get: s/x, take: "${query.u}"}',
    "an optional take": 'x: {get: s/x, take: "${query.u}", default: 0}',
    "default": 'x: {get: s/fails, default: "${query.u}"}',
    "a default of items": 'x: {each: "[1, 2] as i", get: "s/fails?i=${i}", default: {u: "${query.u}"}}',
    "each": 'x: {each: "[query.u] as u", get: "s/x?u=${u}", default: 0}',
    "body": 'x: {post: s/x, body: {u: "${query.u}"}, default: 0}',
    "header": 'x: {get: s/x, headers: {X-U: "${query.u}"}, default: 0}',
}


@pytest.mark.parametrize("where", TWICE)
def test_a_parameter_given_twice_is_400_wherever_it_is_read(weir, upstream, where):
    gate = weir("""
        services: {s: <s>}
        routes:
          GET /: {steps: {%s}, reply: "${x}"}
        """ % TWICE[where], s=upstream().always(json_reply(1)).on("/fails", status(500)))
    assert gate.get("/?u=1").status == 200
    assert "twice" in traced_problem(gate.get("/?u=1&u=2"), 400)["detail"]
    assert "escape" in traced_problem(gate.get("/?u=%zz"), 400)["detail"]


@pytest.mark.parametrize("route", [
    '{reply: {u: "${query.u}"}}', '{reply: {n: "${1 / 0}", u: "${query.u}"}}', '{reply: 1, reply_headers: {X-U: "${query.u}"}}',
    '{reply: 1, require: [{that: "query.u == \'1\'", else: {status: 403}}]}',
    '{proxy: s/x, require: [{that: "query.u == \'1\'", else: {status: 403}}]}', '{proxy: s/x, headers: {X-U: "${query.u}"}}'])
def test_a_parameter_given_twice_is_400_in_replies_requirements_and_proxies(weir, upstream, route):
    gate = weir("services: {s: <s>}\nroutes:\n  GET /: %s\n  GET /else: {proxy: s}\n" % route, s=upstream().always(json_reply(1)))
    assert gate.get("/?u=1").status == 200
    assert "twice" in traced_problem(gate.get("/?u=1&u=2"), 400)["detail"]


# In calls.


def call(weir, upstream, target, keys=""):
    up = upstream().on("/d", json_reply(DOC)).on("/x/{v}", json_reply("X")).on("/x", json_reply("X"))
    gate = weir("""
        services: {s: {url: <s>, retry: off, breaker: {trip: {in_a_row: 50}, open: 1s}}}
        routes:
          GET /:
            steps:
              d: {get: s/d}
              x: {get: "s/%s"%s}
            reply: ${x}
          GET /optional:
            steps:
              d: {get: s/d}
              x: {get: "s/%s", default: stand-in%s}
            reply: ${x}
          GET /client/{v}:
            steps:
              d: {get: s/d}
              x: {get: "s/x/${query.v}"}
            reply: ${x}
        """ % (target, keys, target, keys), s=up)
    gate.up = up
    return gate


@pytest.mark.parametrize("target", ["x/${d.nowhere}", "x/${d.n}", "x/${d.a.empty}", "x/${d.a}", "x/${d.a.list}", "x/${d.n + 1}"])
def test_a_path_slot_without_a_text_sends_nothing_and_fails_the_step(weir, upstream, target):
    gate = call(weir, upstream, target)
    traced_problem(gate.get("/"), 502, step="x")
    answer = gate.get("/optional")
    assert answer.json() == "stand-in"
    assert list(partial(answer)) == ["x"]
    assert gate.up.count("/x/{v}") == 0
    assert gate.circuit("s")["failures"] == 0, "the service has done nothing wrong"


def test_a_missing_member_fails_the_step_wherever_it_is_used_in_a_call(weir, upstream):
    for keys in (', query: {q: "${d.nowhere}"}', ', headers: {X-H: "${d.n + 1}"}', ', headers: {X-H: "${d.nowhere}"}',
                 ', headers: {X-H: "v ${d.nowhere}"}', ', when: d.nowhere'):
        gate = call(weir, upstream, "x", keys)
        traced_problem(gate.get("/"), 502, step="x")
        assert gate.up.count("/x") == 0


@pytest.mark.parametrize("query", ["v=", "", "v=..", "v=.", "v=1&v=2"])
def test_a_path_slot_that_the_client_left_empty_is_its_400(weir, upstream, query):
    gate = call(weir, upstream, "x")
    traced_problem(gate.get("/client/1?" + query), 400)
    assert gate.up.count("/x/{v}") == 0


def test_a_null_query_slot_drops_its_parameter(weir, upstream):
    gate = call(weir, upstream, "x?a=1&b=${d.n}&c=${d.a.empty}&e=${d.n ?? 5}")
    assert gate.get("/").json() == "X"
    assert gate.up.last.query == [("a", "1"), ("c", ""), ("e", "5")]
    gate = call(weir, upstream, "x", ', query: {a: 1, b: "${d.n}", c: "t ${d.a.b}"}')
    gate.get("/")
    assert gate.up.last.query == [("a", "1"), ("c", "t 1")]


def test_a_header_that_the_client_left_out_is_its_400_unless_it_may_be_missing(weir, upstream):
    gate = weir("""
        services: {s: <s>}
        routes:
          GET /must: {steps: {x: {get: s/x, headers: {X-U: "${request.headers['x-user']}"}}}, reply: "${x}"}
          GET /may: {steps: {x: {get: s/x, headers: {X-U: "${request.headers['x-user'] ?? null}"}}}, reply: "${x}"}
        """, s=upstream().always(lambda x: json_reply(x.request.headers.get("X-U"))(x)))
    traced_problem(gate.get("/must"), 400, step="x")
    assert gate.get("/must", {"X-User": "ann"}).json() == "ann"
    assert gate.get("/may").json() is None


def test_a_null_header_is_not_sent(weir, upstream):
    gate = call(weir, upstream, "x", ', headers: {X-Null: "${d.n}", X-One: "${d.a.b}", X-Text: "v${d.a.b}"}')
    gate.get("/")
    assert "X-Null" not in gate.up.last.headers
    assert (gate.up.last.headers["X-One"], gate.up.last.headers["X-Text"]) == ("1", "v1")


@pytest.mark.parametrize("target", ["${d.a.text}/x", "s${d.a.b}/x"])
def test_the_name_of_a_service_is_no_expression(command, config_file, target):
    done = command("check", config_file("""
        services: {s: "http://127.0.0.1:1"}
        routes:
          GET /:
            steps:
              d: {get: s/d}
              x: {get: "%s"}
            reply: ${x}
        """ % target))
    assert done.code == 78, done


# Text, literals and the environment.


def test_text_with_expressions_in_it(weir, upstream):
    answer = reply(weir, upstream, "d.a.text")
    gate = weir("""
        services: {s: <s>}
        routes:
          GET /:
            steps:
              d: {get: s/d}
            reply:
              several: "a ${d.a.b} b ${d.a.text} c"
              one: "${d.a.b}"
              braces: "$${d.a.b} and $ and {} and $x"
              quoted: 'it''s ${"a}b" + d.a.text}'
              plain: no expression
              number: 010
              yes: yes
        """, s=upstream().always(json_reply(DOC)))
    assert answer.json() == {"v": "x"}
    assert gate.get("/").json() == {
        "several": "a 1 b x c", "one": 1, "braces": "${d.a.b} and $ and {} and $x", "quoted": "it's a}bx",
        "plain": "no expression", "number": "010", "yes": "yes"}


def test_text_with_a_null_in_it_is_null(weir, upstream):
    gate = weir("""
        services: {s: <s>}
        routes:
          GET /:
            steps:
              d: {get: s/d}
            reply: {v: "no ${d.n} here"}
        """, s=upstream().always(json_reply(DOC)))
    assert gate.get("/").json() == {"v": None}


def test_the_environment_is_put_in_once_at_load_and_typed_by_its_field(weir, upstream):
    up = upstream().always(json_reply(1))
    gate = weir("""
        services: {s: {url: "http://${TEST_HOST}:${TEST_PORT}/${TEST_BASE:-base}", timeout: "${TEST_TIMEOUT}", headers: {X-Token: "${TEST_TOKEN}"}}}
        routes:
          GET /:
            steps:
              x: {get: s/x}
            reply: {text: "is ${TEST_TOKEN}", x: "${x}", unset: "${TEST_UNSET:-fallback}", empty: "${TEST_EMPTY:-was empty}"}
        """, env={"TEST_HOST": "127.0.0.1", "TEST_PORT": str(up.port), "TEST_TIMEOUT": "2s", "TEST_TOKEN": "${x} ${TEST_HOST}", "TEST_EMPTY": ""})
    assert gate.get("/").json() == {"text": "is ${x} ${TEST_HOST}", "x": 1, "unset": "fallback", "empty": "was empty"}
    assert up.last.path == "/base/x"
    # Never expanded again.
    assert up.last.headers["X-Token"] == "${x} ${TEST_HOST}"


def test_a_secret_from_a_file(weir, upstream, tmp_path):
    (tmp_path / "token").write_text("Bearer s3cret\n")
    up = upstream().always(json_reply(1))
    gate = weir("""
        services: {s: {url: <s>, header_files: {Authorization: <dir>/token}}}
        routes: {GET /: {proxy: s/x}}
        """, s=up, dir=tmp_path)
    gate.get("/")
    assert up.last.headers["Authorization"] == "Bearer s3cret"


@pytest.mark.parametrize("written, words", [
    ("${TEST_MISSING}", ["TEST_MISSING"]), ("${TEST_MISSING:?set the secret first}", ["set the secret first"])])
def test_a_variable_that_is_not_set_is_an_error_at_load(command, config_file, written, words):
    done = command("check", config_file("""
        services: {s: {url: "http://127.0.0.1:1", headers: {X-Token: "%s"}}}
        routes: {GET /: {reply: hi}}
        """ % written))
    assert done.code == 78, done
    assert all(w in done.out + done.err for w in words), done


def test_an_expression_that_is_mistyped_is_an_error_at_load(command, config_file):
    done = command("check", config_file("""
        services: {s: "http://127.0.0.1:1"}
        routes:
          GET /:
            steps:
              product: {get: s/x}
            reply:
              a: "${produkt.name}"
              b: "${product.name +}"
              c: "${siez(product)}"
              d: "${request.methud}"
        """))
    assert done.code == 78, done
    said = done.out + done.err
    assert "produkt" in said and "`product`" in said.replace("'", "`"), done
    assert "siez" in said and "size" in said, done
    assert "methud" in said and "method" in said, done
    assert said.count("^") >= 4, done


# Numbers and order pass unharmed.

EXACT = ('{"z":12345678901234567890.10,"a":123456789012345678901234567890,"m":1.0,"e":1E400,"neg":-0.0,"small":1e-7,'
         '"esc":"\\u00e9\\/\\ud83d\\ude00\\u0000","dup":{"k":1,"k":2},"sp": [1 , 2] ,"b":{"y":1,"x":2}}')


@pytest.mark.parametrize("expression", ["d", "[d][0]", "{'k': d}.k", "d ?? 1", "true ? d : null"])
def test_what_came_from_a_service_goes_out_as_it_came(weir, upstream, expression):
    gate = weir("""
        services: {s: <s>}
        routes:
          GET /:
            steps:
              d: {get: s/d}
            reply: {v: "${%s}", z: "${d.z}", a: "${d.a}", esc: "${d.esc}", e: "${d.e}"}
        """ % expression, s=upstream().always(json_text(EXACT)))
    text = gate.get("/").text
    assert text == ('{"v":' + EXACT + ',"z":12345678901234567890.10,"a":123456789012345678901234567890,'
                    '"esc":"\\u00e9\\/\\ud83d\\ude00\\u0000","e":1E400}')


def test_numbers_survive_a_fan_out_and_a_join(weir, upstream):
    up = upstream().on("/all", json_text('[{"id":1.10,"big":98765432109876543210},{"id":2e0,"big":-0}]'))
    up.on("/one/{v}", json_text("0.10000000000000000000001"))
    gate = weir("""
        services: {s: <s>}
        routes:
          GET /:
            steps:
              all: {get: s/all}
              one: {each: all as a, get: "s/one/${a.id}"}
            reply:
              each: all as a, one as o
              id: ${a.id}
              big: ${a.big}
              one: ${o}
        """, s=up)
    tiny = "0.10000000000000000000001"
    assert gate.get("/").text == f'[{{"id":1.10,"big":98765432109876543210,"one":{tiny}}},{{"id":2e0,"big":-0,"one":{tiny}}}]'


def test_a_body_sent_to_a_service_keeps_them_too(weir, upstream):
    up = upstream().on("/d", json_text(EXACT)).on("POST /x", json_reply(1))
    gate = weir("""
        services: {s: <s>}
        routes:
          POST /:
            steps:
              d: {get: s/d}
              x: {post: s/x, body: {d: "${d}", mine: "${request.body}", member: "${request.body.n}"}}
            reply: ${x}
        """, s=up)
    assert gate.post("/", b'{"n": 1.000, "b" :2}').json() == 1
    assert up.seen("POST /x")[0].body.decode() == '{"d":' + EXACT + ',"mine":{"n": 1.000, "b" :2},"member":1.000}'


def test_a_request_body_that_is_no_json_is_the_clients_400(weir, upstream):
    gate = weir("""
        services: {s: <s>}
        routes:
          POST /:
            steps:
              x: {post: s/x, body: "${request.body}"}
            reply: ${x}
        """, s=upstream().always(json_reply(1)))
    for body in (b"{", b"hello", b"\xff", b"[1,]"):
        traced_problem(gate.post("/", body), 400)
