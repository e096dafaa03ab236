"""Rate limits that several gateways count together, over Redis."""

import socket
import time

import pytest
from support.rate_limits import fields, statuses
from support.upstream import json_reply
from support.waiting import wait_for
from support.weir_process import SLOWER

SHARED = """
    redis: {url: "<redis>"}
    trusted_proxies: [127.0.0.0/8]
    services:
      a: {url: <a>, rate_limit: {rate: 10/h, shared: true}}
    routes:
      GET /all: {rate_limit: {rate: 10/h, shared: true}, reply: 1}
      GET /each: {rate_limit: {rate: 10/h, by: client, shared: true}, reply: 1}
      GET /alone: {rate_limit: {rate: 10/h}, reply: 1}
      GET /called:
        steps:
          x: {get: a/x}
        reply: ${x}
    """


@pytest.fixture
def up(upstream):
    return upstream().always(json_reply("hit"))


def together(weir, redis, up, count):
    gates = [weir(SHARED, redis=redis.url, a=up) for _ in range(count)]
    for g in gates:
        g.wait_log("redis is there: rate limits are shared")
    return gates


def in_turns(gates, path, headers=None, pause=0.2):
    """One request after the other, with time enough for an exchange between them; how many got leave."""
    given = 0
    for n in range(20):
        given += gates[n % len(gates)].get(path, headers).status == 200
        time.sleep(pause * SLOWER)
    return given


@pytest.mark.parametrize("path", ["/all", "/each", "/called"])
def test_gateways_count_together(weir, up, redis, path):
    gates = together(weir, redis, up, 2)
    given = in_turns(gates, path)
    # Each learns with a request of its own that is let through, so it may be one behind.
    assert 10 <= given <= 11, given


def test_a_client_is_the_same_to_all_and_another_is_not(weir, up, redis):
    a, b = together(weir, redis, up, 2)
    ann, bob = {"X-Forwarded-For": "192.0.2.1"}, {"X-Forwarded-For": "2001:db8::7"}
    assert statuses(a, 9, "/each", ann) == [200] * 9
    assert statuses(a, 1, "/each", bob) == [200]
    time.sleep(0.3 * SLOWER)
    assert statuses(b, 1, "/each", bob) == [200]
    assert statuses(b, 1, "/each", ann) == [200]
    time.sleep(0.3 * SLOWER)
    assert statuses(b, 1, "/each", ann) == [429]
    assert fields(b.get("/each", bob))["r"] == 7


def test_what_all_let_through_at_once_is_within_the_bound_and_paid_back(weir, up, redis):
    gates = together(weir, redis, up, 3)
    given = sum(statuses(g, 15, "/all").count(200) for g in gates)
    assert 10 <= given <= 30, "each its burst at most, before it knows of the others"
    time.sleep(0.3 * SLOWER)
    assert [statuses(g, 5, "/all").count(200) for g in gates] == [0, 0, 0]
    told = [fields(g.get("/all"))["t"] for g in gates]
    assert max(told) > 3600 or given == 10, "what was too much is owed"


def test_limits_that_are_not_shared_stay_apart(weir, up, redis):
    gates = together(weir, redis, up, 2)
    assert [statuses(g, 11, "/alone").count(200) for g in gates] == [10, 10]


def test_without_redis_each_counts_alone_and_says_so_once(weir, up, redis):
    a, b = together(weir, redis, up, 2)
    redis.stop()
    for g in (a, b):
        g.wait_log("every rate limit counts alone")
    began = time.monotonic()
    assert [statuses(g, 11, "/all").count(200) for g in (a, b)] == [10, 10]
    assert time.monotonic() - began < 5 * SLOWER, "nobody waits for it"
    time.sleep(0.5)
    for g in (a, b):
        assert len(g.wait_log("every rate limit counts alone")) == 1
    redis.start()
    for g in (a, b):
        g.wait_log("rate limits are shared", count=2)
    client = {"X-Forwarded-For": "192.0.2.9"}
    given = in_turns((a, b), "/each", client)
    assert 10 <= given <= 11, "and together again"


def test_redis_sees_no_address(weir, up, redis):
    gate, = together(weir, redis, up, 1)
    gate.get("/each", {"X-Forwarded-For": "192.0.2.77"})

    def keys():
        with socket.create_connection(("127.0.0.1", redis.port), 5) as s:
            s.sendall(b"KEYS *\r\n")
            return s.recv(65536).decode()

    wait_for(lambda: "weir:rate:route GET /each:" in keys(), 5 * SLOWER, "the key")
    assert "192.0.2" not in keys()
