"""One test for each defect that the first runs of the whole found, named after what was wrong."""

import pytest
from support.expect import problem
from support.raw_client import format_request
from support.upstream import hang, in_turn, json_reply, respond, status


def test_replies_had_two_colons_behind_their_keys(weir, upstream):
    gate = weir("""
        services: {a: <a>}
        routes:
          GET /:
            steps:
              x: {get: a/x}
            reply: {constant: {k: 1}, computed: {k: "${x}"}}
        """, a=upstream().always(json_reply(2)))
    assert gate.get("/").text == '{"constant":{"k":1},"computed":{"k":2}}'


def test_trailers_too_large_were_431_as_if_they_were_the_head(weir, upstream):
    gate = weir("""
        services: {a: <a>}
        routes: {POST /: {proxy: a}}
        """, a=upstream().always(json_reply(1)))
    with gate.connect() as c:
        c.try_send(f"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nX: {'y' * 20000}\r\n\r\n")
        problem(c.read_response(), 400)


PROXIED = """
    services: {a: {url: <a>, retry: {attempts: 2, backoff: 1ms}, honours: idempotency-key}}
    routes:
      POST /{x}:
        require: [{that: "query.ok == 'yes'", else: {status: 403}}]
        headers: {X-Id: "${path.x}", X-Fixed: ours}
        proxy: "a/x?flag&id=${path.x}"
    """


def test_requirements_were_ignored_on_proxied_routes(weir, upstream):
    up = upstream().always(json_reply(1))
    gate = weir(PROXIED, a=up)
    problem(gate.post("/7"), 403)
    assert up.count() == 0


def test_headers_of_a_proxied_route_were_sent_beside_the_clients_or_not_at_all(weir, upstream):
    up = upstream().always(json_reply(1))
    weir(PROXIED, a=up).post("/7?ok=yes", b"", {"X-Id": "theirs", "X-Fixed": "theirs"})
    assert (up.last.headers.all("X-Id"), up.last.headers.all("X-Fixed")) == (["7"], ["ours"])


def test_a_parameter_without_a_value_was_given_one(weir, upstream):
    up = upstream().always(json_reply(1))
    weir(PROXIED, a=up).post("/7?ok=yes")
    assert up.last.target == "/x?flag&id=7"


@pytest.mark.parametrize("key, tries", [({"Idempotency-Key": "k"}, 2), ({}, 1)])
def test_an_honoured_idempotency_key_changed_nothing(weir, upstream, key, tries):
    up = upstream().always(in_turn(status(503), json_reply(1)))
    weir(PROXIED, a=up).post("/7?ok=yes", b"", key)
    assert up.count() == tries


def test_text_that_is_no_utf_8_was_taken(weir, upstream):
    gate = weir("""
        services: {a: <a>}
        routes:
          GET /:
            steps:
              x: {get: a/x, as: text, default: none}
            reply: ${x}
        """, a=upstream().always(respond(200, b"\xff\xfe")))
    assert gate.get("/").json() == "none"


def test_the_last_error_of_a_circuit_did_not_name_the_status(weir, upstream):
    gate = weir("""
        services: {a: {url: <a>, breaker: {trip: {in_a_row: 9}, open: 1s}}}
        routes: {GET /: {proxy: a}}
        """, a=upstream().always(status(503)))
    gate.get("/")
    assert gate.circuit("a")["last_error"] == "status_503"


@pytest.mark.parametrize("limit", ["timeout", "attempt_timeout"])
def test_the_last_error_of_a_circuit_had_another_word_for_a_time_out(weir, upstream, limit):
    gate = weir(f"""
        services: {{a: {{url: <a>, {limit}: 100ms, breaker: {{trip: {{in_a_row: 1}}, open: 9s}}}}}}
        routes: {{GET /: {{steps: {{x: {{get: a/x}}}}, reply: "${{x}}"}}}}
        """, a=upstream().always(hang()))
    assert gate.get("/").json()["code"] == "response_timeout"
    assert gate.circuit("a")["last_error"] == "response_timeout"
    assert "last_error=response_timeout" in gate.wait_log("circuit a closed -> open")[0]


def test_a_slow_client_was_a_failure_of_the_service(weir, upstream):
    gate = weir("""
        limits: {body_timeout: 20s, body_least_rate: 0}
        services: {a: {url: <a>, timeout: 900ms, breaker: {trip: {in_a_row: 9}, open: 1s}}}
        routes: {POST /: {proxy: a}}
        """, a=upstream().always(json_reply(1)))
    with gate.connect() as c:
        c.send(format_request("POST", "/", {"Content-Length": "20"}, host="x"))
        c.send_slowly(b"x" * 20, pause=0.1)
        c.read_response()
    assert gate.circuit("a")["failures"] == 0


def test_time_outs_counted_where_failures_does_not_name_them(weir, upstream):
    gate = weir("""
        services: {a: {url: <a>, timeout: 200ms, failures: [5xx], breaker: {trip: {in_a_row: 9}, open: 1s}}}
        routes: {GET /: {proxy: a}}
        """, a=upstream().always(lambda x: x.hang()))
    assert gate.get("/").status == 504
    assert gate.circuit("a")["failures"] == 0


def test_a_piece_of_a_slow_client_that_came_with_the_time_out_made_it_the_services_failure(weir, upstream):
    gate = weir("""
        limits: {body_timeout: 20s, body_least_rate: 0}
        services: {a: {url: <a>, timeout: 60ms, breaker: {trip: {in_a_row: 99}, open: 1s}}}
        routes: {POST /: {proxy: a}}
        """, a=upstream().always(json_reply(1)))
    for _ in range(30):
        with gate.connect() as c:
            c.send(format_request("POST", "/", {"Content-Length": "100000"}, host="x"))
            c.send_slowly(b"x" * 400, pause=0.0002)
            c.read_response()
    assert gate.circuit("a")["failures"] == 0
