"""Services that register themselves: those of the systems by their options, a program of one's own by the
library. With the Consul that tests play, and with a real one where there is one."""

import re
import signal
import subprocess
import threading
import time

import pytest
from support import ports
from support.consul import Consul, FakeConsul
from support.services import program, run_to_end
from support.services import service  # noqa: F401  (a fixture)
from support.waiting import wait_for

INVENTORY = ("--delay", "0s")


@pytest.fixture
def consul():
    made = FakeConsul().start()
    yield made
    made.stop()


@pytest.fixture(params=["played", pytest.param("real", marks=[pytest.mark.real_consul, pytest.mark.longest(120)])])
def any_consul(request, tmp_path):
    """Both say what is registered, and can forget it."""
    if request.param == "played":
        made = FakeConsul(lists_registered=True).start()
    else:
        made = Consul(tmp_path).start()
        made.forget = made.deregister
        made.passing = lambda name: re.findall(r'"ID":"(%s-[^"]*)"' % name, made.ask("GET", f"/v1/health/service/{name}?passing=true").decode().replace(" ", ""))
    yield made
    made.stop()


class Registered:
    """The example's program."""

    def __init__(self, consul):
        self.port = ports.reserve()
        self.process = subprocess.Popen([program("example_registered"), consul.url, str(self.port)])

    def leave(self):
        self.process.send_signal(signal.SIGTERM)

    def end(self):
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()


@pytest.fixture
def registered():
    made = []

    def make(consul):
        made.append(Registered(consul))
        return made[-1]

    yield make
    for one in made:
        one.end()


class Asking:
    """Asks the gate from four threads until it is told to stop."""

    def __init__(self, gate, path):
        self.gate, self.path, self.statuses, self.going = gate, path, [], True
        self.threads = [threading.Thread(target=self.run) for _ in range(4)]
        for t in self.threads:
            t.start()

    def run(self):
        with self.gate.connect() as c:
            while self.going:
                self.statuses.append(c.request("GET", self.path).status)

    def stop(self):
        self.going = False
        for t in self.threads:
            t.join()
        return self.statuses


def gate_on(weir, consul, what):
    return weir(f"discovery: {{consul: {{url: {consul.url}, wait: 5s}}}}\n"
                f"services: {{a: {{consul: {what}, balance: round_robin, retry: off}}}}\n"
                "routes:\n  GET /a/{id}: {proxy: \"a/products/${path.id}/inventory\"}\n")


def test_a_service_says_what_its_options_say(service, consul):
    one = service("weir-shop", *INVENTORY, "--register", consul.url, "--register-as", "stock", "--register-id", "stock-1",
                  "--register-tag", "blue", "--register-tag", "v2", "--advertise", "127.0.0.9:99", "--check-every", "700ms", kind="inventory")
    wait_for(lambda: "stock-1" in consul.registered)
    entry = consul.registered["stock-1"]
    assert (entry["Name"], entry["Address"], entry["Port"], entry["Tags"]) == ("stock", "127.0.0.9", 99, ["blue", "v2"])
    assert entry["Check"]["HTTP"] == "http://127.0.0.9:99/livez" and entry["Check"]["Interval"] == "700ms"
    assert entry["Check"]["DeregisterCriticalServiceAfter"] == "60000ms"
    assert one.stop() == 0
    assert consul.deregistered == ["stock-1"]


def test_a_ttl_is_renewed_and_what_was_forgotten_told_again(service, consul):
    one = service("weir-shop", *INVENTORY, "--register", consul.url, "--check", "ttl", "--check-every", "300ms", kind="inventory")
    id = f"inventory-127.0.0.1-{one.port}"
    wait_for(lambda: consul.passed.count(f"service:{id}") >= 3)
    assert consul.registered[id]["Check"]["TTL"] == "300ms" and "HTTP" not in consul.registered[id]["Check"]
    consul.registered.clear()
    wait_for(lambda: id in consul.registered)
    assert one.stop() == 0 and consul.deregistered == [id]


def test_a_token_from_the_environment_is_sent(service, consul, monkeypatch):
    monkeypatch.setenv("CONSUL_HTTP_TOKEN", "s3cret")
    service("weir-shop", *INVENTORY, "--register", consul.url, kind="inventory")
    wait_for(lambda: consul.registered)
    assert all(headers.get("X-Consul-Token") == "s3cret" for _, _, headers in consul.requests)


def test_consul_may_come_later_and_go_before(service, consul):
    consul.stop()
    one = service("weir-shop", *INVENTORY, "--register", consul.url, kind="inventory")
    time.sleep(0.3)
    consul.start()
    wait_for(lambda: consul.registered)
    consul.stop()
    began = time.monotonic()
    assert one.stop() == 0
    assert time.monotonic() - began < 4


def test_it_serves_on_until_the_watchers_have_heard(service, consul):
    one = service("weir-shop", *INVENTORY, "--register", consul.url, kind="inventory")
    wait_for(lambda: consul.registered)
    one.process.send_signal(signal.SIGTERM)
    wait_for(lambda: consul.deregistered)
    assert one.get("/products/1/inventory").status == 200, "who has not heard yet is served"
    assert one.process.wait(10) == 0


@pytest.mark.parametrize("arguments, said", [
    (["--register", "ftp://x"], "like http://127.0.0.1:8500"),
    (["--register", "http://127.0.0.1:8500", "--check", "livez"], "a path such as /livez, or ttl"),
    (["--register", "http://127.0.0.1:8500", "--advertise", "here"], "--advertise"),
    (["--register", "http://127.0.0.1:8500", "--listen", "0.0.0.0:<free>"], "--advertise must say where"),
])
def test_what_makes_no_sense_is_refused(tmp_path, free_port, arguments, said):
    given = [a.replace("<free>", str(free_port)) for a in arguments]
    if "--listen" not in given:
        given += ["--listen", f"127.0.0.1:{free_port}"]
    done = run_to_end(tmp_path, "weir-shop", "inventory", *given)
    assert done.returncode == 2 and said in done.stderr, done


def test_instances_of_a_system_come_and_go_without_a_failure(service, weir, any_consul):
    start = lambda: service("weir-shop", *INVENTORY, "--register", any_consul.url, "--check-every", "1s", kind="inventory")
    one, two = start(), start()
    wait_for(lambda: len(any_consul.passing("inventory")) == 2)
    gate = gate_on(weir, any_consul, "inventory")
    asking = Asking(gate, "/a/1")
    time.sleep(0.5)
    three = start()
    wait_for(lambda: len(any_consul.passing("inventory")) == 3)
    for gone in (one, two):
        assert gone.stop() == 0
        time.sleep(0.2)
    statuses = asking.stop()
    assert set(statuses) == {200} and len(statuses) > 50
    assert any_consul.passing("inventory") == [f"inventory-127.0.0.1-{three.port}"]


def test_a_program_of_ones_own_comes_and_goes_without_a_failure(registered, weir, any_consul):
    one, two = registered(any_consul), registered(any_consul)
    wait_for(lambda: len(any_consul.passing("greetings")) == 2)
    gate = gate_on(weir, any_consul, "greetings")
    asking = Asking(gate, "/a/1")
    time.sleep(0.5)
    any_consul.forget(f"greetings-127.0.0.1-{two.port}")
    wait_for(lambda: len(any_consul.passing("greetings")) == 2)
    one.leave()
    assert one.process.wait(10) == 0
    time.sleep(0.3)
    statuses = asking.stop()
    assert set(statuses) == {200} and len(statuses) > 50
    assert any_consul.passing("greetings") == [f"greetings-127.0.0.1-{two.port}"]
    two.leave()
    assert two.process.wait(10) == 0 and any_consul.passing("greetings") == []
