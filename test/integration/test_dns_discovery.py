"""Instances found through DNS: each address, or each SRV record, for as long as the records live."""

import time

import pytest
from support.cluster import ROUTES, service, shares
from support.fake_dns import A, FakeDns
from support.upstream import json_reply
from support.waiting import wait_for


@pytest.fixture
def dns():
    made = FakeDns().start()
    yield made
    made.stop()


def addresses(gate):
    return {i["address"] for i in service(gate)["instances"]}


def test_each_address_of_a_name_is_an_instance_and_changes_are_followed(weir, upstream, dns):
    one = upstream()
    one.always(json_reply({"n": 0}))
    dns.a("shop.test", "127.0.0.1", "127.0.0.2")
    gate = weir("""
discovery: {dns_servers: <dns>}
services:
  a: {dns: "http://shop.test:<at>", balance: round_robin}
""" + ROUTES, dns=dns.address, at=one.port)
    wait_for(lambda: addresses(gate) == {f"127.0.0.1:{one.port}", f"127.0.0.2:{one.port}"})
    # Nobody listens at the second address: a refused connection is tried at the other.
    assert shares(gate, 10) == {0: 10}
    assert one.last.headers["Host"] == f"shop.test:{one.port}"
    dns.a("shop.test", "127.0.0.1")
    wait_for(lambda: addresses(gate) == {f"127.0.0.1:{one.port}"})
    dns.silent = True
    wait_for(lambda: service(gate)["discovery"]["trouble"], 15)
    assert shares(gate, 10) == {0: 10}, "the last known serve on"


def test_records_are_asked_for_again_only_when_their_time_is_over(weir, upstream, dns):
    one = upstream()
    one.always(json_reply({"n": 0}))
    dns.a("long.test", "127.0.0.1", ttl=60)
    gate = weir("""
discovery: {dns_servers: <dns>}
services: {a: {dns: "http://long.test:<at>"}}
""" + ROUTES, dns=dns.address, at=one.port)
    shares(gate, 5)
    dns.a("long.test", "127.0.0.3", ttl=60)
    time.sleep(2.5)
    assert dns.asked.count(("long.test", A)) == 1
    assert shares(gate, 5) == {0: 5}


def test_srv_records_say_host_port_and_weight(weir, upstream, dns):
    one, two, spare = upstream(), upstream(), upstream()
    for n, u in enumerate((one, two, spare)):
        u.always(json_reply({"n": n}))
    dns.a("node.test", "127.0.0.1")
    dns.srv("_http._tcp.shop.test", (1, 30, one.port, "node.test"), (1, 10, two.port, "node.test"),
            (2, 1, spare.port, "node.test"))
    gate = weir("""
discovery: {dns_servers: <dns>}
services:
  a: {srv: "http://_http._tcp.shop.test", balance: round_robin}
""" + ROUTES, dns=dns.address)
    assert shares(gate, 40) == {0: 30, 1: 10}, "the second priority is not used while the first is there"
    dns.srv("_http._tcp.shop.test", (1, 10, two.port, "node.test"))
    wait_for(lambda: addresses(gate) == {f"127.0.0.1:{two.port}"})
    assert shares(gate, 4) == {1: 4}
