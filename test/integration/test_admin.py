"""The admin listener: health, metrics, circuits and the actions on them."""

import pytest
from support.expect import problem, refused
from support.raw_client import Connection
from support.upstream import chunked, hang, json_reply, raw, status
from support.waiting import wait_for

CONFIG = """
    services:
      a: {url: <a>, retry: {attempts: 2, backoff: 1ms}, breaker: {trip: {in_a_row: 4}, open: 30s}}
      b: {url: <a>, breaker: {trip: {ratio: 50%, within: 10s, min_calls: 4}, open: 20s}}
      plain: <a>
    routes:
      GET /a/{x}:
        steps:
          x: {get: "a/${path.x}", default: null}
        reply: ${x}
      GET /b/{x}: {proxy: "b/${path.x}"}
      GET /fixed: {reply: 1}
    """


@pytest.fixture
def gate(weir, upstream):
    up = upstream().on("/bad", status(503)).on("/good", json_reply(1))
    one = weir(CONFIG, a=up)
    one.up = up
    return one


# Health


def test_livez(gate):
    answer = gate.admin("GET", "/livez")
    assert answer.status == 200


def test_readyz_depends_on_no_circuit(gate):
    gate.act("a", "force-open")
    answer = gate.admin("GET", "/readyz")
    assert answer.status == 200
    verbose = gate.admin("GET", "/readyz?verbose")
    assert verbose.status == 200 and "[+]" in verbose.text


def test_head_of_health(gate):
    assert gate.admin("HEAD", "/livez").status == 200


def test_the_admin_paths_are_not_on_the_clients_listener(gate):
    for path in ("/livez", "/readyz", "/metrics", "/circuits"):
        assert gate.get(path).status == 404


def test_unknown_admin_paths_and_methods(gate):
    assert gate.admin("GET", "/nowhere").status == 404
    for method, path, allow in [("POST", "/livez", "GET, HEAD"), ("DELETE", "/metrics", "GET, HEAD"),
                                ("GET", "/circuits/a/reset", "POST"), ("PUT", "/circuits/a/reset", "POST")]:
        answer = gate.admin(method, path)
        body = problem(answer, 405)
        assert (answer.headers["Allow"], body["code"]) == (allow, "method_not_allowed"), answer
    assert problem(gate.admin("GET", "/nowhere"), 404)["code"] == "not_found"
    assert problem(gate.admin("POST", "/circuits/a/reset"), 403)["code"] == "forbidden"


def test_a_malformed_request_to_the_admin_listener_gets_a_problem(gate):
    refused(gate.admin_port, "GET /livez HTTP/1.1\r\n\r\n", 400)


def test_the_name_of_the_loopback_is_the_same_in_capitals(gate):
    with Connection(gate.admin_port) as c:
        c.send("POST /circuits/a/reset HTTP/1.1\r\nHost: LocalHost:1\r\nX-Weir-Admin: 1\r\n\r\n")
        assert c.read_response().status == 200


# Circuits


def test_circuits(gate):
    for _ in range(2):
        gate.get("/a/bad")
    gate.get("/b/good")
    circuits = gate.circuits()
    assert set(circuits) == {"a", "b"}, "a service without a breaker has none"
    a, b = circuits["a"], circuits["b"]
    assert a["state"] == "open"
    assert a["failures"] == 4
    assert 20_000 < a["time_to_probe_ms"] <= 30_000
    assert a["not_permitted"] == 0
    assert "503" in str(a["last_error"])
    assert b["state"] == "closed"
    assert b["calls"] == {"successful": 1, "failed": 0, "ignored": 0} and b["failures"] == 0
    assert b["failure_rate"] == -1
    assert b["window"]
    assert b["last_error"] is None and b["time_to_probe_ms"] in (None, 0)
    assert gate.admin("GET", "/circuits").headers["Content-Type"].startswith("application/json")


def test_the_failure_rate_shows_from_the_least_number_of_calls(gate):
    for path in ("good", "good", "bad", "good", "good"):
        gate.get("/b/" + path)
    assert gate.circuit("b")["failure_rate"] == pytest.approx(0.2) or gate.circuit("b")["failure_rate"] == pytest.approx(20)


# Actions


def test_force_open_force_close_and_reset(gate):
    assert gate.act("a", "force-open").status in (200, 204)
    assert gate.metrics().value("weir_circuitbreaker_state", name="a", state="forced_open") == 1
    gate.up.forget()
    gate.get("/a/good")
    assert gate.up.count() == 0
    assert gate.act("a", "force-close").status in (200, 204)
    assert gate.state("a") == "closed"
    assert gate.get("/a/good").json() == 1
    gate.get("/a/bad")
    assert gate.circuit("a")["failures"] == 2, "from here on it goes its usual way"
    assert gate.act("a", "reset").status in (200, 204)
    assert gate.circuit("a")["failures"] == 0
    assert gate.state("a") == "closed"
    for _ in range(2):
        gate.get("/a/bad")
    assert gate.state("a") == "open"


def test_reset_closes_an_open_circuit(gate):
    for _ in range(2):
        gate.get("/a/bad")
    gate.act("a", "reset")
    assert gate.state("a") == "closed"
    assert gate.get("/a/good").json() == 1


@pytest.mark.parametrize("headers", [
    {}, {"X-Weir-Admin": "0"}, {"X-Weir-Admin": ""}, {"X-Weir-Admin": "1", "Host": "evil.example"}, {"X-Weir-Admin": "1", "Host": "127.0.0.1.evil.example"},
    {"X-Weir-Admin": "1", "Host": "localhost.evil.example:80"}, {"X-Weir-Admin": "1", "Host": "10.0.0.1"}, {"Origin": "http://127.0.0.1"}])
@pytest.mark.parametrize("action", ["force-open", "force-close", "reset"])
def test_actions_need_a_loopback_host_and_the_header(gate, headers, action):
    answer = gate.admin("POST", f"/circuits/a/{action}", headers)
    assert answer.status == 403, answer
    assert gate.state("a") == "closed"


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "localhost:9901", "[::1]:9901", "127.0.0.1:1"])
def test_loopback_hosts(gate, host):
    assert gate.admin("POST", "/circuits/a/force-open", {"X-Weir-Admin": "1", "Host": host}).status in (200, 204)
    assert gate.state("a") in ("open", "forced-open", "forced_open")


def test_actions_on_what_is_not_there(gate):
    assert gate.act("nowhere", "reset").status == 404
    assert gate.act("plain", "reset").status == 404
    assert gate.act("a", "explode").status == 404
    assert gate.admin("GET", "/circuits/a/reset", {"X-Weir-Admin": "1"}).status in (404, 405)


# Metrics


def test_metrics_of_circuits_have_the_known_shape(gate):
    for _ in range(3):
        gate.get("/b/good")
    gate.get("/a/bad")
    gate.get("/a/bad")
    gate.get("/a/good")
    metrics = gate.metrics()
    states = {labels["state"]: value for labels, value in metrics.all("weir_circuitbreaker_state", name="a")}
    assert states == {"closed": 0, "open": 1, "half_open": 0, "forced_open": 0, "disabled": 0}
    assert metrics.value("weir_circuitbreaker_calls_seconds_count", name="a", kind="failed") == 4
    assert metrics.value("weir_circuitbreaker_calls_seconds_count", name="b", kind="successful") == 3
    assert metrics.value("weir_circuitbreaker_calls_seconds_sum", name="b", kind="successful") > 0
    assert metrics.value("weir_circuitbreaker_calls_seconds_count", name="b", kind="ignored") == 0
    assert metrics.value("weir_circuitbreaker_not_permitted_calls_total", name="a") == 1
    assert metrics.value("weir_circuitbreaker_failure_rate", name="b") == -1
    assert metrics.value("weir_circuitbreaker_buffered_calls", name="b") == 3 or metrics.sum("weir_circuitbreaker_buffered_calls", name="b") == 3
    assert metrics.types["weir_circuitbreaker_state"] == "gauge"
    assert metrics.types["weir_circuitbreaker_not_permitted_calls_total"] == "counter"


BUCKETS = [".005", ".01", ".025", ".05", ".075", ".1", ".25", ".5", ".75", "1", "2.5", "5", "7.5", "10", "+Inf"]


def test_metrics_of_requests(gate):
    for path in ("/a/good", "/a/good", "/a/bad", "/fixed", "/nowhere", "/b/bad"):
        gate.get(path)
    metrics = gate.metrics()
    name = "http_server_request_duration_seconds"
    assert metrics.types[name] == "histogram"
    assert metrics.sum(name + "_count", http_route="/a/{x}", http_request_method="GET", http_response_status_code="200") == 3
    assert metrics.sum(name + "_count", http_route="/fixed") == 1
    assert metrics.sum(name + "_count", http_route="/b/{x}", http_response_status_code="503") == 1
    assert metrics.sum(name + "_count", http_response_status_code="404") == 1
    assert "/nowhere" not in metrics.text and "/a/good" not in metrics.text, "the template is the label, never the path"
    buckets = [labels["le"] for labels, _ in metrics.all(name + "_bucket", http_route="/fixed")]
    assert [float(b) for b in buckets] == [float(b) for b in BUCKETS]
    values = [v for _, v in metrics.all(name + "_bucket", http_route="/fixed")]
    assert values == sorted(values) and values[-1] == 1


def test_metrics_of_calls(gate):
    gate.get("/a/good")
    gate.get("/a/bad")
    metrics = gate.metrics()
    name = "http_client_request_duration_seconds"
    assert metrics.types[name] == "histogram"
    assert metrics.sum(name + "_count", http_response_status_code="200") == 1
    assert metrics.sum(name + "_count", http_response_status_code="503") == 2
    assert metrics.sum(name + "_count", error_type="503") == 2 or metrics.sum(name + "_count", error_type="status_503") == 2


CUT = {
    "its connection ends": (raw(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\nsome", end="close"), "truncated"),
    "its chunks end": (chunked(["some"], finish=False), "truncated"),
    "its time ends": (raw(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\nsome", pause_before_end=3), "response_timeout"),
    "a small one's connection ends": (raw(b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nsome", end="close"), "truncated"),
}


@pytest.mark.parametrize("how", list(CUT))
def test_a_proxied_answer_that_breaks_off_was_noted_at_its_head_as_successful(weir, upstream, how):
    answer, cause = CUT[how]
    gate = weir("""
        services: {a: {url: <a>, timeout: 500ms, breaker: {trip: {in_a_row: 9}, open: 9s}}}
        routes: {GET /: {proxy: a/x}}
        """, a=upstream().always(answer))
    with gate.connect() as c:
        c.send(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
        wait_for(lambda: gate.metrics().sum("http_server_request_duration_seconds_count") == 1, what="its end")
    metrics = gate.metrics()
    for series in ("calls_total", "calls_seconds_count"):
        kinds = [metrics.value(f"weir_circuitbreaker_{series}", name="a", kind=k) for k in ("successful", "failed", "ignored")]
        assert kinds == [0, 1, 0], series
    calls = "http_client_request_duration_seconds_count"
    assert metrics.sum(calls) == metrics.sum(calls, error_type=cause, http_response_status_code="200") == 1


def test_a_proxied_answer_takes_its_time_to_its_end(weir, upstream):
    gate = weir("""
        services: {a: {url: <a>, breaker: {trip: {in_a_row: 9}, open: 9s}}}
        routes: {GET /: {proxy: a/x}}
        """, a=upstream().always(chunked(["some", "more"], pause=0.1)))
    assert gate.get("/").text == "somemore"
    metrics = gate.metrics()
    assert metrics.value("weir_circuitbreaker_calls_seconds_count", name="a", kind="successful") == 1
    assert metrics.value("weir_circuitbreaker_calls_seconds_sum", name="a", kind="successful") > 0.15


def test_a_silent_service_is_noted_as_the_circuit_takes_it_where_the_caller_has_a_deadline(weir, upstream):
    gate = weir("""
        trusted_proxies: [127.0.0.1]
        services: {a: {url: <a>, attempt_timeout: 100ms, retry: off, breaker: {trip: {in_a_row: 9}, open: 9s}}}
        routes: {GET /: {proxy: a/x}}
        """, a=upstream().always(hang()))
    assert gate.get("/", {"x-envoy-expected-rq-timeout-ms": "1000"}).status == 504
    metrics = gate.metrics()
    for series in ("calls_total", "calls_seconds_count"):
        assert metrics.value(f"weir_circuitbreaker_{series}", name="a", kind="failed") == 1, series


def test_metrics_are_a_prometheus_page(gate):
    answer = gate.admin("GET", "/metrics")
    assert answer.headers["Content-Type"].startswith("text/plain; version=0.0.4")
    gate.metrics()


def test_counters_never_fall_over_a_reload(gate):
    for _ in range(5):
        gate.get("/a/good")
    before = gate.metrics()
    gate.reload()
    gate.get("/a/good")
    after = gate.metrics()
    for name in ("weir_circuitbreaker_calls_seconds_count", "http_server_request_duration_seconds_count", "http_client_request_duration_seconds_count"):
        assert after.sum(name) >= before.sum(name) + 1, name


def test_a_scrape_under_way_of_many_requests_adds_up(gate):
    with gate.connect() as c:
        for _ in range(200):
            c.request("GET", "/fixed")
    assert gate.metrics().sum("http_server_request_duration_seconds_count", http_route="/fixed") == 200


def test_the_admin_listener_is_as_strict_as_the_other(gate):
    with Connection(gate.admin_port) as c:
        c.send("GET /livez HTTP/1.1\r\nHost : x\r\n\r\n")
        assert c.read_response().status == 400


def test_names_with_quotes_do_not_break_the_page(weir, upstream):
    gate = weir("""
        services: {a-b: <a>}
        routes: {"GET /q%22q/{x}": {proxy: a-b}}
        """, a=upstream().always(json_reply(1)))
    gate.get("/q%22q/1")
    gate.metrics()


def test_partial_answers_of_one_path_are_one_series(weir):
    gate = weir("""
        services: {a: {url: "http://127.0.0.1:9", retry: off}}
        routes:
          GET /x:
            steps:
              s: {get: a/x, default: null}
            reply: ${s}
          POST /x:
            steps:
              s: {get: a/x, default: null}
            reply: ${s}
        """)
    assert [gate.get("/x").status, gate.post("/x").status] == [200, 200]
    assert gate.metrics().value("weir_partial_answers_total") == 2
