"""Problem bodies, `errors:` for systems with a form of their own, and `require:`."""

import pytest
from support.expect import problem, traced_problem
from support.upstream import hang, json_reply, reset, status
from support.waiting import wait_for

CONFIG = """
    %s
    services: {a: {url: <a>, retry: off, timeout: 300ms, breaker: {trip: {in_a_row: 3}, open: 20s}}}
    routes:
      GET /bad:
        steps:
          x: {get: a/bad}
        reply: ${x}
      GET /late:
        steps:
          x: {get: a/late}
        reply: ${x}
      GET /none:
        steps:
          x: {get: a/none, missing: 404}
        reply: ${x}
      GET /proxied: {proxy: a/late}
    """


def make(weir, upstream, extra=""):
    up = upstream().on("/bad", status(500)).on("/late", hang()).on("/none", status(404))
    return weir((CONFIG % "").replace("\n    ", "\n") + extra, a=up)


# Without a form of its own


def test_problems_say_what_failed_and_name_the_trace(weir, upstream):
    gate = make(weir, upstream)
    body = traced_problem(gate.get("/bad", {"traceparent": "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"}), 502, step="x")
    assert body["trace_id"] == "4bf92f3577b34da6a3ce929d0e0e4736"
    traced_problem(gate.get("/late"), 504, step="x")
    traced_problem(gate.get("/none"), 404)
    traced_problem(gate.get("/nowhere"), 404)
    traced_problem(gate.request("POST", "/bad"), 405)


def test_a_proxied_problem_only_repeated_its_title(weir, upstream, free_port):
    up = upstream().on("/late", hang()).on("/cut", reset())
    gate = weir("""
        services:
          prices: {url: <a>, retry: off, timeout: 200ms, breaker: {trip: {in_a_row: 2}, open: 20s}}
          stock: {url: "http://127.0.0.1:<gone>", retry: off, breaker: off}
        routes:
          GET /late: {proxy: prices/late}
          GET /cut: {proxy: prices/cut}
          GET /gone: {proxy: stock/x}
        """, a=up, gone=free_port)
    for path, status_, said in [("/late", 504, "the service 'prices' failed: response_timeout"),
                                ("/cut", 502, "the service 'prices' failed: reset"),
                                ("/cut", 503, "the service 'prices' failed: breaker_open"),
                                ("/gone", 502, "the service 'stock' failed: connect_refused")]:
        assert traced_problem(gate.get(path), status_, leaks=[up.port, free_port])["detail"] == said


def test_a_client_that_comes_too_often_was_told_the_title_alone(weir):
    gate = weir("""
        routes: {GET /: {rate_limit: {rate: 1/m}, reply: 1}}
        """)
    gate.get("/")
    assert "Retry-After" in traced_problem(gate.get("/"), 429)["detail"]


def test_a_problem_of_an_upstream_status_names_it_in_proxy_status(weir, upstream):
    answer = make(weir, upstream).get("/bad")
    assert "received-status=500" in answer.headers["Proxy-Status"], answer


def test_a_problem_lists_the_optional_steps_that_failed_as_well(weir, upstream):
    up = upstream().on("/one", status(503)).on("/two", status(500, delay=0.1))
    gate = weir("""
        services: {a: {url: <a>, retry: off}}
        routes:
          GET /:
            steps:
              one: {get: a/one, default: null}
              two: {get: a/two}
            reply: ok
        """, a=up)
    body = traced_problem(gate.get("/"), 502, step="two")
    assert {"step": "one", "reason": "status_503"}.items() <= body["errors"][0].items()


def test_problems_are_not_stored(weir, upstream):
    assert make(weir, upstream).get("/bad").headers["Cache-Control"] == "no-store"


# errors:

OWN = """
errors:
  causes:
    404: {code: "4040", message: not here}
    405: {code: "4050"}
    504: {code: "5040", message: too late}
    breaker_open: {status: 502, code: "5020", message: resting}
    '*': {code: "5000", message: server error}
  body: {object: error, code: "${error.code}", message: "${error.message}", status: "${error.status}", cause: "${error.cause}"}
"""


def test_errors_shapes_the_body_by_cause(weir, upstream):
    gate = make(weir, upstream, OWN)
    for path in ("/none", "/nowhere"):
        none = gate.get(path)
        assert (none.status, none.json()["code"], none.json()["message"]) == (404, "4040", "not here")
    late = gate.get("/late")
    assert late.status == 504
    assert late.json() == {"object": "error", "code": "5040", "message": "too late", "status": 504, "cause": "response_timeout"}
    assert late.headers["Content-Type"].startswith("application/json")
    # The fields stay.
    assert "http_response_timeout" in late.headers["Proxy-Status"]
    gate.get("/bad")
    bad = gate.get("/bad")
    assert (bad.status, bad.json()["code"], bad.json()["message"]) == (502, "5000", "server error")
    wrong = gate.request("POST", "/bad")
    assert (wrong.status, wrong.json()["code"]) == (405, "4050") and "GET" in wrong.headers["Allow"]
    assert gate.state("a") == "open"
    resting = gate.get("/bad")
    assert (resting.status, resting.json()["code"]) == (502, "5020")
    assert 1 <= int(resting.headers["Retry-After"]) <= 20
    assert "destination_unavailable" in resting.headers["Proxy-Status"]


def test_a_form_of_its_own_may_name_the_step_and_the_trace(weir, upstream):
    # The checker knew neither, so that nobody could write what the renderer has.
    gate = make(weir, upstream, """
    errors: {body: {trace: "${error.trace_id}", step: "${error.step}", cause: "${error.cause}"}}
    """.replace("\n    ", "\n"))
    trace = "4bf92f3577b34da6a3ce929d0e0e4736"
    parent = {"traceparent": f"00-{trace}-00f067aa0ba902b7-01"}
    assert gate.get("/bad", parent).json() == {"trace": trace, "step": "x", "cause": "status_500"}
    assert gate.get("/nowhere", parent).json() == {"trace": trace, "step": None, "cause": "not_found"}


def test_errors_that_the_server_itself_finds_have_the_form_too(weir, upstream):
    gate = make(weir, upstream, OWN)
    with gate.connect() as c:
        c.send("GET /bad HTTP/1.1\r\nHost: a b\r\n\r\n")
        answer = c.read_response()
    assert answer.status == 400
    assert answer.json()["object"] == "error" and answer.json()["code"] == "5000"


def test_the_most_exact_cause_counts(weir, upstream):
    gate = make(weir, upstream, """
errors:
  causes:
    '*': {code: any}
    5xx: {code: class}
    502: {code: status}
    status_500: {code: cause}
  body: ["${error.code}"]
""")
    assert gate.get("/bad").json() == ["cause"]
    assert gate.get("/late").json() == ["class"]
    assert gate.get("/none").json() == ["any"]


def test_a_route_and_a_group_have_their_own(weir, upstream):
    gate = weir("""
        services: {a: {url: <a>, retry: off}}
        errors: {body: {from: global, code: "${error.code}"}}
        routes:
          GET /global:
            steps:
              x: {get: a/x}
            reply: ${x}
          /v1:
            errors: {body: {from: group}}
            routes:
              GET /one:
                steps:
                  x: {get: a/x}
                reply: ${x}
              GET /own:
                errors: {body: {from: route}, content_type: application/x-own}
                steps:
                  x: {get: a/x}
                reply: ${x}
        """, a=upstream().always(status(500)))
    assert gate.get("/global").json() == {"from": "global", "code": "status_500"}
    assert gate.get("/v1/one").json() == {"from": "group"}
    own = gate.get("/v1/own")
    assert own.json() == {"from": "route"} and own.headers["Content-Type"] == "application/x-own"


# require:


def requiring(weir, upstream):
    up = upstream().on("/user/{u}", lambda x: json_reply({"active": x.request.slots["u"] == "1", "n": None})(x)).on("/x", json_reply("X"))
    gate = weir("""
        services: {a: <a>}
        routes:
          GET /{u}:
            require:
              - that: has(query.token)
                else: {status: 401, code: "4010", message: a token is needed}
              - {that: "size(query.token) == 3", else: {status: 403}}
              - {that: user.active, else: {status: 409, code: inactive, message: "not active"}}
              - that: x == 'X'
            steps:
              user: {get: "a/user/${path.u}"}
              x: {get: a/x, when: user.active}
            reply: {x: "${x}"}
        """, a=up)
    gate.up = up
    return gate


def test_requirements_are_checked_before_any_call(weir, upstream):
    gate = requiring(weir, upstream)
    body = problem(gate.get("/1"), 401, "a token is needed")
    assert body.get("code") == "4010"
    problem(gate.get("/1?token=12"), 403)
    assert gate.up.count() == 0


def test_requirements_are_checked_between_steps(weir, upstream):
    gate = requiring(weir, upstream)
    body = problem(gate.get("/2?token=123"), 409, "not active")
    assert body.get("code") == "inactive"
    assert gate.up.count("/x") == 0
    assert gate.get("/1?token=123").json() == {"x": "X"}


def test_a_requirement_that_does_not_hold_is_400_unless_it_says_otherwise(weir):
    gate = weir("""
        routes:
          GET /:
            require: [{that: "query.a == 'b'"}]
            reply: ok
        """)
    assert gate.get("/?a=b").json() == "ok"
    for query in ("?a=c", "", "?a="):
        problem(gate.get("/" + query), 400)


def test_requirements_of_a_group_come_first(weir):
    gate = weir("""
        routes:
          /v1:
            require: [{that: "has(query.a)", else: {status: 401}}]
            routes:
              GET /x:
                require: [{that: "has(query.b)", else: {status: 403}}]
                reply: ok
        """)
    assert gate.get("/v1/x").status == 401
    assert gate.get("/v1/x?a=1").status == 403
    assert gate.get("/v1/x?a=1&b=2").json() == "ok"


def test_a_refused_requirement_uses_the_systems_form(weir):
    gate = weir("""
        errors: {body: {object: error, code: "${error.code}", message: "${error.message}"}}
        routes:
          GET /:
            require: [{that: "has(request.headers['authorization'])", else: {status: 401, code: "4010", message: no authorization header}}]
            reply: ok
        """)
    answer = gate.get("/")
    assert (answer.status, answer.json()) == (401, {"object": "error", "code": "4010", "message": "no authorization header"})
    assert gate.get("/", {"Authorization": "x"}).status == 200


def test_a_proxied_route_may_require_too(weir, upstream):
    up = upstream().always(json_reply(1))
    gate = weir("""
        services: {a: <a>}
        routes:
          POST /:
            require: [{that: "query.a == 'b'", else: {status: 403}}]
            proxy: a/x
        """, a=up)
    problem(gate.post("/?a=c", b"body"), 403)
    assert up.count() == 0
    assert gate.post("/?a=b", b"body").json() == 1


@pytest.mark.parametrize("what", ["{status: 200}", "{status: 99}", "{code: 5, stat: 400}"])
def test_a_refusal_has_an_error_status(command, config_file, what):
    done = command("check", config_file("""
        routes:
          GET /:
            require: [{that: "true", else: %s}]
            reply: ok
        """ % what))
    assert done.code == 78, done


# What is wrong with the request, in words and in the route's form


SHAPED = """
    limits: {body: 10B}
    errors: {body: {everywhere: "${error.status}"}}
    services: {a: {url: <a>}}
    routes:
      POST /composed:
        steps:
          x: {post: a/x, body: "${request.body}"}
        reply: ${x}
        errors: {causes: {413: {status: 422, code: big}}, body: {here: "${error.code}"}}
      POST /proxied:
        proxy: a/x
        errors: {causes: {413: {status: 422, code: big}}, body: {here: "${error.code}"}}
      POST /plain: {proxy: a/x}
    """


@pytest.mark.parametrize("framing", ["length", "chunked"])
@pytest.mark.parametrize("path", ["/composed", "/proxied"])
def test_a_body_that_is_refused_has_the_error_form_of_its_route(weir, upstream, tmp_path, path, framing):
    log = tmp_path / "access"
    gate = weir(SHAPED, a=upstream().always(json_reply(1)), arguments=["--access-log", log])
    if framing == "length":
        answer = gate.post(path, b"x" * 20)
    else:
        with gate.connect() as c:
            c.send(f"POST {path} HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n14\r\n")
            answer = c.read_response()
    assert (answer.status, answer.json()) == (422, {"here": "big"})
    assert gate.post("/plain", b"x" * 20).json() == {"everywhere": 413}
    wait_for(lambda: len(log.read_text().splitlines()) == 2, what="both lines")
    assert '"status":422' in log.read_text().splitlines()[0]


def test_an_error_says_what_is_wrong_with_the_request(weir, upstream):
    gate = weir("""
        services: {a: {url: <a>}}
        routes:
          GET /x: {proxy: "a/x?of=${query.product}"}
          GET /y:
            steps:
              y: {get: "a/y?of=${query.product}"}
            reply: ${y}
        """, a=upstream().always(json_reply(1)))
    assert "product" in traced_problem(gate.get("/x"), 400)["detail"]
    assert "product" in traced_problem(gate.get("/y"), 400, step="y")["detail"]
    assert "path" in traced_problem(gate.get("/%zz"), 400)["detail"]
    assert "route" in traced_problem(gate.get("/nowhere"), 404)["detail"]
    assert "Allow" in traced_problem(gate.post("/x"), 405)["detail"]


def test_no_default_stands_in_for_what_is_wrong_with_the_request(weir, upstream):
    gate = weir("""
        services: {a: {url: <a>}}
        routes:
          GET /one:
            steps:
              y: {get: "a/y?of=${query.product}", default: null}
            reply: ${y}
          GET /many:
            steps:
              all: {value: [1, 2]}
              y: {each: all as n, get: "a/${n}?of=${query.product}", default: null}
            reply: ${y}
        """, a=upstream().always(json_reply(1)))
    for path in ("/one", "/many"):
        assert "product" in traced_problem(gate.get(path), 400, step="y")["detail"]
        assert gate.get(path + "?product=1").status == 200


def test_options_of_the_whole_server(weir, upstream):
    gate = weir("routes: {GET /x: {reply: 1}}")
    answer = gate.request("OPTIONS", "*")
    assert answer.status == 204 and "GET" in answer.headers["Allow"]
