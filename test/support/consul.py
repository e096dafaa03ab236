"""Consul, twice: a real agent (test/support/get-consul brings it) and one played by the test.

    consul = FakeConsul().start()
    consul.services["shop"] = [upstream_a, upstream_b]     # any changes are seen by blocking queries
    consul.behave = "junk"                                  # "empty", "leaderless", "500", "hang"
"""

import json
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import threading
import time
import urllib.request
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

from support import ports

HERE = Path(__file__).resolve().parent


class FakeConsul:
    """Speaks as much of Consul's HTTP as weir asks for, and misbehaves on demand."""

    def __init__(self, port=None, lists_registered=False):
        self.port = port or ports.reserve()
        self.lists_registered = lists_registered  # who registers is an instance for those who ask
        self.behave = "well"
        self.requests = []
        self.registered = {}
        self.passed = []
        self.deregistered = []
        self._services = {}
        self._index = 10
        self._changed = threading.Condition()
        self._server = None

    @property
    def address(self):
        return f"127.0.0.1:{self.port}"

    @property
    def url(self):
        return f"http://{self.address}"

    def passing(self, service):
        """The ids of those that have registered as this service."""
        return sorted(i for i, entry in self.registered.items() if entry["Name"] == service)

    def forget(self, id):
        """As an agent that was restarted has."""
        self.registered.pop(id, None)
        self._relist()

    def _relist(self):
        if not self.lists_registered:
            return
        by = {}
        for entry in list(self.registered.values()):
            by.setdefault(entry["Name"], []).append((entry["Address"], entry["Port"]))
        for service in {*by, *self._services}:
            self.list(service, *by.get(service, []))

    def list(self, service, *instances, weights=None, tags=()):
        """Sets the instances: Upstreams, ports or (host, port)."""
        entries = []
        for i, one in enumerate(instances):
            host, port = one if isinstance(one, tuple) else ("127.0.0.1", getattr(one, "port", one))
            entries.append({"Node": {"Node": "n", "Address": "127.0.0.1"},
                            "Service": {"ID": f"{service}-{port}", "Service": service, "Address": host, "Port": port,
                                        "Tags": list(tags), "Weights": {"Passing": (weights or [1] * 99)[i], "Warning": 1}},
                            "Checks": [{"Status": "passing"}]})
        with self._changed:
            self._services[service] = entries
            self._index += 1
            self._changed.notify_all()

    def start(self):
        outer = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def log_message(self, *_):
                pass

            def do_GET(self):
                outer._get(self)

            def do_PUT(self):
                outer._put(self)

        class Server(ThreadingHTTPServer):
            daemon_threads = True
            allow_reuse_address = True
            request_queue_size = 1024

            def handle_error(self, *_):
                pass

        self._server = Server(("127.0.0.1", self.port), Handler)
        self._open = set()
        self.stopping = False
        take = self._server.get_request

        def remember():
            sock, address = take()
            self._open.add(sock)
            return sock, address

        self._server.get_request = remember
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
        return self

    def stop(self):
        self.stopping = True
        with self._changed:
            self._changed.notify_all()
        if self._server:
            self._server.shutdown()
            self._server.server_close()
            for sock in list(self._open):
                try:
                    sock.shutdown(socket.SHUT_RDWR)
                except OSError:
                    pass
                sock.close()
            self._server = None

    def misbehave(self, how):
        """From now on, those that wait included."""
        with self._changed:
            self.behave = how
            self._changed.notify_all()

    def _answer(self, to, status, body, index=True, leader="true"):
        data = body if isinstance(body, bytes) else json.dumps(body).encode()
        to.send_response(status)
        to.send_header("Content-Type", "application/json")
        to.send_header("Content-Length", str(len(data)))
        if index:
            to.send_header("X-Consul-Index", str(self._index))
            to.send_header("X-Consul-KnownLeader", leader)
        to.end_headers()
        to.wfile.write(data)

    def _get(self, to):
        parts = urlsplit(to.path)
        query = {k: v for k, v in parse_qs(parts.query, keep_blank_values=True).items()}
        self.requests.append((parts.path, query, dict(to.headers)))
        name = parts.path.rpartition("/")[2]
        if self.behave == "well" or self.behave == "empty":
            wanted = int(query.get("index", ["0"])[0])
            wait = float(query.get("wait", ["1000ms"])[0][:-2]) / 1000
            end = time.monotonic() + wait
            before = self.behave
            with self._changed:
                while (not self.stopping and self._index <= wanted and self.behave == before
                       and time.monotonic() < end):
                    self._changed.wait(min(0.5, end - time.monotonic()))
        if self.stopping:
            to.close_connection = True
            return
        how = self.behave
        if how == "well":
            tags = query.get("tag", [])
            entries = [e for e in self._services.get(name, []) if all(t in e["Service"]["Tags"] for t in tags)]
            self._answer(to, 200, entries)
        elif how == "empty":
            self._answer(to, 200, [])
        elif how == "junk":
            self._answer(to, 200, b"<html>this is no Consul</html>")
        elif how == "garbage":
            to.wfile.write(b"\x00\xff\x16\x03 nonsense\r\n\r\n")
            to.close_connection = True
        elif how == "leaderless":
            self._answer(to, 500, b"No cluster leader", index=False)
        elif how == "hang":
            while self.behave == "hang" and not self.stopping:
                time.sleep(0.05)
            to.close_connection = True

    def _put(self, to):
        length = int(to.headers.get("Content-Length", "0"))
        body = to.rfile.read(length)
        path = urlsplit(to.path).path
        self.requests.append((path, parse_qs(urlsplit(to.path).query), dict(to.headers)))
        if path == "/v1/agent/service/register":
            entry = json.loads(body)
            self.registered[entry["ID"]] = entry
            self._relist()
            self._answer(to, 200, b"", index=False)
        elif path.startswith("/v1/agent/service/deregister/"):
            self.deregistered.append(path.rpartition("/")[2])
            self.forget(path.rpartition("/")[2])
            self._answer(to, 200, b"", index=False)
        elif path.startswith("/v1/agent/check/pass/"):
            check = path.rpartition("/")[2]
            known = any(check == f"service:{i}" for i in self.registered)
            self.passed.append(check)
            self._answer(to, 200 if known else 404, b"" if known else b"Unknown check", index=False)
        else:
            self._answer(to, 404, b"", index=False)


def real_consul():
    """The binary, or None where it is not there: test/support/get-consul brings it."""
    named = os.environ.get("CONSUL")
    for path in (named, HERE.parents[1] / "build/consul/usr/bin/consul", shutil.which("consul")):
        if path and Path(path).exists():
            return Path(path)
    return None


class Consul:
    """A real agent in dev mode (one server, in memory), or one server of several."""

    def __init__(self, directory=None, port=None, data=None, arguments=(), host="127.0.0.1"):
        self.binary = real_consul()
        assert self.binary, "there is no consul: run test/support/get-consul first"
        self.directory = Path(directory or tempfile.mkdtemp(prefix="consul"))
        self.port = port or ports.reserve()
        self.host = host
        self.arguments = list(arguments)
        self.others = [ports.reserve() for _ in range(4)]
        self.process = None

    @property
    def address(self):
        return f"{self.host}:{self.port}"

    @property
    def url(self):
        return f"http://{self.address}"

    def start(self, ready=True):
        dns, serf, wan, server = self.others
        for port in self.others:
            ports.release(port)  # the claim is the UDP twin, which gossip and DNS want themselves
        given = self.arguments or ["-dev"]
        self.out = open(self.directory / f"consul-{self.port}.log", "ab")
        self.process = subprocess.Popen(
            [self.binary, "agent", *given, "-bind", self.host, "-client", self.host, "-node", f"n{self.port}",
             "-http-port", str(self.port), "-dns-port", str(dns), "-serf-lan-port", str(serf),
             "-serf-wan-port", str(wan), "-server-port", str(server), "-grpc-port", "-1", "-log-level", "warn"],
            stdout=self.out, stderr=subprocess.STDOUT, cwd=self.directory)
        if ready:
            self.wait_ready()
        return self

    def wait_ready(self, timeout=30):
        end = time.monotonic() + timeout
        while True:
            try:
                if json.loads(self.ask("GET", "/v1/status/leader")):
                    # A leader is not at once ready to take registrations.
                    self.ask("PUT", "/v1/kv/ready", b"1")
                    return self
            except (OSError, ValueError):
                pass
            assert time.monotonic() < end, f"consul is not ready after {timeout} s"
            time.sleep(0.1)

    def ask(self, method, path, body=None):
        request = urllib.request.Request(self.url + path, data=body, method=method)
        with urllib.request.urlopen(request, timeout=10) as answer:
            return answer.read()

    def register(self, service, port, **more):
        entry = {"ID": f"{service}-{port}", "Name": service, "Address": "127.0.0.1", "Port": port, **more}
        self.ask("PUT", "/v1/agent/service/register", json.dumps(entry).encode())
        return entry["ID"]

    def deregister(self, id):
        self.ask("PUT", f"/v1/agent/service/deregister/{id}", b"")

    def kill(self):
        if self.process and self.process.poll() is None:
            self.process.send_signal(signal.SIGKILL)
            self.process.wait()

    def stop(self):
        self.kill()
        if self.process:
            self.out.close()
