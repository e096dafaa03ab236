"""Shaping the answer: members, lists, joins, status and headers."""

import threading

import pytest
from support.expect import partial, traced_problem
from support.upstream import in_turn, json_reply, status
from support.waiting import wait_for
from support.weir_process import SLOWER

ALL = [{"id": 1, "name": "one"}, {"id": 2, "name": "two"}, {"id": 3, "name": "three"}]


def make(weir, upstream, reply, stock=None, extra=""):
    up = upstream().on("/all", json_reply(ALL)).on("/stock/{n}", lambda x: json_reply({"n": int(x.request.slots["n"]) * 10})(x))
    up.on("/null", json_reply(None)).on("/short", json_reply([1, 2])).on("/empty", json_reply([])).on("/object", json_reply({"a": 1}))
    return weir("""
services: {s: {url: <s>, retry: off}}
routes:
  GET /:
    steps:
      all: {get: s/all}
      stock: {each: all as p, get: "s/stock/${p.id}", take: "${body.n}", default: null}
      nothing: {get: s/null}
      short: {get: s/short}
      empty: {get: s/empty}
      object: {get: s/object}
%s
    reply:
%s
""" % (extra, reply), s=up)


def test_take_of_a_list_sees_the_item_of_its_own_call(weir, upstream):
    up = upstream().on("/n/{n}", lambda x: json_reply(int(x.request.slots["n"]) * 10, delay=0.05 / int(x.request.slots["n"]))(x))
    gate = weir("""
        services: {s: {url: <s>}}
        routes:
          GET /:
            steps:
              all: {value: [1, 2, 3]}
              x: {each: all as n, get: "s/n/${n}", take: "${[n, body]}"}
            reply: ${x}
        """, s=up)
    assert gate.get("/").json() == [[1, 10], [2, 20], [3, 30]]


@pytest.mark.parametrize("reply, value", [
    ("      each: all as p, stock as s\n      id: ${p.id}\n      n: ${s}", [{"id": 1, "n": 10}, {"id": 2, "n": 20}, {"id": 3, "n": 30}]),
    ("      list: {each: all as p, id: \"${p.id}\"}", {"list": [{"id": 1}, {"id": 2}, {"id": 3}]}),
    ("      each: all as p\n      to: ${p.name}", ["one", "two", "three"]),
    ("      each: all as p\n      to: [\"${p.id}\", \"${p.name}!\", fixed]", [[1, "one!", "fixed"], [2, "two!", "fixed"], [3, "three!", "fixed"]]),
    ("      each: all as p, nothing as m\n      m: ${m}", [{"m": None}] * 3),
    ("      each: all as p, nothing as m\n      m: ${m.deep.er}", [{"m": None}] * 3),
    ("      each: empty as p\n      id: ${p.id}", []),
    ("      inner: {each: nothing as p, id: \"${p.id}\"}", {"inner": None}),
    ("      '=each': all as p\n      x: 1", {"each": "all as p", "x": 1}),
    ("      nested:\n        each: all as p\n        inner: {each: short as q, to: \"${p.id * 10 + q}\"}",
     {"nested": [{"inner": [11, 12]}, {"inner": [21, 22]}, {"inner": [31, 32]}]}),
    ("      each: all.filter(e, e.id > 1) as p\n      to: ${p.id}", [2, 3]),
    ("      - 1\n      - ${size(all)}\n      - [a, {b: null}]", [1, 3, ["a", {"b": None}]]),
    ("      ${all}", ALL),
    ("      fixed text", "fixed text"),
    ("      z: 1\n      a: 2\n      m: {y: 3, b: 4}", {"z": 1, "a": 2, "m": {"y": 3, "b": 4}}),
    ("      {t: true, f: false, n: null, tilde: ~, i: 12, d: 1.50, e: '', no: no, on: on, date: 2020-01-01, hex: 0x1f}",
     {"t": True, "f": False, "n": None, "tilde": None, "i": 12, "d": 1.5, "e": "", "no": "no", "on": "on", "date": "2020-01-01", "hex": "0x1f"}),
])
def test_reply(weir, upstream, reply, value):
    answer = make(weir, upstream, reply).get("/")
    assert answer.json() == value
    assert list(answer.json()) == list(value) if isinstance(value, dict) else True
    assert answer.headers["Content-Type"].startswith("application/json")
    assert partial(answer) == {}


def test_keys_stand_in_the_order_of_the_file(weir, upstream):
    answer = make(weir, upstream, "      z: 1\n      a: 2\n      m: ${size(all)}\n      b: 1.50")
    assert answer.get("/").text == '{"z":1,"a":2,"m":3,"b":1.50}'


@pytest.mark.parametrize("reply", [
    "      v: {each: all as p, short as q, id: \"${q}\"}".replace("all as p, short as q", "'all as p, short as q'"),
    "      v: {each: object as p, id: \"${p}\"}",
    "      v: {each: \"all as p, object as q\", id: \"${q}\"}",
])
def test_a_join_that_does_not_fit_is_never_silent(weir, upstream, reply):
    answer = make(weir, upstream, reply).get("/")
    if answer.status == 200:
        assert answer.json()["v"] is None
        assert list(partial(answer).values()) == ["expression_error"]
    else:
        traced_problem(answer, 502)


def test_a_default_within_a_list_stays_in_its_place(weir, upstream):
    up = upstream().on("/all", json_reply(ALL)).on("/stock/{n}", json_reply({"n": 1})).on("/stock/2", status(500))
    gate = weir("""
        services: {s: {url: <s>, retry: off}}
        routes:
          GET /:
            steps:
              all: {get: s/all}
              stock: {each: all as p, get: "s/stock/${p.id}", default: {n: -1}}
            reply:
              each: all as p, stock as s
              id: ${p.id}
              n: ${s.n}
        """, s=up)
    assert [e["n"] for e in gate.get("/").json()] == [1, -1, 1]


def test_each_over_null_is_null_and_calls_nobody(weir, upstream):
    up = upstream().on("/null", json_reply(None))
    gate = weir("""
        services: {s: <s>}
        routes:
          GET /:
            steps:
              nothing: {get: s/null}
              each_of: {each: nothing as n, get: "s/x/${n}"}
            reply: {v: "${each_of}"}
        """, s=up)
    answer = gate.get("/")
    assert answer.json() == {"v": None}
    assert partial(answer) == {}
    assert [r.path for r in up.seen()] == ["/null"]


def test_status_and_headers_of_the_answer(weir, upstream):
    gate = weir("""
        services: {s: <s>}
        routes:
          POST /things:
            steps:
              made: {post: s/x, body: "${request.body}"}
            status: 201
            reply_headers: {Location: "/things/${made.id}", X-Fixed: fixed, X-Null: "${made.nothing}"}
            reply: ${made}
        """, s=upstream().always(json_reply({"id": "a b", "nothing": None}, headers={"Set-Cookie": "s=1", "X-Service": "1"})))
    answer = gate.post("/things", b"{}")
    assert answer.status == 201
    assert answer.headers["Location"] == "/things/a b"
    assert answer.headers["X-Fixed"] == "fixed"
    assert "X-Null" not in answer.headers
    # Composed answers carry only their own headers.
    assert "Set-Cookie" not in answer.headers and "X-Service" not in answer.headers


def test_an_answer_header_cannot_be_split(weir, upstream):
    gate = weir("""
        routes:
          GET /:
            reply_headers: {X-Given: "${query.q}"}
            reply: ok
        """)
    answer = gate.get("/?q=a%0d%0aX-Evil:%201")
    assert "X-Evil" not in answer.headers
    assert "X-Given" not in gate.get("/?q=a%7f").headers


# Partial answers.


def partly(weir, upstream, extra=""):
    up = upstream().on("/all", json_reply([1, 2, 3])).on("/stock/{n}", json_reply(5)).on("/stock/2", status(503))
    up.on("/cart", status(500))
    return weir("""
        %s
        services: {s: {url: <s>, retry: off}}
        routes:
          GET /:
            steps:
              all: {get: s/all}
              stock: {each: all as i, get: "s/stock/${i}", default: null}
              cart: {get: s/cart, default: null}
            reply: {stock: "${stock}", cart: "${cart}"}
          GET /list:
            steps:
              cart: {get: s/cart, default: null}
            reply: ["${cart}"]
          GET /whole:
            steps:
              all: {get: s/all}
            reply: {all: "${all}"}
        """ % extra, s=up)


def test_a_partial_answer_says_which_steps_are_missing_and_why(weir, upstream):
    gate = partly(weir, upstream)
    answer = gate.get("/")
    assert answer.json() == {"stock": [5, None, 5], "cart": None}
    assert partial(answer) == {"stock": "status_503", "cart": "status_500"}
    assert answer.headers["Cache-Control"] == "no-store"
    whole = gate.get("/whole")
    assert partial(whole) == {} and "Cache-Control" not in whole.headers


def test_meta_on_request(weir, upstream):
    answer = partly(weir, upstream).get("/", {"Weir-Meta": "1"})
    body = answer.json()
    assert list(body) == ["stock", "cart", "_meta"]
    assert body["_meta"]["partial"] is True
    missing = {m["step"]: m for m in body["_meta"]["missing"]}
    assert missing["cart"]["reason"] == "status_500"
    assert missing["stock"]["reason"] == "status_503" and missing["stock"].get("item", 1) == 1


def test_meta_of_a_list_or_of_a_whole_answer(weir, upstream):
    gate = partly(weir, upstream)
    listed = gate.get("/list", {"Weir-Meta": "1"})
    assert listed.json() == [None] and partial(listed) == {"cart": "status_500"}
    assert "missing" not in gate.get("/whole", {"Weir-Meta": "1"}).json().get("_meta", {})


def test_meta_by_configuration(weir, upstream):
    assert "_meta" in partly(weir, upstream, "meta: true").get("/").json()
    assert "_meta" not in partly(weir, upstream).get("/").json()


def test_a_partial_head_says_so_too(weir, upstream):
    answer = partly(weir, upstream).request("HEAD", "/")
    assert partial(answer) == {"stock": "status_503", "cart": "status_500"}


# reply_headers


def test_a_content_type_of_the_replys_own_stands_alone(weir):
    gate = weir("""
        routes:
          GET /: {reply: {a: 1}, reply_headers: {content-type: application/vnd.shop+json}}
          GET /none: {reply: {a: 1}, reply_headers: {Content-Type: "${null}"}}
        """)
    assert gate.get("/").headers.all("Content-Type") == ["application/vnd.shop+json"]
    assert gate.get("/none").headers.all("Content-Type") == ["application/json"]


def test_a_cache_control_of_the_replys_own_counts_for_whole_answers_alone(weir, upstream):
    up = upstream().always(in_turn(json_reply(1), status(500)))
    gate = weir("""
        services: {a: <a>}
        routes:
          GET /: {steps: {x: {get: a/x, default: null}}, reply: {x: "${x}"}, reply_headers: {Cache-Control: max-age=60}}
        """, a=up)
    whole, part = gate.get("/"), gate.get("/")
    assert whole.headers.all("Cache-Control") == ["max-age=60"] and partial(whole) == {}
    assert part.headers.all("Cache-Control") == ["no-store"] and list(partial(part)) == ["x"]


@pytest.mark.parametrize("value, reason", [("${x.nope}", "missing_field"), ("a ${x.nope}", "missing_field"), ("${x.n / 0}", "expression_error"), ("${x.lines}", "expression_error")])
def test_a_header_that_cannot_be_made_is_left_out_and_told(weir, upstream, value, reason):
    gate = weir("""
        services: {a: <a>}
        routes:
          GET /: {steps: {x: {get: a/x}}, reply: 1, reply_headers: {X-A: "%s", X-B: "b"}}
        """ % value, a=upstream().always(json_reply({"n": 1, "lines": "a\r\nX-C: c"})))
    answer = gate.get("/")
    assert answer.json() == 1 and answer.headers["X-B"] == "b"
    assert "X-A" not in answer.headers and "X-C" not in answer.headers
    assert partial(answer) == {"reply": reason}


# Bounds


@pytest.mark.parametrize("reply", [
    '{each: l as p, to: "${l.map(x, x + 1)[0]}"}', '{each: l as p, to: {each: l as q, to: "${q}"}}', '{each: l as p, to: {each: l as q, q: "a longer text, ${p}, ${q}"}}',
    '{each: l as p, found: "${l.filter(x, x == p)[0]}"}'])
def test_lists_multiplied_by_one_another_end_at_a_bound(weir, upstream, reply):
    up = upstream().on("/l", json_reply(list(range(10000)))).on("/small", json_reply(list(range(300))))
    gate = weir("""
        services: {a: <a>}
        routes:
          GET /reply: {steps: {l: {get: a/l}}, reply: {before: 1, list: %s, after: 2}}
          GET /value: {steps: {l: {get: a/l}, v: {value: %s, default: D}}, reply: "${v}"}
          GET /small: {steps: {l: {get: a/small}}, reply: %s}
        """ % (reply, reply, reply), a=up)
    answer = gate.get("/reply")
    assert answer.text == '{"before":1,"list":null,"after":2}' and partial(answer) == {"reply": "expression_error"}
    answer = gate.get("/value")
    assert answer.json() == "D" and partial(answer) == {"v": "expression_error"}
    answer = gate.get("/small")
    assert len(answer.json()) == 300 and partial(answer) == {}
    with open(f"/proc/{gate.pid}/status") as status_file:
        peak = int(next(line for line in status_file if line.startswith("VmHWM")).split()[1]) // 1024
    # Sanitizers keep what is freed.
    assert peak < 500 * SLOWER, f"{peak} MiB"


def test_what_many_large_answers_needed_is_given_back(weir, upstream):
    together = threading.Barrier(24)

    def large(x):
        together.wait(10)
        json_reply("x" * (6 << 20))(x)

    gate = weir("""
        workers: 1
        services: {a: {url: <a>, timeout: 20s}}
        routes:
          GET /:
            deadline: 30s
            steps:
              x: {get: a/x}
            reply: {x: "${x}"}
        """, a=upstream().always(large))
    before = gate.resident_bytes()
    clients = [threading.Thread(target=lambda: gate.get("/", timeout=30)) for _ in range(24)]
    for client in clients:
        client.start()
    for client in clients:
        client.join()
    wait_for(lambda: gate.grew_since(before) < 48 << 20, 3, "the memory to be given back")
