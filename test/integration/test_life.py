"""Life of the process: drain on SIGTERM, reload on SIGHUP, and what survives them."""

import os
import signal
import textwrap
import time

import pytest
from support.expect import closes
from support.raw_client import format_request
from support.upstream import hang, json_reply, respond, status
from support.weir_process import SLOWER

ONE = """
    drain: {notice: %s, timeout: %s}
    services: {a: {url: <a>, retry: off, timeout: 10s, breaker: {trip: {failures: 3, within: 20s}, open: %s}}}
    routes:
      GET /:
        steps:
          x: {get: a/x}
        reply: {x: "${x}", version: 1}
      GET /fast: {reply: fast}
      GET /stream: {deadline: none, proxy: a/stream}
    """


# SIGTERM


def test_an_idle_process_ends_at_once_with_0(weir):
    gate = weir("routes: {GET /: {reply: 1}}")
    started = time.monotonic()
    assert gate.stop() == 0
    assert time.monotonic() - started < 2 * SLOWER


def test_sigint_drains_too(weir):
    gate = weir("routes: {GET /: {reply: 1}}")
    gate.signal(signal.SIGINT)
    assert gate.wait() == 0


def test_during_the_notice_it_is_not_ready_but_goes_on(weir, upstream):
    gate = weir(ONE % ("1500ms", "10s", "1s"), a=upstream().always(json_reply(1)))
    assert gate.admin("GET", "/readyz").status == 200
    gate.signal(signal.SIGTERM)
    end = time.monotonic() + 1 * SLOWER
    while (ready := gate.admin("GET", "/readyz")).status != 503:
        assert time.monotonic() < end, ready
    assert gate.admin("GET", "/livez").status == 200
    # New connections are accepted, and told to go.
    for _ in range(3):
        with gate.connect() as c:
            answer = c.request("GET", "/")
            assert answer.json()["x"] == 1
            assert answer.headers["Connection"].lower() == "close"
            closes(c)
    assert gate.wait() == 0


def test_what_runs_is_finished_and_idle_connections_are_closed(weir, upstream):
    up = upstream().always(respond(200, "1", delay=1.0))
    gate = weir(ONE % ("0s", "10s", "1s"), a=up)
    idle, busy = gate.connect(), gate.connect()
    with idle, busy:
        assert idle.request("GET", "/fast").status == 200
        busy.send(format_request("GET", "/", host="x"))
        up.wait_for(1)
        gate.signal(signal.SIGTERM)
        assert idle.ending() in ("closed", "reset")
        answer = busy.read_response()
        assert answer.json()["x"] == 1
        assert answer.headers["Connection"].lower() == "close"
    assert gate.wait() == 0


def test_what_does_not_finish_is_cut_at_the_drain_timeout(weir, upstream):
    up = upstream().always(hang())
    gate = weir(ONE % ("0s", "700ms", "1s"), a=up)
    with gate.connect() as c:
        c.send(format_request("GET", "/", host="x"))
        up.wait_for(1)
        started = time.monotonic()
        gate.signal(signal.SIGTERM)
        gate.wait()
        assert 0.6 <= time.monotonic() - started < 3 * SLOWER
    assert gate.log_lines(r"drained .*cut_off=1\b")


def test_a_second_sigterm_quits(weir, upstream):
    up = upstream().always(hang())
    gate = weir(ONE % ("0s", "30s", "1s"), a=up)
    with gate.connect() as c:
        c.send(format_request("GET", "/", host="x"))
        up.wait_for(1)
        gate.signal(signal.SIGTERM)
        time.sleep(0.5)
        assert gate.alive()
        gate.signal(signal.SIGTERM)
        gate.wait(3)


def test_after_the_drain_nobody_listens(weir, upstream):
    up = upstream().always(respond(200, "1", delay=1.5))
    gate = weir(ONE % ("0s", "10s", "1s"), a=up)
    with gate.connect() as c:
        c.send(format_request("GET", "/", host="x"))
        up.wait_for(1)
        gate.signal(signal.SIGTERM)
        time.sleep(0.5)
        with pytest.raises(ConnectionRefusedError):
            gate.connect()
        assert c.read_response().json()["x"] == 1
    assert gate.wait() == 0


# Reload

TWO = ONE.replace("version: 1", "version: 2")


def test_a_reload_swaps_the_routes(weir, upstream):
    gate = weir(ONE % ("0s", "5s", "1s"), a=upstream().always(json_reply(1)))
    assert gate.get("/").json()["version"] == 1
    gate.write(TWO % ("0s", "5s", "1s"))
    assert gate.get("/").json()["version"] == 1, "nothing happens before the signal"
    gate.reload()
    assert gate.get("/").json()["version"] == 2


def test_an_unchanged_listener_and_its_connections_stay(weir, upstream):
    gate = weir(ONE % ("0s", "5s", "1s"), a=upstream().always(json_reply(1)))
    with gate.connect() as c:
        assert c.request("GET", "/").json()["version"] == 1
        gate.write(TWO % ("0s", "5s", "1s"))
        gate.reload()
        answer = c.request("GET", "/")
        assert answer.json()["version"] == 2
        assert answer.headers.get("Connection", "").lower() != "close"


def test_calls_in_flight_belong_to_the_old_generation(weir, upstream):
    up = upstream().always(respond(200, '"slow"', delay=0.8))
    gate = weir(ONE % ("0s", "5s", "1s"), a=up)
    with gate.connect() as c:
        c.send(format_request("GET", "/", host="x"))
        up.wait_for(1)
        gate.write(TWO % ("0s", "5s", "1s"))
        gate.reload()
        assert c.read_response().json() == {"x": "slow", "version": 1}
        assert c.request("GET", "/").json()["version"] == 2


def test_a_stream_lives_through_a_reload(weir, upstream):
    def ticks(x):
        x.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
        for n in range(10):
            x.send(f"2\r\n{n}\n\r\n")
            x.sleep(0.1)
        x.send("0\r\n\r\n")

    gate = weir(ONE % ("0s", "5s", "1s"), a=upstream().always(ticks))
    with gate.connect() as c:
        c.send(format_request("GET", "/stream", host="x"))
        head = c.read_head()
        gate.write("routes: {GET /other: {reply: 1}}")
        gate.reload()
        assert b"".join(c.body_pieces(head)) == b"".join(b"%d\n" % n for n in range(10))
    assert gate.get("/other").json() == 1
    assert gate.get("/stream").status == 404


def trip(gate, up, times=3):
    up.always(status(500))
    for _ in range(times):
        gate.get("/")


def test_an_open_circuit_stays_open_for_its_time(weir, upstream):
    up = upstream()
    gate = weir(ONE % ("0s", "5s", "30s"), a=up)
    trip(gate, up)
    before = gate.circuit("a")
    assert before["state"] == "open"
    gate.write(TWO % ("0s", "5s", "30s"))
    gate.reload()
    after = gate.circuit("a")
    assert after["state"] == "open"
    assert after["time_to_probe_ms"] <= before["time_to_probe_ms"]
    up.forget()
    assert gate.get("/").status == 503
    assert up.count() == 0
    assert len(gate.wait_log("circuit a ")) == 1, "a reload is no transition"


def test_the_window_stays_unless_its_options_changed(weir, upstream):
    up = upstream()
    gate = weir(ONE % ("0s", "5s", "30s"), a=up)
    trip(gate, up, 2)
    gate.write(TWO % ("0s", "5s", "20s"))
    gate.reload()
    assert gate.circuit("a")["failures"] == 2
    trip(gate, up, 1)
    assert gate.state("a") == "open"

    gate.act("a", "reset")
    trip(gate, up, 2)
    gate.write((TWO % ("0s", "5s", "20s")).replace("within: 20s", "within: 10s"))
    gate.reload()
    assert gate.circuit("a")["failures"] == 0
    assert gate.state("a") == "closed"


def test_a_service_that_comes_and_goes(weir, upstream):
    up = upstream().always(json_reply(1))
    gate = weir(ONE % ("0s", "5s", "30s"), a=up)
    gate.write((ONE % ("0s", "5s", "30s")).replace("services: {a:", "services: {b: {url: <a>, breaker: {trip: {in_a_row: 2}, open: 1s}}, a:"))
    gate.reload()
    assert set(gate.circuits()) == {"a", "b"}
    gate.write("routes: {GET /other: {reply: 1}}")
    gate.reload()
    assert gate.circuits() == {}
    gate.write(ONE % ("0s", "5s", "30s"))
    gate.reload()
    assert gate.get("/").json()["x"] == 1


def test_a_service_whose_address_changed_is_called_there(weir, upstream):
    old, new = upstream().always(json_reply("old")), upstream().always(json_reply("new"))
    gate = weir(ONE % ("0s", "5s", "30s"), a=old)
    assert gate.get("/").json()["x"] == "old"
    gate.write(ONE % ("0s", "5s", "30s"), a=new)
    gate.reload()
    assert gate.get("/").json()["x"] == "new"


def test_what_a_reload_says_of_a_service_is_so_though_its_connections_stay(weir, upstream):
    up = upstream().always(lambda x: json_reply(x.request.headers["Host"])(x))
    gate = weir("services: {a: {url: <a>, host: \"shop:81\"}}\nroutes: {GET /: {proxy: a}}", a=up)
    assert gate.get("/").json() == "shop:81"
    gate.write("services: {a: {url: <a>, host: \"shop:82\"}}\nroutes: {GET /: {proxy: a}}", a=up)
    gate.reload()
    assert gate.get("/").json() == "shop:82"


def test_a_listener_that_changed_moves(weir, free_port):
    gate = weir("routes: {GET /: {reply: 1}}")
    old = gate.port
    gate.write(f"listen: 127.0.0.1:{free_port}\nroutes: {{GET /: {{reply: 2}}}}")
    gate.reload()
    gate.port = free_port
    assert gate.get("/").json() == 2
    gate.port = old
    with pytest.raises(ConnectionRefusedError):
        gate.connect()


def move(gate, port, up):
    """The same at another address, from the next reload on."""
    gate.write(f"listen: 127.0.0.1:{port}\n" + textwrap.dedent(ONE % ("0s", "10s", "1s")), a=up)


def test_a_stop_waits_for_what_runs_where_a_reload_took_the_address_away(weir, upstream, free_port):
    up = upstream().always(respond(200, "1", delay=1.5))
    gate = weir(ONE % ("0s", "10s", "1s"), a=up)
    with gate.connect() as c:
        c.send(format_request("GET", "/", host="x"))
        up.wait_for(1)
        move(gate, free_port, up)
        gate.reload()
        gate.signal(signal.SIGTERM)
        assert c.read_response().json()["x"] == 1
    assert gate.wait() == 0


def test_what_runs_where_a_reload_took_the_address_away_is_still_counted(weir, upstream, free_port):
    up = upstream().always(hang())
    gate = weir(ONE % ("0s", "10s", "1s"), a=up)
    with gate.connect() as c:
        c.send(format_request("GET", "/", host="x"))
        up.wait_for(1)
        move(gate, free_port, up)
        gate.reload()
        seen = gate.metrics()
        assert [seen.value(n) for n in ("http_server_active_requests", "weir_connections")] == [1, 1]


def test_there_is_no_reload_for_a_process_that_goes_away(weir, upstream, free_port):
    up = upstream().always(respond(200, "1", delay=1.5))
    gate = weir(ONE % ("0s", "10s", "1s"), a=up)
    with gate.connect() as c:
        c.send(format_request("GET", "/", host="x"))
        up.wait_for(1)
        gate.signal(signal.SIGTERM)
        gate.wait_log("going away")
        move(gate, free_port, up)
        gate.reload()
        time.sleep(0.2)
        gate.port = free_port
        with pytest.raises(ConnectionRefusedError):
            gate.connect()
        assert c.read_response().json()["x"] == 1
    assert gate.wait() == 0


def test_a_listener_that_cannot_be_had_keeps_the_old_configuration(weir, upstream):
    taken = upstream()
    gate = weir("routes: {GET /: {reply: 1}}")
    gate.write(f"listen: 127.0.0.1:{taken.port}\nroutes: {{GET /: {{reply: 2}}}}")
    gate.reload()
    assert gate.get("/").json() == 1
    gate.wait_log(str(taken.port))


def test_a_reload_says_what_waits_for_the_next_start(weir, free_port):
    gate = weir("workers: 1\nroutes: {GET /: {reply: 1}}")
    gate.write("workers: 2\nroutes: {GET /: {reply: 2}}")
    gate.reload()
    assert gate.get("/").json() == 2
    gate.wait_log("takes effect at the next start key=workers")
    assert not gate.log_lines("key=admin")
    gate.write(f"admin: 127.0.0.1:{free_port}\nworkers: 1\nroutes: {{GET /: {{reply: 3}}}}")
    gate.reload()
    assert gate.get("/").json() == 3
    gate.wait_log("takes effect at the next start key=admin")


def test_what_was_counted_of_a_route_stays_its_own_over_a_reload(weir):
    gate = weir("routes: {GET /a: {reply: 1}, GET /b: {reply: 1}, GET /c: {reply: 1}, GET /d: {reply: 1}}")
    for path in ("/a", "/b", "/b", "/c", "/c", "/c", "/d"):
        gate.get(path)
    gate.write("routes: {GET /new: {reply: 1}, GET /c: {reply: 1}}")
    gate.reload()
    gate.get("/c")
    counts = gate.metrics().all("http_server_request_duration_seconds_count")
    assert {labels["http_route"]: n for labels, n in counts} == {"/c": 4, "gone": 4}


def test_many_reloads_leak_nothing(weir, upstream):
    up = upstream().always(json_reply(1))
    gate = weir(ONE % ("0s", "5s", "30s"), a=up)
    for n in range(5):
        gate.reload()
        gate.get("/")
    descriptors, memory = gate.descriptors(), gate.resident_bytes()
    for n in range(40):
        gate.write(TWO % ("0s", "5s", f"{n + 1}s"))
        gate.reload()
        assert gate.get("/").json()["version"] == 2
    assert gate.descriptors() <= descriptors + 4
    assert gate.grew_since(memory) < 12 << 20


# Start


def test_several_listeners(weir, free_port):
    gate = weir(f"listen: [\"127.0.0.1:{free_port}\", \"[::1]:{free_port}\"]\nroutes: {{GET /: {{reply: 1}}}}")
    for host in ("127.0.0.1", "::1"):
        from support.raw_client import Connection

        with Connection(free_port, host=host) as c:
            assert c.request("GET", "/", host="x").json() == 1


def test_services_that_are_down_do_not_keep_it_from_starting(weir):
    gate = weir("""
        services: {a: "http://127.0.0.1:9", b: "http://no-such-name.invalid"}
        routes: {GET /: {reply: 1}, GET /a: {proxy: a}}
        """)
    assert gate.get("/").json() == 1
    assert gate.admin("GET", "/readyz").status == 200
    assert gate.get("/a").status == 502


def test_a_name_without_an_address_is_not_asked_for_at_each_request_and_told_of_once(weir):
    """Names that end in .onion are for no DNS server (RFC 7686): the resolver itself says no."""
    gate = weir("""
        services: {a: {url: "http://no-such-name.onion", breaker: off}}
        routes:
          GET /: {proxy: a}
          GET /x: {steps: {x: {get: a/x}}, reply: "${x}"}
        """)
    for _ in range(10):
        assert gate.get("/").status == 502
        assert gate.get("/x").status == 502
    assert len(gate.log_lines("cannot resolve")) == 1, gate.log()


def test_admin_off(weir):
    gate = weir("admin: off\nroutes: {GET /: {reply: 1}}")
    assert gate.get("/").json() == 1
    with pytest.raises(OSError):
        gate.admin("GET", "/livez")


def test_workers(weir):
    gate = weir("routes: {GET /: {reply: 1}}", arguments=["--workers", "4"])
    assert len(os.listdir(f"/proc/{gate.pid}/task")) >= 4
    assert all(gate.get("/").json() == 1 for _ in range(20))
