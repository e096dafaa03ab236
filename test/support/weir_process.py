"""Runs the real binary: `serve` as a process that is watched and always cleaned up, and the other
commands as calls. $WEIR names the binary (default: build/release/bin/weir)."""

import json
import os
import re
import signal
import subprocess
import textwrap
import time
from pathlib import Path

from support import ports
from support.raw_client import Connection, format_request
from support.upstream import Upstream

ROOT = Path(__file__).resolve().parents[2]
SUPPRESSIONS = ROOT / "test/support/tsan-suppressions"
# Sanitizers make everything slower; limits of time in tests are multiplied by this.
SLOWER = float(os.environ.get("WEIR_TEST_SLOWER", "1"))


def binary():
    path = Path(os.environ.get("WEIR", ROOT / "build/release/bin/weir"))
    assert path.exists(), f"there is no {path}: build it (./run build), or set WEIR"
    return path


def filled(text, **names):
    """`<name>` in the text becomes the value; a service becomes its URL."""
    text = textwrap.dedent(text)
    for name, value in names.items():
        value = value.url if isinstance(value, Upstream) else str(value)
        text = text.replace(f"<{name}>", value)
    left = re.search(r"<[a-z_0-9]+>", text)
    assert left is None, f"nothing was given for {left[0]}"
    return text


def _environment(directory, extra):
    own = {k: v for k, v in os.environ.items() if not k.startswith(("WEIR_", "OTEL_"))}
    report = Path(directory) / "sanitizer"
    own["NO_COLOR"] = "1"
    own["ASAN_OPTIONS"] = f"log_path={report}:abort_on_error=1:detect_leaks=1:quarantine_size_mb=4"
    own["UBSAN_OPTIONS"] = f"log_path={report}:print_stacktrace=1:halt_on_error=1"
    own["TSAN_OPTIONS"] = f"log_path={report}:halt_on_error=0:second_deadlock_stack=1:suppressions={SUPPRESSIONS}"
    own.update(extra or {})
    return own


def _check_sanitizers(directory):
    for report in sorted(Path(directory).glob("sanitizer.*")):
        text = report.read_text(errors="replace")
        if text.strip():
            raise AssertionError(f"a sanitizer reported:\n{text[:6000]}")


class Finished:
    """What a command gave."""

    def __init__(self, code, out, err, seconds):
        self.code, self.out, self.err, self.seconds = code, out, err, seconds

    def json(self):
        try:
            return json.loads(self.out)
        except ValueError as why:
            raise AssertionError(f"not JSON ({why}): {self}") from None

    def __repr__(self):
        return f"<exit {self.code}\nstdout: {self.out}\nstderr: {self.err}>"


def run_weir(directory, *arguments, stdin=None, env=None, timeout=20, prefix=()):
    """One command to its end."""
    started = time.monotonic()
    done = subprocess.run([*prefix, str(binary()), *map(str, arguments)], input=stdin, capture_output=True,
                          text=True, env=_environment(directory, env), timeout=timeout * SLOWER, cwd=directory)
    _check_sanitizers(directory)
    assert done.returncode >= 0, f"ended by signal {-done.returncode}: {done.stderr}"
    return Finished(done.returncode, done.stdout, done.stderr, time.monotonic() - started)


class Weir:
    """`weir serve` on ports of its own.

    weir = Weir(directory, '''services: {a: <a>} ...''', a=upstream).start()

    `listen:` and `admin:` are put before the configuration unless it has them.
    """

    def __init__(self, directory, config, arguments=(), env=None, prefix=(), rlimits=(), **names):
        self.directory = Path(directory)
        self.directory.mkdir(parents=True, exist_ok=True)
        self.port = names.pop("port", None) or ports.reserve()
        self.admin_port = ports.reserve()
        self.file = self.directory / "weir.yaml"
        self.names = names
        self.write(config)
        self.arguments = list(arguments)
        self.env = env
        self.prefix = list(prefix)
        self.rlimits = list(rlimits)
        self.process = None
        self.code = None          # the exit code, once it has ended
        self._ended_as_told = False

    # Configuration.

    def write(self, config, **names):
        """Replaces the file in one step, as an editor or a deployment does."""
        text = filled(config, **{**self.names, **names})
        if not re.search(r"^listen:", text, re.M):
            text = f"listen: 127.0.0.1:{self.port}\n" + text
        if not re.search(r"^admin:", text, re.M):
            text = f"admin: 127.0.0.1:{self.admin_port}\n" + text
        self.text = text
        fresh = self.file.with_suffix(".new")
        fresh.write_text(text)
        os.replace(fresh, self.file)

    # Life.

    def start(self, ready=True):
        self.out = open(self.directory / "stdout", "wb")
        self.err = open(self.directory / "stderr", "wb")
        self.process = subprocess.Popen(
            [*self.prefix, str(binary()), "serve", str(self.file), *map(str, self.arguments)],
            stdin=subprocess.DEVNULL, stdout=self.out, stderr=self.err, cwd=self.directory,
            env=_environment(self.directory, self.env), preexec_fn=self._limit if self.rlimits else None)
        if ready:
            self.wait_ready()
        return self

    def _limit(self):
        import resource

        for which, soft, hard in self.rlimits:
            resource.setrlimit(which, (soft, hard))

    def wait_ready(self, timeout=10.0):
        end = time.monotonic() + timeout * SLOWER
        admin = "admin: off" not in self.text
        while True:
            if self.process.poll() is not None:
                self.code = self.process.returncode
                raise AssertionError(f"ended with {self.code} instead of serving:\n{self.log()}\n--- {self.file}\n{self.text}")
            try:
                if admin:
                    if self.admin("GET", "/readyz", timeout=2).status == 200:
                        return
                else:
                    Connection(self.port, timeout=2).close()
                    return
            except (OSError, AssertionError):
                pass
            if time.monotonic() > end:
                raise AssertionError(f"not ready after {timeout} s:\n{self.log()}")
            time.sleep(0.01)

    @property
    def pid(self):
        return self.process.pid

    def alive(self):
        return self.process.poll() is None

    def signal(self, number):
        self.process.send_signal(number)

    def wait(self, timeout=10.0):
        """The exit code, when the test expects it to end."""
        try:
            self.code = self.process.wait(timeout * SLOWER)
        except subprocess.TimeoutExpired:
            raise AssertionError(f"still running after {timeout} s:\n{self.log()}") from None
        self._ended_as_told = True
        return self.code

    def stop(self, timeout=10.0):
        """SIGTERM and the exit code."""
        self.signal(signal.SIGTERM)
        return self.wait(timeout)

    def kill(self):
        self.process.kill()
        self.process.wait()
        self._ended_as_told = True

    def reload(self):
        """SIGHUP, and waits until the log shows that it was dealt with."""
        before = len(self.log_lines(r"reload"))
        self.signal(signal.SIGHUP)
        self.wait_log(r"reload", count=before + 1)

    def clean_up(self):
        """Ends it whatever its state is; raises if it had crashed or a sanitizer has reported."""
        if self.process is None:
            return
        crashed = None
        if self.process.poll() is not None:
            if not self._ended_as_told:
                crashed = f"ended by itself with {self.process.returncode}"
        else:
            self.process.send_signal(signal.SIGTERM)
            for patience in (1.0 * SLOWER, 5.0 * SLOWER):
                try:
                    self.process.wait(patience)
                    break
                except subprocess.TimeoutExpired:
                    # A second one quits without draining.
                    self.process.send_signal(signal.SIGTERM)
            else:
                self.process.kill()
                self.process.wait()
                crashed = "did not end after two SIGTERM"
        self.out.close()
        self.err.close()
        if crashed is None and self.process.returncode < 0 and self.process.returncode not in (
                -signal.SIGTERM, -signal.SIGKILL):
            crashed = f"ended by signal {-self.process.returncode}"
        _check_sanitizers(self.directory)
        if crashed:
            raise AssertionError(f"weir {crashed}:\n{self.log()[-6000:]}")

    # Asking it.

    def connect(self, timeout=10.0, **more):
        return Connection(self.port, timeout=timeout * SLOWER, **more)

    def request(self, method, target, headers=None, body=None, timeout=10.0):
        with self.connect(timeout) as c:
            c.send(format_request(method, target, headers, body, f"127.0.0.1:{self.port}"))
            return c.read_response(method)

    def get(self, target, headers=None, timeout=10.0):
        return self.request("GET", target, headers, timeout=timeout)

    def post(self, target, body=b"", headers=None, timeout=10.0):
        return self.request("POST", target, headers, body, timeout=timeout)

    def admin(self, method, target, headers=None, body=None, timeout=5.0):
        with Connection(self.admin_port, timeout=timeout * SLOWER) as c:
            return c.request(method, target, headers, body)

    def circuits(self):
        answer = self.admin("GET", "/circuits")
        assert answer.status == 200, answer
        return {c["name"]: c for c in answer.json()["circuits"]}

    def circuit(self, name):
        circuits = self.circuits()
        assert name in circuits, f"no circuit {name} in {sorted(circuits)}"
        return circuits[name]

    def state(self, name):
        return self.circuit(name)["state"]

    def wait_state(self, name, state, timeout=5.0):
        end = time.monotonic() + timeout * SLOWER
        while (now := self.state(name)) != state:
            assert time.monotonic() < end, f"circuit {name} is {now}, not {state}, after {timeout} s"
            time.sleep(0.01)

    def act(self, circuit, action):
        return self.admin("POST", f"/circuits/{circuit}/{action}", {"X-Weir-Admin": "1"})

    def metrics(self):
        answer = self.admin("GET", "/metrics")
        assert answer.status == 200, answer
        return Metrics(answer.text)

    # Its log.

    def log(self):
        return "".join((self.directory / name).read_text(errors="replace") for name in ("stdout", "stderr"))

    def log_lines(self, pattern):
        return [line for line in self.log().splitlines() if re.search(pattern, line)]

    def wait_log(self, pattern, count=1, timeout=5.0):
        end = time.monotonic() + timeout * SLOWER
        while len(lines := self.log_lines(pattern)) < count:
            assert time.monotonic() < end, (
                f"{len(lines)} of {count} log lines with {pattern!r} after {timeout} s:\n{self.log()[-4000:]}")
            time.sleep(0.01)
        return lines

    # The machine's view of it.

    def descriptors(self):
        return len(os.listdir(f"/proc/{self.pid}/fd"))

    def cpu_seconds(self):
        fields = Path(f"/proc/{self.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def resident_bytes(self):
        return int(Path(f"/proc/{self.pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")

    def grew_since(self, before):
        """Resident bytes beyond `before`; under a sanitizer, which keeps what was freed, a sixth of them."""
        return (self.resident_bytes() - before) / (1 if SLOWER == 1 else 6)


class Metrics:
    """A Prometheus text page, read strictly."""

    _LINE = re.compile(r'([a-zA-Z_:][a-zA-Z0-9_:]*)(?:\{(.*)\})? (-?[0-9.eE+-]+|NaN|[+-]Inf)(?: \d+)?')
    _LABEL = re.compile(r'([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\]|\\.)*)"')

    def __init__(self, text):
        self.text = text
        self.samples = []
        self.types = {}
        seen = set()
        for line in text.splitlines():
            if not line:
                continue
            if line.startswith("#"):
                words = line.split(" ", 3)
                if words[1] == "TYPE":
                    assert words[2] not in self.types, f"two TYPE lines for {words[2]}"
                    self.types[words[2]] = words[3]
                continue
            match = self._LINE.fullmatch(line)
            assert match, f"not a metrics line: {line!r}"
            labels = dict(self._LABEL.findall(match[2] or ""))
            key = (match[1], tuple(sorted(labels.items())))
            assert key not in seen, f"the same series twice: {line!r}"
            seen.add(key)
            self.samples.append((match[1], labels, float(match[3])))

    def all(self, series, /, **labels):
        return [(l, v) for n, l, v in self.samples
                if n == series and all(l.get(k) == str(w) for k, w in labels.items())]

    def value(self, series, /, **labels):
        found = self.all(series, **labels)
        assert len(found) == 1, f"{len(found)} series {series} {labels}; of that name: {self.all(series)}"
        return found[0][1]

    def sum(self, series, /, **labels):
        return sum(v for _, v in self.all(series, **labels))
