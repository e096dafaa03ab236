"""Toxiproxy: a proxy that makes trouble on the wire when it is told to. test/support/get-toxiproxy brings
it.

    with Toxiproxy() as wire:
        way = wire.between(instance.port)      # way.port leads there
        way.add("latency", latency=100)        # from now on, for connections that are open too
        way.clear()
"""

import json
import os
import shutil
import subprocess
import time
import urllib.request
from pathlib import Path

from support import ports

HERE = Path(__file__).resolve().parent


def toxiproxy():
    """The binary, or None where it is not there."""
    named = os.environ.get("TOXIPROXY")
    for path in (named, HERE.parents[1] / "build/toxiproxy/server", shutil.which("toxiproxy-server")):
        if path and Path(path).exists():
            return Path(path)
    return None


class Way:
    def __init__(self, wire, port):
        self.wire, self.port, self.name, self.toxics = wire, ports.reserve(), f"to-{port}", []
        wire.ask("POST", "/proxies", {"name": self.name, "listen": f"127.0.0.1:{self.port}",
                                      "upstream": f"127.0.0.1:{port}", "enabled": True})

    @property
    def address(self):
        return f"127.0.0.1:{self.port}"

    @property
    def url(self):
        return f"http://{self.address}"

    def add(self, kind, stream="downstream", **attributes):
        made = self.wire.ask("POST", f"/proxies/{self.name}/toxics", {"type": kind, "stream": stream, "attributes": attributes})
        self.toxics.append(made["name"])

    def open(self, really):
        """Closed, it refuses connections, and those that are open end."""
        self.wire.ask("POST", f"/proxies/{self.name}", {"enabled": really})

    def clear(self):
        while self.toxics:
            self.wire.ask("DELETE", f"/proxies/{self.name}/toxics/{self.toxics.pop()}")
        self.open(True)


class Toxiproxy:
    def __enter__(self):
        self.port = ports.reserve()
        self.process = subprocess.Popen([toxiproxy(), "-host", "127.0.0.1", "-port", str(self.port)],
                                        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        end = time.monotonic() + 10
        while True:
            try:
                self.ask("GET", "/version")
                return self
            except OSError:
                assert self.process.poll() is None and time.monotonic() < end, "toxiproxy does not start"
                time.sleep(0.05)

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait()

    def between(self, port):
        return Way(self, port)

    def ask(self, method, path, body=None):
        data = json.dumps(body).encode() if body is not None else None
        request = urllib.request.Request(f"http://127.0.0.1:{self.port}{path}", data=data, method=method)
        with urllib.request.urlopen(request, timeout=10) as answer:
            text = answer.read()
        return json.loads(text) if text.startswith(b"{") else text
