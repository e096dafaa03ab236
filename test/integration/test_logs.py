"""Logs: transitions once, an access line for each request on demand, attempts at debug level."""

import json
import time

import pytest
from support.expect import aborted
from support.upstream import json_reply, raw, status
from support.waiting import wait_for
from support.weir_process import SLOWER

CONFIG = """
    services: {a: {url: <a>, retry: {attempts: 2, backoff: 1ms}, breaker: {trip: {in_a_row: 2}, open: 500ms}}}
    routes:
      GET /x/{n}:
        steps:
          x: {get: "a/x/${path.n}", default: null}
        reply: {x: "${x}"}
      GET /required:
        steps:
          x: {get: a/x/1}
        reply: ${x}
      GET /proxied: {proxy: a/x/1}
    """


def access(path, count):
    end = time.monotonic() + 5 * SLOWER
    while True:
        lines = path.read_text().splitlines() if path.exists() else []
        if len(lines) >= count:
            return [json.loads(line) for line in lines]
        assert time.monotonic() < end, f"{len(lines)} of {count} lines"
        time.sleep(0.02)


def test_each_transition_is_one_line(weir, upstream):
    up = upstream().always(status(500))
    gate = weir(CONFIG, a=up)
    gate.get("/x/1")
    gate.get("/x/2")
    gate.wait_log("circuit a closed -> open")
    for _ in range(5):
        gate.get("/x/3")
    gate.wait_state("a", "half-open")
    gate.get("/x/4")
    gate.wait_log("circuit a half-open -> open")
    gate.wait_state("a", "half-open")
    up.always(json_reply(1))
    assert gate.get("/x/5").json() == {"x": 1}
    gate.wait_log("circuit a half-open -> closed")
    lines = gate.log_lines("circuit a ")
    seen = [line[line.index("circuit a") :] for line in lines]
    changes = [" ".join(s.split()[2:5]).rstrip(":;,") for s in seen]
    assert changes == ["closed -> open", "open -> half-open", "half-open -> open", "open -> half-open", "half-open -> closed"], seen
    # The reason stands beside it.
    assert "failures=2" in lines[0] and "status_500" in lines[0], lines[0]


def test_without_a_request_the_log_is_silent(weir, upstream):
    up = upstream().always(json_reply(1))
    gate = weir(CONFIG, a=up)
    wait_for(lambda: "INFO listening address" in gate.log(), what="the last line of the start")
    before = len(gate.log())
    for n in range(20):
        gate.get(f"/x/{n}")
    assert len(gate.log()) == before, gate.log()


def test_an_access_line_for_each_request(weir, upstream, tmp_path):
    up = upstream().always(json_reply(1))
    log = tmp_path / "access.log"
    gate = weir(CONFIG, a=up, arguments=["--access-log", log])
    gate.get("/x/1?secret=1", {"traceparent": "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"})
    gate.get("/nowhere")
    gate.get("/proxied")
    up.always(status(500))
    gate.get("/x/2")
    gate.get("/required")
    lines = access(log, 5)
    assert len(lines) == 5
    for line in lines:
        assert {"time", "method", "path", "status", "bytes", "duration_ms", "client", "trace_id"} <= set(line), line
        assert line["client"] == "127.0.0.1" and line["method"] == "GET"
        assert 0 <= line["duration_ms"] < 5000
        assert len(line["trace_id"]) == 32
    # Two workers write side by side, each line after its answer has gone out.
    by_path = {line["path"]: line for line in lines}
    one, nowhere, proxied = by_path["/x/1?secret=1"], by_path["/nowhere"], by_path["/proxied"]
    partial, failed = by_path["/x/2"], by_path["/required"]
    assert one["status"] == 200 and one["route"] == "GET /x/{n}" and one["path"].startswith("/x/1")
    assert one["trace_id"] == "4bf92f3577b34da6a3ce929d0e0e4736"
    assert one["bytes"] == len('{"x":1}')
    assert not one.get("cause")
    assert nowhere["status"] == 404 and nowhere["cause"] == "not_found" and not nowhere.get("route")
    assert proxied["status"] == 200 and proxied["bytes"] == 1 and not proxied.get("cause")
    assert partial["status"] == 200 and partial["cause"] == "status_500"
    assert failed["status"] == 502 and failed["cause"] in ("status_500", "breaker_open")


def test_the_bytes_of_an_access_line_are_those_of_the_answer_s_body(weir, tmp_path):
    log = tmp_path / "access.log"
    gate = weir("""
        workers: 1
        routes:
          GET /: {reply: 12345}
          GET /none: {status: 204, reply: {}}
          POST /: {reply: "${request.body}"}
        """, arguments=["--access-log", log])
    gate.get("/")
    gate.request("HEAD", "/")
    gate.get("/none")
    with gate.connect() as c:
        c.send("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\n" + "a" * 300)
        time.sleep(0.2 * SLOWER)
        c.reset()
    assert [(line["status"], line["bytes"]) for line in access(log, 4)] == [(200, 5), (200, 0), (204, 0), (499, 0)]


def test_access_lines_on_stdout(weir, upstream):
    gate = weir(CONFIG, a=upstream().always(json_reply(1)), arguments=["--access-log", "-"])
    gate.get("/x/1")
    line = access(gate.directory / "stdout", 1)[0]
    assert line["path"] == "/x/1"


@pytest.mark.parametrize("path", ["/x/%22%0a%7b%5c", "/x/\u00e4".encode().decode("latin-1"), "/x/a\"b"])
def test_an_access_line_cannot_be_forged(weir, upstream, tmp_path, path):
    log = tmp_path / "access.log"
    gate = weir(CONFIG, a=upstream().always(json_reply(1)), arguments=["--access-log", log])
    gate.get(path)
    assert len(access(log, 1)) == 1
    gate.get("/x/ok")
    assert len(access(log, 2)) == 2


def test_a_request_that_is_refused_by_the_parser_has_a_line_too(weir, upstream, tmp_path):
    log = tmp_path / "access.log"
    gate = weir(CONFIG, a=upstream().always(json_reply(1)), arguments=["--access-log", log])
    with gate.connect() as c:
        c.send("GET /x/1 HTTP/1.1\r\nHost : x\r\n\r\n")
        c.read_response()
    line = access(log, 1)[0]
    assert line["status"] == 400 and line["cause"]


def test_an_access_log_is_reopened_by_a_reload(weir, upstream, tmp_path):
    """As log rotation wants it: move the file, send SIGHUP, and the next line is in a new one."""
    log = tmp_path / "access.log"
    gate = weir(CONFIG, a=upstream().always(json_reply(1)), arguments=["--access-log", log])
    gate.get("/x/1")
    access(log, 1)
    log.rename(tmp_path / "access.log.1")
    gate.reload()
    gate.get("/x/2")
    assert access(log, 1)[0]["path"] == "/x/2"


def test_debug_shows_each_attempt_and_none_while_the_circuit_is_open(weir, upstream):
    up = upstream().always(status(503))
    gate = weir(CONFIG, a=up, arguments=["--log-level", "debug"])
    gate.get("/x/1")
    attempts = gate.wait_log(r"GET .*/x/1.*503", count=2)
    assert len(attempts) == 2
    assert all(str(up.port) in line for line in attempts), attempts
    assert gate.state("a") == "open"
    before = len(gate.log_lines("/x/"))
    for _ in range(5):
        gate.get("/x/7")
    time.sleep(0.1)
    assert len(gate.log_lines(r"/x/7")) == 0 or len(gate.log_lines("/x/")) == before


def test_info_shows_no_attempts(weir, upstream):
    gate = weir(CONFIG, a=upstream().always(json_reply(1)))
    gate.get("/x/1")
    assert gate.log_lines("/x/1") == []


def test_the_log_as_json_lines_in_a_file(weir, upstream, tmp_path):
    log = tmp_path / "weir.log"
    gate = weir(CONFIG, a=upstream().always(status(500)), arguments=["--log", log, "--log-json"])
    gate.get("/x/1")
    gate.get("/x/1")
    for line in access(log, 3):
        assert {"level", "message"} <= set(line)
    assert any("circuit a closed -> open" in line["message"] for line in access(log, 3))
    assert gate.log_lines("closed -> open") == []


@pytest.mark.parametrize("level, info, warn", [("info", True, True), ("warn", False, True), ("error", False, False)])
def test_levels(weir, upstream, level, info, warn):
    gate = weir(CONFIG, a=upstream().always(status(500)), arguments=["--log-level", level])
    gate.get("/x/1")
    gate.get("/x/1")
    time.sleep(0.1)
    assert bool(gate.log_lines(r"\bINFO\b|\binfo\b")) == info
    assert bool(gate.log_lines("circuit a closed -> open")) == warn


def test_secrets_of_a_service_are_not_logged(weir, upstream):
    gate = weir("""
        services: {a: {url: <a>, headers: {Authorization: "Bearer ${TEST_TOKEN}"}}}
        routes:
          GET /:
            steps:
              x: {get: a/x}
            reply: ${x}
        """, a=upstream().always(json_reply(1)), env={"TEST_TOKEN": "topsecret"}, arguments=["--log-level", "debug"])
    gate.get("/", {"Authorization": "Bearer clientsecret"})
    assert "topsecret" not in gate.log() and "clientsecret" not in gate.log()


def test_an_answer_that_was_broken_off_keeps_the_status_it_began_with(weir, upstream, tmp_path):
    log = tmp_path / "access"
    half = raw("HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\nhalf", end="close", pause_before_end=0.1)
    gate = weir(CONFIG, a=upstream().always(half), arguments=["--access-log", log])
    with gate.connect() as c:
        c.send("GET /proxied HTTP/1.1\r\nHost: x\r\n\r\n")
        aborted(c, c.read_head())
    line = access(log, 1)[0]
    assert (line["status"], line["cause"]) == (200, "truncated"), line
    metrics = gate.metrics()
    assert metrics.sum("http_server_request_duration_seconds_count", http_response_status_code="200",
                       error_type="truncated") == 1


@pytest.mark.parametrize("route", ["/required", "/proxied"])
def test_debug_says_why_an_attempt_got_no_answer(weir, upstream, route):
    gate = weir(CONFIG, a=upstream().always(raw("SSH-2.0-x\r\n")), arguments=["--log-level", "debug"])
    gate.get(route)
    gate.wait_log("attempt failed.*the status line is malformed")


def test_a_reset_of_a_closed_circuit_is_no_transition(weir, upstream):
    gate = weir(CONFIG, a=upstream().always(json_reply(1)))
    assert gate.act("a", "reset").status == 200
    gate.wait_log("circuit changed by an operator")
    assert gate.log_lines("closed -> closed") == []
