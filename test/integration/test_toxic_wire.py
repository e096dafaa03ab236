"""Trouble on the wire between weir and one of three instances, made by toxiproxy, under load: no request
fails while others are well. Without toxiproxy these are not run, and the end of the run says so."""

import time

import pytest
from prove.load import Load
from support.cluster import ROUTES, instance, named, shares
from support.toxiproxy import Toxiproxy
from support.upstream import json_reply
from support.waiting import wait_for
from support.weir_process import SLOWER

pytestmark = [pytest.mark.toxiproxy, pytest.mark.longest(60)]

TROUBLE = {
    "latency": lambda way: way.add("latency", latency=150, jitter=50),
    "slow answers": lambda way: way.add("bandwidth", rate=1),
    "torn into crumbs": lambda way: way.add("slicer", average_size=10, size_variation=5, delay=500),
    "reset at once": lambda way: way.add("reset_peer", timeout=0),
    "reset while it is waited for": lambda way: way.add("reset_peer", timeout=50),
    "cut in the middle of an answer": lambda way: way.add("limit_data", bytes=100),
    "slow to close": lambda way: (way.add("limit_data", bytes=1000), way.add("slow_close", delay=1000)),
    "black hole for answers": lambda way: way.add("timeout", timeout=0),
    "black hole for requests": lambda way: way.add("timeout", stream="upstream", timeout=0),
    "black hole that closes": lambda way: way.add("timeout", timeout=100),
    "refused": lambda way: way.open(False),
}

CUTS = [TROUBLE["cut in the middle of an answer"], TROUBLE["slow to close"]]


@pytest.fixture
def wire():
    with Toxiproxy() as made:
        yield made


@pytest.mark.parametrize("path", ["/composed/1", "/proxied/1"])
@pytest.mark.parametrize("trouble", TROUBLE.values(), ids=TROUBLE)
def test_no_request_fails(weir, upstream, wire, trouble, path):
    instances = named([upstream() for _ in range(3)])
    for n, u in enumerate(instances):
        u.on("GET /x/1", json_reply({"n": str(n), "more": "x" * 200}))
    ways = [wire.between(u.port) for u in instances]
    gate = weir("services:\n  a: {instances: [<ways>], attempt_timeout: <patience>ms, "
                "retry: {attempts: 3, backoff: 1ms..10ms}, ejection: {in_a_row: 3, for: 500ms..500ms}}\n".replace(
                    "<ways>", ", ".join(w.url for w in ways)) + ROUTES, patience=int(400 * SLOWER))
    load = Load(gate.port, path, rate=100, connections=64).start()
    try:
        time.sleep(0.7)
        trouble(ways[0])
        time.sleep(2)
        before = sum(u.count() for u in instances[1:])
        ways[0].clear()
        wait_for(lambda: instance(gate, ways[0])["state"] == "in use")
        told = load.stop()
    finally:
        load.kill()
    if trouble in CUTS and path.startswith("/proxied"):
        # The client has a part: it must not take it for the whole. The first ones, then one probe at a time.
        assert set(told["reasons"]) <= {"connection closed"} and told["failures"] <= 12, told["reasons"]
    else:
        assert told["failures"] == 0, (told["reasons"], gate.log()[-3000:])
    assert told["requests"] > 100 and before > 50
    before = instances[0].count()
    shares(gate, 60, path.replace("1", "{}"))
    assert instances[0].count() > before, "it is used again"
