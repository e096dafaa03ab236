"""Against a real Consul. `test/support/get-consul` brings it; without it these are not run, and the
end of the run says so."""

import time

import pytest
from support.cluster import ROUTES, named, service, shares
from support.consul import Consul
from support.waiting import wait_for

pytestmark = [pytest.mark.real_consul, pytest.mark.longest(120)]


@pytest.fixture
def consul(tmp_path):
    made = Consul(tmp_path).start()
    yield made
    made.stop()


def gate_on(weir, consul, what="shop", more=""):
    return weir("discovery: {consul: {url: <consul>, wait: 5s, empty_grace: 1s}<more>}\n"
                "services:\n  a: {consul: <what>, balance: round_robin, retry: {attempts: 2}}\n".replace(
                    "<what>", what).replace("<more>", more) + ROUTES, consul=consul.url)


def addresses(gate):
    return {i["address"] for i in service(gate)["instances"]}


def test_instances_are_followed_as_they_register_and_leave(weir, upstream, consul):
    one, two, three = named([upstream() for _ in range(3)])
    consul.register("shop", one.port)
    consul.register("shop", two.port, Weights={"Passing": 3, "Warning": 1})
    gate = gate_on(weir, consul)
    assert shares(gate, 40) == {0: 10, 1: 30}
    consul.register("shop", three.port)
    wait_for(lambda: three.address in addresses(gate), 2)
    consul.deregister(f"shop-{one.port}")
    wait_for(lambda: addresses(gate) == {two.address, three.address}, 2)
    assert set(shares(gate, 20)) == {1, 2}


def test_only_passing_instances_with_the_tag_are_used(weir, upstream, consul):
    one, two, three = named([upstream() for _ in range(3)])
    consul.register("shop", one.port, Tags=["v2"])
    consul.register("shop", two.port, Tags=["v1"])
    consul.register("shop", three.port, Tags=["v2"], Check={"TTL": "60s", "Status": "critical"})
    gate = gate_on(weir, consul, what="{service: shop, tags: [v2]}")
    assert shares(gate, 10) == {0: 10}
    consul.ask("PUT", f"/v1/agent/check/pass/service:shop-{three.port}", b"")
    wait_for(lambda: three.address in addresses(gate), 2)


def test_an_agent_that_comes_back_empty_handed_costs_nothing(weir, upstream, consul):
    one, two = named([upstream(), upstream()])
    consul.register("shop", one.port)
    gate = gate_on(weir, consul)
    assert shares(gate, 4) == {0: 4}
    consul.kill()
    wait_for(lambda: service(gate)["discovery"]["trouble"])
    assert shares(gate, 10) == {0: 10}
    consul.start()  # in dev mode it has forgotten all
    consul.register("shop", two.port)
    began = time.monotonic()
    wait_for(lambda: addresses(gate) == {two.address}, 5)
    assert time.monotonic() - began < 2.5
    assert shares(gate, 4) == {1: 4}


def test_a_gateway_registers_itself_and_leaves(weir, upstream, consul):
    gate = gate_on(weir, consul, more=", register: {service: edge, check: ttl, every: 1s}")
    entries = lambda: consul.ask("GET", "/v1/health/service/edge?passing=true")
    wait_for(lambda: str(gate.port).encode() in entries(), 5)
    time.sleep(1.5)
    assert str(gate.port).encode() in entries(), "the TTL is renewed"
    consul.deregister(f"edge-127.0.0.1-{gate.port}")
    wait_for(lambda: str(gate.port).encode() in entries(), 5)
    assert gate.stop() == 0
    assert str(gate.port).encode() not in entries()
