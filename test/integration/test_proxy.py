"""Pass-through: what goes up and what comes down."""

import pytest
from support.expect import problem
from support.upstream import chunked, json_reply, respond, status

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
      GET /exact/{x}: {proxy: "a/other/${path.x}?fixed=1&u=${query.u ?? null}"}
      GET /query: {proxy: "a/q?${request.query}"}
      GET /plain: {proxy: a/plain}
      GET /composed:
        steps:
          x: {get: a/x, forward: [x-request-tag, cookie]}
        reply: ${x}
      GET /named:
        steps:
          x: {get: a/x, forward: [traceparent, tracestate, x-envoy-expected-rq-timeout-ms]}
        reply: ${x}
      POST /typed:
        steps:
          own: {post: a/own, body: {a: 1}, headers: {content-type: application/merge-patch+json}}
          weirs: {post: a/weirs, body: {a: 1}, forward: [content-type]}
          bare: {post: a/bare, forward: [content-type]}
        reply: [ "${own}", "${weirs}", "${bare}" ]
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


def test_headers_of_a_proxied_route_replace_the_clients_and_may_be_computed(weir, upstream):
    up = upstream().always(json_reply(1))
    gate = weir("""
        services: {a: {url: <a>, headers: {X-Service: s, X-Route: from the service}}}
        routes:
          GET /{x}:
            proxy: a/x
            headers: {X-Route: r, X-Computed: "id ${path.x}", X-Null: "${query.n ?? null}"}
        """, a=up)
    gate.get("/7", {"X-Service": "c", "X-Route": "c", "X-Computed": "c", "X-Other": "c"})
    seen = up.last.headers
    assert [seen.all(n) for n in ("X-Service", "X-Route", "X-Computed", "X-Other")] == [["s"], ["r"], ["id 7"], ["c"]]
    assert "X-Null" not in seen


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


def test_a_composed_body_has_one_type(gate):
    gate.post("/typed", b"x", {"Content-Type": "text/plain"})
    types = {r.path: r.headers.all("Content-Type") for r in gate.up.seen()}
    assert types == {"/own": ["application/merge-patch+json"], "/weirs": ["application/json"], "/bare": ["text/plain"]}


def test_what_is_told_of_trace_and_time_is_told_once(gate):
    gate.get("/named", {"traceparent": TRACE, "x-envoy-expected-rq-timeout-ms": "7"})
    seen = gate.up.last.headers
    assert len(seen.all("traceparent")) == 1
    assert len(seen.all("x-envoy-expected-rq-timeout-ms")) == 1 and seen["x-envoy-expected-rq-timeout-ms"] != "7"


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


@pytest.mark.parametrize("route", ["/whole/x", "/bare", "/named"])
def test_the_state_of_a_trace_goes_along_with_it(gate, route):
    gate.get(route, [("traceparent", TRACE), ("tracestate", "a=1,b=2"), ("tracestate", "c=3")])
    assert ",".join(gate.up.last.headers.all("tracestate")).replace(" ", "") == "a=1,b=2,c=3"
    assert len(gate.up.last.headers.all("traceparent")) == 1
    # That of a trace that cannot be read says nothing about the new one.
    gate.get(route, {"traceparent": "junk", "tracestate": "a=1"})
    assert "tracestate" not in gate.up.last.headers
    gate.get(route, {"tracestate": "a=1"})
    assert "tracestate" not in gate.up.last.headers


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
                                                         ("Date", "Sun, 06 Nov 1994 08:49:37 GMT"), ("Connection", "x-hop"), ("X-Hop", "1"), ("Keep-Alive", "timeout=5")], content_type="x/y"))
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
