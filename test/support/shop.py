"""The shop's services as processes of a test. $WEIR_SHOP and $WEIR_DEMO name the binaries (default:
beside weir's)."""

import json
import os
import random
import signal
import socket
import subprocess
import time

import pytest

from support import ports
from support.raw_client import Connection
from support.weir_process import SLOWER, _check_sanitizers, _environment, binary


def program(name):
    path = os.environ.get(name.upper().replace("-", "_"))
    return path or str(binary().parent / name)


class Service:
    """`weir-shop KIND` on a port of its own."""

    def __init__(self, directory, kind, *arguments, dsn=None):
        self.directory = directory
        self.kind = kind
        self.port = ports.reserve()
        self.arguments = [kind, "--listen", f"127.0.0.1:{self.port}", *map(str, arguments)]
        if dsn is not None:
            self.arguments += ["--dsn", dsn]
        elif kind != "inventory":
            self.arguments += ["--dsn", f"sqlite:{directory / kind}.db"]
        self.process = None

    def start(self, ready=True):
        self.err = open(self.directory / f"{self.kind}-{self.port}.log", "ab")
        self.process = subprocess.Popen([program("weir-shop"), *self.arguments], stdin=subprocess.DEVNULL,
                                        stdout=self.err, stderr=self.err, cwd=self.directory,
                                        env=_environment(self.directory, None))
        if ready:
            self.wait_ready()
        return self

    def wait_ready(self, timeout=10.0):
        end = time.monotonic() + timeout * SLOWER
        while True:
            assert self.process.poll() is None, f"ended with {self.process.returncode}:\n{self.log()}"
            try:
                if self.get("/livez").status == 200:
                    return
            except OSError:
                pass
            assert time.monotonic() < end, f"not ready after {timeout} s:\n{self.log()}"
            time.sleep(0.01)

    def connect(self, timeout=10.0):
        return Connection(self.port, timeout=timeout * SLOWER)

    def request(self, method, target, body=None, timeout=10.0):
        with self.connect(timeout) as c:
            return c.request(method, target, {}, body)

    def get(self, target, timeout=10.0):
        return self.request("GET", target, timeout=timeout)

    def faults(self, **what):
        answer = self.request("POST", "/_fault", json.dumps(what))
        assert answer.status == 200, answer
        return answer.json()

    def log(self):
        return (self.directory / f"{self.kind}-{self.port}.log").read_text(errors="replace")

    def stop(self):
        """SIGTERM and the exit code."""
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(15 * SLOWER)

    def clean_up(self):
        if self.process is not None:
            if self.process.poll() is None:
                self.process.kill()
                self.process.wait()
            self.err.close()
        ports.release(self.port)
        _check_sanitizers(self.directory)


@pytest.fixture
def shop(tmp_path):
    """shop(KIND, arguments…, dsn=…): one more service, running."""
    made = []

    def make(kind, *arguments, start=True, **more):
        made.append(Service(tmp_path, kind, *arguments, **more))
        return made[-1].start() if start else made[-1]

    yield make
    for service in made:
        service.clean_up()


def run_to_end(directory, name, *arguments, timeout=30, **more):
    """A command of ours to its end: the exit code, and what it said."""
    done = subprocess.run([program(name), *map(str, arguments)], capture_output=True, text=True, cwd=directory,
                          stdin=subprocess.DEVNULL, timeout=timeout * SLOWER, env=_environment(directory, None),
                          **more)
    _check_sanitizers(directory)
    return done


class SixPorts:
    """Six free ports in a row, claimed as support.ports claims one: by their UDP twins."""

    def __init__(self):
        for _ in range(500):
            self.first = random.SystemRandom().randint(20000, 31990)
            self.claims = []
            if all(self._claim(self.first + n) for n in range(6)):
                return
            self.release()
        raise RuntimeError("no six free ports in a row")

    def _claim(self, number):
        claim = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.claims.append(claim)
        with socket.socket() as probe:
            try:
                claim.bind(("127.0.0.1", number))
                probe.bind(("0.0.0.0", number))
                return True
            except OSError:
                return False

    def release(self):
        for claim in self.claims:
            claim.close()
