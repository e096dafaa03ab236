"""The programs of the demonstration systems as processes of a test. $WEIR_SHOP, $WEIR_DEMO and so on
name the binaries (default: beside weir's)."""

import json
import os
import re
import signal
import subprocess
import time
from pathlib import Path

import pytest

from support import ports
from support.raw_client import Connection
from support.weir_process import ROOT, SLOWER, _check_sanitizers, _environment, binary


def program(name):
    path = os.environ.get(name.upper().replace("-", "_"))
    return path or str(binary().parent / name)


class Service:
    """A program with `--listen`, on a port of its own."""

    def __init__(self, directory, name, *arguments, kind=""):
        self.directory = directory
        self.kind = kind or name
        self.port = ports.reserve()
        self.command = [program(name), *([kind] if kind else []), "--listen", f"127.0.0.1:{self.port}",
                        *map(str, arguments)]
        self.process = None

    def start(self, ready=True):
        self.err = open(self.directory / f"{self.kind}-{self.port}.log", "ab")
        self.process = subprocess.Popen(self.command, stdin=subprocess.DEVNULL,
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

    @property
    def url(self):
        return f"http://127.0.0.1:{self.port}"

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


def run_to_end(directory, name, *arguments, timeout=30, **more):
    """A command of ours to its end: the exit code, and what it said."""
    done = subprocess.run([program(name), *map(str, arguments)], capture_output=True, text=True, cwd=directory,
                          stdin=subprocess.DEVNULL, timeout=timeout * SLOWER, env=_environment(directory, None),
                          **more)
    _check_sanitizers(directory)
    return done


@pytest.fixture
def service(tmp_path):
    """service(PROGRAM, arguments…, kind=SUBCOMMAND): one more, running."""
    made = []

    def make(name, *arguments, start=True, **more):
        made.append(Service(tmp_path, name, *arguments, **more))
        return made[-1].start() if start else made[-1]

    yield make
    for one in made:
        one.clean_up()


def configuration(name, edits=None):
    """A system's configuration without its listeners; `edits` are texts to replace, each there once."""
    text = re.sub(r"^(listen|admin):.*\n", "", (ROOT / "systems" / name).read_text(), flags=re.M)
    for old, new in (edits or {}).items():
        assert text.count(old) == 1, f"{name} has {text.count(old)} times {old!r}"
        text = text.replace(old, new)
    return text


class Played:
    """Stories that the demo has played, all variants at once: they are mostly waiting."""

    def __init__(self, factory, system, ports_needed, variants, *, least_rows, arguments=("--quick",), scenario="outage"):
        playing = {}
        for variant in variants:
            directory, claimed = factory.mktemp(system), ports.Row(ports_needed)
            command = [program("weir-demo"), system, "--scenario", scenario, "--port-base", str(claimed.first),
                       *arguments, *variant]
            playing[variant] = directory, claimed, subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                env={**_environment(directory, None), "TMPDIR": str(directory)})
        self.ended = {}
        for variant, (directory, claimed, process) in playing.items():
            out, err = process.communicate(timeout=90 * SLOWER)
            claimed.release()
            _check_sanitizers(directory)
            assert list(Path(directory).glob(f"weir-{system}.*")) == [], "temporary files stay"
            rows = re.findall(r"^(pass|FAIL)  (.*)$", out, re.M)
            assert len(rows) >= least_rows, out + err
            self.ended[variant] = process.returncode, out, [what for verdict, what in rows if verdict == "FAIL"]

    def __getitem__(self, variant):
        return self.ended[variant]


def names(rows, *parts):
    """Each part is in one of the rows."""
    missing = [part for part in parts if not any(part in row for row in rows)]
    assert not missing, f"{missing} not among {rows}"
