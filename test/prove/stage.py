"""What the proofs are played with: instances as processes, a gate, a registry."""

import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path

from support import ports
from support.consul import Consul, FakeConsul, real_consul
from support.weir_process import Weir

HERE = Path(__file__).resolve().parent


class Instance:
    """One process of backend.py; what happens to it is done to the process."""

    def __init__(self, name, port=None, host="127.0.0.1"):
        self.name, self.port, self.host = name, port or ports.reserve(), host
        self.process = None

    def start(self):
        self.process = subprocess.Popen([sys.executable, str(HERE / "backend.py"), str(self.port), self.name, self.host],
                                        stdout=subprocess.PIPE, text=True)
        assert self.process.stdout.readline() == "ready\n"
        return self

    @property
    def address(self):
        return f"127.0.0.1:{self.port}"

    @property
    def url(self):
        return f"http://{self.address}"

    def signal(self, number):
        self.process.send_signal(number)

    def gone(self, timeout=10):
        self.process.wait(timeout)

    def set(self, **how):
        query = "&".join(f"{k}={v}" for k, v in how.items())
        urllib.request.urlopen(f"{self.url}/control?{query}", timeout=5).read()

    def count(self):
        return int(urllib.request.urlopen(f"{self.url}/count", timeout=5).read())

    def end(self):
        if self.process and self.process.poll() is None:
            self.process.kill()
            self.process.wait()


class Stage:
    """Everything that one proof starts, ended whatever happens."""

    def __init__(self):
        self.directory = Path(tempfile.mkdtemp(prefix="prove"))
        self.instances, self.others, self.gates = [], [], []

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for load in self.others:
            load()
        for gate in self.gates:
            try:
                gate.clean_up()
            except AssertionError as why:
                print(why, file=sys.stderr)
        for one in self.instances:
            one.end()

    def instance(self, name, **more):
        one = Instance(name, **more).start()
        self.instances.append(one)
        return one

    def also(self, thing, end):
        self.others.append(end)
        return thing

    def gate(self, config, **names):
        gate = Weir(self.directory / f"weir{len(self.gates)}", config, **names)
        self.gates.append(gate)
        return gate.start()

    def registry(self):
        """A real Consul where there is one, else the one that tests play."""
        if real_consul():
            return self.also_consul(RealRegistry(self.directory))
        return self.also_consul(PlayedRegistry())

    def also_consul(self, registry):
        self.others.append(registry.stop)
        return registry


class RealRegistry:
    name = "Consul 1.8.7"

    def __init__(self, directory):
        data = directory / "consul"
        data.mkdir()
        self.agent = Consul(directory, arguments=["-server", "-bootstrap-expect", "1", "-data-dir", str(data)]).start()
        self.url = self.agent.url

    def add(self, service, one):
        self.agent.register(service, one.port, ID=one.name)

    def remove(self, service, one):
        self.agent.deregister(one.name)

    def kill(self):
        self.agent.kill()

    def start(self):
        self.agent.start()

    def stop(self):
        self.agent.stop()


class PlayedRegistry:
    name = "a Consul played by the test"

    def __init__(self):
        self.played = FakeConsul().start()
        self.url = self.played.url
        self.listed = {}

    def add(self, service, one):
        self.listed.setdefault(service, {})[one.name] = one.port
        self.played.list(service, *self.listed[service].values())

    def remove(self, service, one):
        self.listed[service].pop(one.name, None)
        self.played.list(service, *self.listed[service].values())

    def kill(self):
        self.played.stop()

    def start(self):
        self.played.start()

    def stop(self):
        self.played.stop()


def processor_seconds(pid):
    """Of all its threads, to the nanosecond."""
    return sum(int(task.read_text().split()[0]) for task in Path(f"/proc/{pid}/task").glob("*/schedstat")) / 1e9


def services(gate):
    return {s["name"]: s for s in gate.admin("GET", "/services").json()["services"]}


def calls(gate, one, service="a"):
    for i in services(gate)[service]["instances"]:
        if i["address"] == one.address:
            return i["succeeded"] + i["failed"]
    return 0


def wait_for(what, seconds):
    """How long it took; None when it did not come in time."""
    began = time.monotonic()
    while not what():
        if time.monotonic() - began > seconds:
            return None
        time.sleep(0.02)
    return time.monotonic() - began


class Proof:
    """Rows of a table, and whether all of them held."""

    def __init__(self, title):
        self.title, self.rows, self.held = title, [], True

    def row(self, what, measured, wanted, held):
        self.rows.append((what, str(measured), str(wanted), held))
        self.held = self.held and bool(held)

    def text(self):
        out = [f"\n{self.title}"]
        widths = [max([len(r[k]) for r in self.rows] or [0]) for k in range(3)]
        for what, measured, wanted, held in self.rows:
            out.append(f"  {'held  ' if held else 'FAILED'}  {what:<{widths[0]}}  {measured:>{widths[1]}}  {wanted}")
        return "\n".join(out)
