"""Words, precedence, routes and YAML: what the nearest word wins, what is refused, what stays text."""

import re

import pytest
from support.upstream import hang, json_reply, status

# Precedence: step > route > service > policy: NAME > the policy `default`.

LEVELS = ["default", "named", "service", "route", "step"]


def config_with(levels, key, values):
    def said(level):
        return f", {key}: {values[level]}" if level in levels else ""

    def line(level, indent):
        return f"\n{' ' * indent}{key}: {values[level]}" if level in levels else ""

    return f"""
services:
  a: {{url: <a>{', policy: named' if 'named' in levels else ''}{said('service')}}}
policies:
  default: {{connect_timeout: 1s{said('default')}}}
  named: {{connect_timeout: 1s{said('named')}}}
routes:
  GET /:{line('route', 4)}
    steps:
      x: {{get: a/x{said('step')}}}
    reply: ${{x}}
"""


@pytest.mark.parametrize("levels", [LEVELS[: n + 1] for n in range(len(LEVELS))] + [["default", "route"], ["service", "named"], ["default", "step"]])
def test_the_nearest_word_wins(weir, upstream, levels):
    up = upstream().always(status(503))
    attempts = {"default": 2, "named": 3, "service": 4, "route": 5, "step": 6}
    gate = weir(config_with(levels, "retry", {k: f"{{attempts: {n}, backoff: 1ms}}" for k, n in attempts.items()}), a=up)
    gate.get("/")
    assert up.count() == attempts[max(levels, key=LEVELS.index)]


@pytest.mark.parametrize("levels", [LEVELS[: n + 1] for n in range(len(LEVELS))])
def test_the_nearest_timeout_wins(weir, upstream, levels):
    times = {"default": 200, "named": 500, "service": 800, "route": 1100, "step": 1400}
    gate = weir(config_with(levels, "timeout", {k: f"{n}ms" for k, n in times.items()}), a=upstream().always(hang()))
    answer = gate.get("/")
    wanted = times[max(levels, key=LEVELS.index)] / 1000
    assert answer.status == 504
    assert wanted - 0.02 <= answer.seconds < wanted + 0.29


def test_whole_keys_are_replaced_and_never_merged(weir, upstream):
    up = upstream().always(status(503))
    gate = weir("""
        policies: {default: {retry: {attempts: 5, backoff: 1ms, budget: off}}}
        services: {a: <a>}
        routes:
          GET /replaced:
            steps:
              x: {get: a/x, retry: {backoff: 2ms}}
            reply: ${x}
          GET /off:
            retry: off
            steps:
              x: {get: a/x}
            reply: ${x}
        """, a=up)
    gate.get("/replaced")
    assert up.count() == 2, "attempts is its own default again, not the policy's"
    up.forget()
    gate.get("/off")
    assert up.count() == 1


def test_a_step_owns_no_breaker(command, config_file):
    done = command("check", config_file("""
        services: {a: "http://127.0.0.1:1"}
        routes:
          GET /:
            steps:
              x: {get: a/x, breaker: {trip: {in_a_row: 5}, open: 5s}}
            reply: ${x}
        """))
    assert done.code == 78, done
    assert re.search("6:21: error: .*breaker.*service", done.out + done.err), done


def test_an_unknown_policy_is_an_error(command, config_file):
    done = command("check", config_file("""
        services: {a: {url: "http://127.0.0.1:1", policy: patiant}}
        policies: {patient: {timeout: 9s}}
        routes: {GET /: {reply: ok}}
        """))
    assert done.code == 78 and "patiant" in done.out + done.err and "patient" in done.out + done.err, done


# Routes


def test_a_literal_beats_a_parameter(weir):
    gate = weir("""
        routes:
          GET /{x}: {reply: "one ${path.x}"}
          GET /literal: {reply: literal}
          GET /{x}/{y}: {reply: "two ${path.x} ${path.y}"}
          GET /literal/{y}: {reply: "literal then ${path.y}"}
          GET /{x}/literal: {reply: "${path.x} then literal"}
          POST /{x}: {reply: posted}
        """)
    for path, wanted in {"/a": "one a", "/literal": "literal", "/a/b": "two a b", "/literal/b": "literal then b", "/a/literal": "a then literal",
                         "/literal/literal": "literal then literal"}.items():
        assert gate.get(path).json() == wanted
    assert gate.post("/literal").json() == "posted"
    assert gate.get("/").status == 404
    assert gate.get("/a/").status == 404
    assert gate.get("/a/b/c").status == 404


@pytest.mark.parametrize("first, second", [
    ("GET /{a}", "GET /{b}"), ("GET /x/{a}/y", "GET /x/{b}/y"), ("GET /%61", "GET /a"), ("GET /{a}/{b}", "GET /{c}/{d}")])
def test_two_routes_that_match_the_same_request_are_an_error(command, config_file, first, second):
    done = command("check", config_file("""
        routes:
          %s: {reply: 1}
          %s: {reply: 2}
        """ % (first, second)))
    assert done.code == 78, done


@pytest.mark.parametrize("name", ["/x", "GET x", "GETS /x", "get /x", "GET /x?y=1", "GET /{a}/{a}", "GET /a{b}", "GET /{A}", "GET /a/../b", "GET"])
def test_names_that_no_route_has(command, config_file, name):
    done = command("check", config_file('routes: {"%s": {reply: 1}}' % name))
    assert done.code == 78, done


@pytest.mark.parametrize("route", [
    "{}", "{reply: 1, proxy: a}", "{proxy: nowhere}", "{steps: {x: {get: a/x}}}", "{steps: {x: {}}, reply: 1}", "{steps: {x: {get: a/x, post: a/x}}, reply: 1}",
    "{steps: {x: {get: a}}, reply: 1}", "{steps: {x: {value: 1, take: body}}, reply: 1}", "{steps: {X: {get: a/x}}, reply: 1}",
    "{steps: {x: {get: a/x, limit: 3}}, reply: 1}", "{steps: {path: {get: a/x}}, reply: 1}", "{steps: {x: {get: a/../x}}, reply: 1}",
    "{steps: {x: {get: a/x, expect: list, as: text}}, reply: 1}", "{steps: {x: {get: a/x, pass: 99}}, reply: 1}",
    '{steps: {x: {get: "a/${x}"}}, reply: 1}', '{steps: {x: {each: y as y, get: "a/${y}"}}, reply: 1}',
])
def test_routes_that_make_no_sense(command, config_file, route):
    done = command("check", config_file("""
        services: {a: "http://127.0.0.1:1"}
        routes: {GET /: %s}
        """ % route))
    assert done.code == 78, done
    assert re.search(r"weir\.yaml:\d+:\d+", done.out + done.err), done


# YAML


@pytest.mark.parametrize("text, words", [
    ("routes: {GET /: {reply: !!str 1}}", ["tag"]),
    ("routes: {GET /: {reply: !own 1}}", ["tag"]),
    ("x: &a 1\nroutes: {GET /: {reply: *a}}", ["alias|anchor"]),
    ("routes:\n  GET /: {reply: {<<: {a: 1}}}", ["merge|<<"]),
    ("routes:\n  GET /: {reply: {a: 1, a: 2}}", ["twice|duplicate|already"]),
    ("routes: {GET /: {reply: 1}}\nroutes: {GET /x: {reply: 1}}", ["twice|duplicate|already"]),
    ("routes: {GET /: {reply: 1}}\n---\nroutes: {}", ["document"]),
    ("routes: {GET /: {reply: [1, 2}}", [""]),
    ("routes:\n\tGET /: {reply: 1}", ["tab"]),
    ("routes: {GET /: {reply: \"\\q\"}}", [""]),
    ("- routes", ["mapping|list"]),
    ("", ["routes|empty|nothing"]),
    ("just text", ["mapping|text|routes"]),
])
def test_yaml_that_is_refused(command, config_file, text, words):
    done = command("check", config_file(text))
    assert done.code == 78, done
    for word in words:
        assert re.search(word, done.out + done.err, re.I), f"no {word!r}: {done}"


def test_expressions_that_yaml_would_break_print_their_quoted_form(command, config_file):
    done = command("check", config_file("""
        services: {a: "http://127.0.0.1:1"}
        routes:
          GET /a:
            steps:
              x: {get: a/x}
            reply: {v: ${x.y}}
          GET /b:
            reply: ${true ? 'a: b' : 'c'}
        """))
    assert done.code == 78, done
    assert '"${x.y}"' in done.out + done.err, f"it should print the quoted form: {done}"


def test_a_hash_within_an_expression_prints_the_quoted_form(command, config_file):
    done = command("check", config_file("""
        routes:
          GET /b:
            reply: ${query.a ?? 'no #1'}
        """))
    assert done.code == 78, done
    said = done.out + done.err
    assert re.search(r"\"\$\{query\.a \?\? 'no #1'\}\"", said), done


@pytest.mark.parametrize("written, ok", [
    ("250ms", True), ("1s", True), ("1500ms", True), ("2m", True), ("1h", True), ("1.5s", None), ("5", False), ("0", False), ("0s", False),
    ("1 s", False), ("s", False), ("-1s", False), ("1d", None), ("1S", False), ("999999999999h", False), ("1s1s", None), ("''", False), ("null", False)])
def test_durations(command, config_file, written, ok):
    done = command("check", config_file("""
        services: {a: {url: "http://127.0.0.1:1", timeout: %s}}
        routes: {GET /: {proxy: a}}
        """ % written))
    if ok is not None:
        assert done.code == (0 if ok else 78), done


@pytest.mark.parametrize("url, ok", [
    ("http://127.0.0.1:8000", True), ("http://localhost", True), ("https://example.org/base/", True), ("http://[::1]:80/x", True),
    ("127.0.0.1:8000", False), ("ftp://x", False), ("http://", False), ("http://x:99999", False), ("http://u:p@x", False), ("http://x?y=1", False),
    ("http://x#y", False), ("http://a b", False), ("http:///x", False)])
def test_service_urls(command, config_file, url, ok):
    done = command("check", config_file("""
        services: {a: "%s"}
        routes: {GET /: {proxy: a}}
        """ % url))
    assert done.code == (0 if ok else 78), done


def test_a_base_path_goes_before_every_target(weir, upstream):
    up = upstream().always(json_reply(1))
    gate = weir("""
        services: {a: <a>/base/v1/}
        routes:
          GET /step:
            steps:
              x: {get: "a/items?x=1"}
            reply: ${x}
          GET /proxied: {proxy: a/items}
          GET /whole: {proxy: a}
        """, a=up)
    for path in ("/step", "/proxied", "/whole"):
        assert gate.get(path).status == 200
    assert [r.target for r in up.seen()] == ["/base/v1/items?x=1", "/base/v1/items", "/base/v1/whole"]


@pytest.mark.parametrize("key", ["auth", "redis", "telemetry"])
def test_words_of_a_later_version_say_so(command, config_file, key):
    done = command("check", config_file("%s: {}\nroutes: {GET /: {reply: 1}}" % key))
    assert done.code == 78 and key in done.out + done.err, done
