"""Instances found through Consul, with a Consul that the test plays: what is believed of it, and what
goes on when there is nothing to believe."""

import time

import pytest
from support.cluster import ROUTES, instance, named, service, shares
from support.consul import FakeConsul
from support.expect import problem
from support.upstream import json_reply
from support.waiting import wait_for

CONFIG = """
discovery: {consul: {url: <consul>, wait: 2s, empty_grace: 1s}<more>}
services:
  a: {consul: <what>, balance: round_robin, retry: {attempts: 2}}
""" + ROUTES


@pytest.fixture
def consul():
    made = FakeConsul().start()
    yield made
    made.stop()


def gate_on(weir, consul, what="shop", more="", **others):
    return weir(CONFIG.replace("<more>", more).replace("<what>", what), consul=consul.url, **others)


def addresses(gate):
    return {i["address"] for i in service(gate)["instances"]}


def follows(gate, *instances, seconds=2.0):
    wait_for(lambda: addresses(gate) == {u.address for u in instances}, seconds)


def test_the_first_request_waits_for_the_first_answer(weir, upstream, consul):
    one, two = named([upstream(), upstream()])
    consul.list("shop", one, two)
    gate = gate_on(weir, consul)
    assert shares(gate, 20) == {0: 10, 1: 10}


def test_changes_are_followed_live_and_what_stays_keeps_its_state(weir, upstream, consul):
    one, two, three = named([upstream() for _ in range(3)])
    consul.list("shop", one, two)
    gate = gate_on(weir, consul)
    shares(gate, 20)
    consul.list("shop", two, three)
    follows(gate, two, three)
    assert instance(gate, two)["succeeded"] == 10, "it is the same instance still"
    assert set(shares(gate, 20)) == {1, 2}
    queries = [q for path, q, _ in consul.requests]
    assert all(q["passing"] == ["true"] and "stale" in q for q in queries)
    assert len(queries) < 10, "answers are waited for, not asked for again and again"


def test_no_instance_is_503_and_says_when_to_come_back(weir, consul):
    consul.list("shop")
    gate = gate_on(weir, consul)
    for path in ("/composed/1", "/proxied/1"):
        answer = gate.get(path)
        problem(answer, 503, proxy_status="destination_unavailable")
        assert int(answer.headers["Retry-After"]) >= 1


def test_a_start_without_consul_and_without_a_snapshot_is_503_at_once_until_it_is_there(weir, upstream, consul):
    one = named([upstream()])[0]
    consul.list("shop", one)
    consul.stop()
    gate = gate_on(weir, consul)
    began = time.monotonic()
    for path in ("/composed/1", "/proxied/1"):
        problem(gate.get(path), 503, proxy_status="destination_unavailable")
    assert time.monotonic() - began < 2
    consul.start()
    follows(gate, one)
    assert shares(gate, 4) == {0: 4}


@pytest.mark.parametrize("how", ["junk", "garbage", "leaderless", "hang", "gone"])
def test_the_last_known_instances_serve_on_when_consul_makes_no_sense(weir, upstream, consul, how):
    one, two, three = named([upstream() for _ in range(3)])
    consul.list("shop", one, two)
    gate = gate_on(weir, consul)
    shares(gate, 4)
    if how == "gone":
        consul.stop()
    else:
        consul.misbehave(how)
    if how != "hang":
        wait_for(lambda: service(gate)["discovery"]["trouble"])
        assert gate.metrics().value("weir_discovery_up", service="a") == 0
        assert "last known" in gate.admin("GET", "/readyz?verbose").text
    assert shares(gate, 20) == {0: 10, 1: 10}
    time.sleep(0.5)
    asked = len(consul.requests)
    time.sleep(1.0)
    assert len(consul.requests) - asked <= 6, "it backs off"
    consul.list("shop", two, three)
    if how == "gone":
        consul.start()
    else:
        consul.misbehave("well")
    follows(gate, two, three, seconds=10.0 if how == "hang" else 2.5)
    assert service(gate)["discovery"]["trouble"] is None
    assert set(shares(gate, 20)) == {1, 2}


def test_an_empty_list_is_held_for_its_grace_period(weir, upstream, consul):
    one, two = named([upstream(), upstream()])
    consul.list("shop", one, two)
    gate = gate_on(weir, consul)
    shares(gate, 4)
    consul.list("shop")
    wait_for(lambda: service(gate)["discovery"]["trouble"] == "Consul's list is empty")
    assert shares(gate, 10) == {0: 5, 1: 5}
    wait_for(lambda: not addresses(gate))
    problem(gate.get("/composed/1"), 503)
    consul.list("shop", one)
    follows(gate, one)
    assert shares(gate, 4) == {0: 4}


def test_tags_datacenter_token_and_weights(weir, upstream, consul):
    one, two = named([upstream(), upstream()])
    consul.list("shop", one, two, weights=[3, 1], tags=["v2"])
    token = 'X-Consul-Token'
    gate = weir("""
discovery: {consul: {url: <consul>, token: "${CONSUL_TOKEN}", datacenter: dc7}}
services:
  a: {consul: {service: shop, tags: [v2]}, balance: round_robin}
""" + ROUTES, consul=consul.url, env={"CONSUL_TOKEN": "sesame"})
    assert shares(gate, 40) == {0: 30, 1: 10}
    _, query, headers = consul.requests[0]
    assert query["tag"] == ["v2"] and query["dc"] == ["dc7"] and headers[token] == "sesame"
    assert "sesame" not in gate.log() + gate.admin("GET", "/services").text


def test_a_restart_without_consul_begins_with_the_last_known_instances(weir, upstream, consul, tmp_path):
    one, two = named([upstream(), upstream()])
    consul.list("shop", one, two)
    kept = tmp_path / "instances.json"
    more = f", snapshot: {kept}"
    first = gate_on(weir, consul, more=more)
    shares(first, 4)
    wait_for(kept.exists)
    first.stop()
    consul.stop()
    again = gate_on(weir, consul, more=more)
    assert shares(again, 20) == {0: 10, 1: 10}
    shown = service(again)["discovery"]
    assert shown["from_snapshot"] and shown["trouble"]
    again.wait_log("beginning with the last known instances")
    consul.list("shop", two)
    consul.start()
    follows(again, two, seconds=3.0)
    assert not service(again)["discovery"]["from_snapshot"]


def test_a_broken_snapshot_is_no_reason_not_to_start(weir, upstream, consul, tmp_path):
    one = named([upstream()])[0]
    consul.list("shop", one)
    kept = tmp_path / "instances.json"
    kept.write_text('{"version": 1, "services": {"a": [{"ho')
    gate = gate_on(weir, consul, more=f", snapshot: {kept}")
    assert shares(gate, 4) == {0: 4}
    assert gate.log_lines("not usable")


def test_a_live_check_names_what_it_found(weir, upstream, consul, command):
    one = named([upstream()])[0]
    consul.list("shop", one)
    gate = gate_on(weir, consul, start=False)
    found = command("check", "--live", gate.file)
    assert found.code == 0 and "instances of a: 1 found" in found.out and one.address in found.out, found
    consul.stop()
    lost = command("check", "--live", gate.file)
    assert lost.code == 1 and "[-] instances of a: " in lost.out, lost


def test_a_reload_goes_on_with_what_it_follows(weir, upstream, consul):
    one = named([upstream()])[0]
    consul.list("shop", one)
    gate = gate_on(weir, consul)
    shares(gate, 4)
    consul.stop()
    gate.write(CONFIG.replace("<more>", "").replace("<what>", "shop").replace("retry: {attempts: 2}", "retry: off"))
    gate.reload()
    assert shares(gate, 10) == {0: 10}


def test_a_gateway_registers_itself_and_leaves_before_it_drains(weir, upstream, consul):
    one = named([upstream()])[0]
    consul.list("shop", one)
    gate = gate_on(weir, consul, more=", register: {service: edge, tags: [blue], every: 300ms}")
    id = f"edge-127.0.0.1-{gate.port}"
    wait_for(lambda: id in consul.registered)
    entry = consul.registered[id]
    assert (entry["Address"], entry["Port"], entry["Tags"]) == ("127.0.0.1", gate.port, ["blue"])
    wait_for(lambda: consul.passed.count(f"service:{id}") >= 2)
    consul.registered.clear()  # an agent that was restarted has forgotten
    wait_for(lambda: id in consul.registered)
    assert gate.stop() == 0
    assert consul.deregistered == [id] and not consul.registered


def test_a_reload_left_a_registration_with_the_token_of_before(weir, consul, tmp_path):
    token = tmp_path / "token"
    token.write_text("before\n")
    config = CONFIG.replace("url: <consul>", f"url: <consul>, token_file: {token}").replace("<what>", "shop")
    config = config.replace("<more>", ", register: {service: edge, every: 300ms}")
    gate = weir(config, consul=consul.url)
    wait_for(lambda: consul.passed)
    token.write_text("after\n")
    gate.reload()
    consul.requests.clear()
    consul.passed.clear()
    wait_for(lambda: consul.passed)
    tokens = {headers["X-Consul-Token"] for path, _, headers in consul.requests if path.startswith("/v1/agent/")}
    assert tokens == {"after"}
    assert not consul.deregistered and len(consul.registered) == 1


def test_a_reload_left_a_registration_with_the_consul_of_before(weir, consul):
    config = CONFIG.replace("<what>", "shop").replace("<more>", ", register: {service: edge, every: 300ms}")
    gate = weir(config, consul=consul.url)
    wait_for(lambda: consul.registered)
    other = FakeConsul().start()
    try:
        gate.write(config, consul=other.url)
        gate.reload()
        wait_for(lambda: other.registered)
    finally:
        other.stop()


def test_a_gateway_goes_away_in_time_without_consul(weir, upstream, consul):
    gate = gate_on(weir, consul, more=", register: edge")
    wait_for(lambda: consul.registered)
    consul.stop()
    began = time.monotonic()
    assert gate.stop() == 0
    assert time.monotonic() - began < 4
