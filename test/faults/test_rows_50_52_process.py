"""Rows 50–52: stops and reloads under load, and what the system refuses."""

import os
import re
import resource
import shutil
import signal
import socket
import subprocess
import tempfile
import threading
import time
from pathlib import Path

import pytest
from support.expect import problem
from support.raw_client import ClosedEarly, Connection, ResetByPeer, format_request
from support.upstream import json_reply, respond
from support.weir_process import SLOWER, Weir, binary, run_weir

# 50


class Load:
    """Keep-alive clients that never stop asking; each outcome is counted."""

    def __init__(self, port, target, clients=8):
        self.port, self.target = port, target
        self.done = threading.Event()
        self.answered = 0
        self.refused = 0          # the connect was refused: nobody was there, nothing was lost
        self.lost_fresh = []      # connected, but met the end before the first answer
        self.lost_established = []  # a connection that had served before broke a request
        self.wrong = []
        self._lock = threading.Lock()
        self._threads = [threading.Thread(target=self._client, daemon=True) for _ in range(clients)]
        for thread in self._threads:
            thread.start()

    def _client(self):
        request = format_request("GET", self.target, host="x")
        while not self.done.is_set():
            try:
                c = Connection(self.port, timeout=10 * SLOWER)
            except OSError:
                with self._lock:
                    self.refused += 1
                if self.done.wait(0.01):
                    return
                continue
            served = 0
            with c:
                while not self.done.is_set():
                    try:
                        c.send(request)
                        answer = c.read_response()
                    except (ClosedEarly, ResetByPeer, TimeoutError) as why:
                        with self._lock:
                            (self.lost_established if served else self.lost_fresh).append(repr(why))
                        break
                    served += 1
                    with self._lock:
                        self.answered += 1
                        if answer.status != 200:
                            self.wrong.append(answer)
                    if answer.headers.get("Connection", "").lower() == "close":
                        break

    def end(self):
        self.done.set()
        for thread in self._threads:
            thread.join(15 * SLOWER)
            assert not thread.is_alive()

    def __repr__(self):
        return (f"{self.answered} answered, {self.refused} connects refused, {len(self.lost_fresh)} fresh and "
                f"{len(self.lost_established)} established lost {self.lost_established[:3]}, {len(self.wrong)} wrong {self.wrong[:1]}")


LOADED = """
    services: {a: <a>}
    drain: {notice: 700ms, timeout: 20s}
    routes:
      GET /:
        steps:
          x: {get: a/x}
        reply: {x: "${x}"}
    """


def test_row_50_sigterm_under_load_loses_no_established_request(weir, upstream, capsys):
    up = upstream().always(respond(200, "1", delay=0.01))
    gate = weir(LOADED, a=up)
    load = Load(gate.port, "/")
    time.sleep(1)
    before = load.answered
    gate.signal(signal.SIGTERM)
    assert gate.wait(15) == 0
    load.end()
    print(load)
    assert before > 50
    assert load.answered > before, "nothing was answered while it drained"
    assert load.lost_established == [] and load.wrong == [], load
    # Between the last accept and the close of the listener a connect may still be completed by the
    # kernel; that is counted here and by the binary, and stays rare.
    assert len(load.lost_fresh) <= 2, load
    assert gate.log_lines(r"drain")


def test_row_50_sigterm_without_notice_finishes_what_runs(weir, upstream):
    up = upstream().always(respond(200, "1", delay=0.5))
    gate = weir(LOADED.replace("notice: 700ms", "notice: 0s"), a=up)
    clients = []
    for _ in range(20):
        c = gate.connect()
        c.send(format_request("GET", "/", host="x"))
        clients.append(c)
    up.wait_for(20)
    gate.signal(signal.SIGTERM)
    for c in clients:
        with c:
            answer = c.read_response()
            assert answer.json() == {"x": 1}
            assert answer.headers["Connection"] == "close"
    assert gate.wait() == 0


@pytest.mark.longest(120)
def test_row_50_reload_under_load_loses_nothing_at_all(weir, upstream):
    up = upstream().always(respond(200, "1", delay=0.005))
    gate = weir(LOADED, a=up)
    load = Load(gate.port, "/")
    time.sleep(0.3)
    for n in range(10):
        gate.write(LOADED.rstrip() + f"\n      GET /more{n}: {{reply: {n}}}\n")
        gate.reload()
        assert gate.get(f"/more{n}").json() == n
        time.sleep(0.05)
    load.end()
    assert load.answered > 100
    assert (load.refused, load.lost_fresh, load.lost_established, load.wrong) == (0, [], [], []), load


# 51


def serve_to_end(directory, config, *arguments, prefix=(), **names):
    gate = Weir(directory, config, arguments=arguments, prefix=prefix, **names)
    return run_weir(gate.directory, "serve", gate.file, *arguments, prefix=prefix)


def one_clear_line(done, code, *words):
    assert done.code == code, done
    lines = [line for line in done.err.splitlines() if line.strip()]
    assert lines, done
    assert len([line for line in lines if re.search("|".join(words), line)]) == 1, done
    for word in words:
        assert re.search(word, done.err), done


@pytest.mark.parametrize("which", ["listen", "admin"])
def test_row_51_a_taken_port(tmp_path, which):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        number = taken.getsockname()[1]
        done = serve_to_end(tmp_path / "w", f"{which}: 127.0.0.1:{number}\nroutes: {{GET /: {{reply: hi}}}}")
        one_clear_line(done, 1, f"127.0.0.1:{number}.*(taken|in use)")
        assert done.seconds < 5 * SLOWER


def test_row_51_two_of_us_on_one_port(weir, tmp_path):
    """SO_REUSEPORT must not let a second process take half of the connections."""
    gate = weir("routes: {GET /: {reply: hi}}")
    done = serve_to_end(tmp_path / "w", "routes: {GET /: {reply: hi}}", port=gate.port)
    one_clear_line(done, 1, "taken|in use")


NOBODY = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"]


@pytest.fixture
def open_directory():
    """A directory that user nobody may use."""
    path = Path(tempfile.mkdtemp(prefix="weir-nobody-"))
    path.chmod(0o777)
    yield path
    shutil.rmtree(path, ignore_errors=True)


def as_nobody():
    return NOBODY if os.geteuid() == 0 else []


def test_row_51_no_permission_for_the_port(open_directory):
    prefix = as_nobody()
    lowest = int(Path("/proc/sys/net/ipv4/ip_unprivileged_port_start").read_text())
    if lowest <= 80:
        # Containers often allow every port; a network of its own starts with the usual rule.
        prefix = ["unshare", "--net", *prefix] if prefix else ["unshare", "--user", "--net"]
    shutil.copy(binary(), open_directory / "weir")
    (open_directory / "c.yaml").write_text("listen: 0.0.0.0:80\nadmin: off\nroutes: {GET /: {reply: hi}}\n")
    done = subprocess.run([*prefix, open_directory / "weir", "serve", open_directory / "c.yaml"], capture_output=True,
                          text=True, timeout=20 * SLOWER, cwd=open_directory)
    assert done.returncode == 1, done
    assert re.search(r"0\.0\.0\.0:80.*(permission|not allowed)", done.stderr), done


def test_row_51_a_configuration_that_may_not_be_read(open_directory):
    shutil.copy(binary(), open_directory / "weir")
    path = open_directory / "c.yaml"
    path.write_text("routes: {GET /: {reply: hi}}\n")
    path.chmod(0)
    done = subprocess.run([*as_nobody(), open_directory / "weir", "serve", path], capture_output=True, text=True,
                          timeout=20 * SLOWER, cwd=open_directory)
    assert done.returncode in (1, 78), done
    assert re.search(r"c\.yaml.*(permission|may not)", done.stderr, re.I), done


@pytest.mark.parametrize("name", ["serve", "check", "explain"])
def test_row_51_a_configuration_that_is_not_there(command, tmp_path, name):
    done = command(name, tmp_path / "missing.yaml")
    assert done.code in (1, 78), done
    assert "missing.yaml" in done.err and re.search("no such file|not there|does not exist|not found", done.err, re.I), done


def test_row_51_a_full_disk_for_the_access_log(weir):
    gate = weir("routes: {GET /: {reply: hi}}", arguments=["--access-log", "/dev/full"])
    for _ in range(50):
        assert gate.get("/").json() == "hi"
    lines = gate.wait_log(r"access log|/dev/full|No space")
    # One clear line, not one for each request.
    assert len(lines) <= 3, lines
    assert gate.stop() == 0


def test_row_51_a_full_disk_for_the_log_itself(weir, upstream, tmp_path):
    gate = weir("""
        services: {a: {url: <a>, retry: off, breaker: {trip: {in_a_row: 2}, open: 100ms}}}
        routes:
          GET /:
            steps:
              x: {get: a/x, default: null}
            reply: ${x}
        """, start=False, a="http://127.0.0.1:9", arguments=["--log-level", "debug"])
    gate.prefix = ["sh", "-c", 'exec "$0" "$@" 2>/dev/full >/dev/full']
    gate.start()
    for _ in range(50):
        assert gate.get("/").json() is None
    assert gate.stop() == 0


def test_row_51_an_access_log_that_cannot_be_made(tmp_path):
    done = serve_to_end(tmp_path / "w", "routes: {GET /: {reply: hi}}", "--access-log", tmp_path / "no/such/directory/log")
    assert done.code == 1, done
    assert "no/such/directory/log" in done.err, done


# 52


def test_row_52_out_of_descriptors_accepting_pauses_and_resumes(weir):
    gate = weir("routes: {GET /: {reply: hi}}", rlimits=[(resource.RLIMIT_NOFILE, 64, 64)], arguments=["--workers", "2"])
    request = format_request("GET", "/", host="x")
    held = [Connection(gate.port, timeout=10 * SLOWER) for _ in range(150)]
    time.sleep(0.3)
    cpu = gate.cpu_seconds()
    time.sleep(1)
    assert gate.cpu_seconds() - cpu < 0.25, "it spins"
    assert gate.alive()
    # Those that were accepted are served.
    served = 0
    for c in held:
        c.send(request)
    for c in held:
        if c.readable(0.02):
            assert c.read_response().json() == "hi"
            served += 1
            c.close()
    assert served >= 10
    # As they leave, the others get their turn.
    waiting = [c for c in held if c.sock.fileno() >= 0]
    for c in waiting:
        assert c.read_response().json() == "hi"
        c.close()
    assert gate.get("/").json() == "hi"
    assert gate.admin("GET", "/livez").status == 200


def test_row_52_no_descriptor_left_for_the_service(weir, upstream):
    up = upstream().always(json_reply(1))
    gate = weir("""
        services: {a: {url: <a>, retry: off, breaker: {trip: {in_a_row: 100}, open: 1s}}}
        routes:
          GET /:
            steps:
              x: {get: a/x}
            reply: ${x}
        """, a=up, rlimits=[(resource.RLIMIT_NOFILE, 48, 48)], arguments=["--workers", "1"])
    held = []
    try:
        for _ in range(60):
            held.append(Connection(gate.port, timeout=10 * SLOWER))
        time.sleep(0.3)
        held[0].send(format_request("GET", "/", host="x"))
        answer = held[0].read_response()
        if answer.status != 200:
            problem(answer, answer.status)
            assert answer.status in (502, 503), answer
    finally:
        for c in held:
            c.close()
    end = time.monotonic() + 10 * SLOWER
    while gate.get("/").status != 200:
        assert time.monotonic() < end
        time.sleep(0.1)
    # A shortage here is no fault of the service.
    assert gate.circuit("a")["failures"] == 0
