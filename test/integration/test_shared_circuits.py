"""Circuits that several gateways share through a real Redis."""

import time
from concurrent.futures import ThreadPoolExecutor

from support import waiting
from support.upstream import in_turn, json_reply, status
from support.weir_process import SLOWER

CONFIG = """
    redis: {url: "<redis>"}
    services:
      partner:
        url: <partner>
        failures: [connect, timeout, 4xx, 5xx]
        breaker: {trip: {in_a_row: 3}, open: %s, shared: %s}
    routes:
      GET /offer:
        steps:
          offer: {get: partner/offer, default: cold}
        reply: ${offer}
      GET /offer/circuit:
        reply: {current_state: "${circuits.partner.state}", fail_counter: "${circuits.partner.failures}"}
    """


def wait_for(holds, what):
    waiting.wait_for(holds, 5 * SLOWER, what)


def shared(gate):
    gate.wait_log("redis is there")
    return gate


def circuit(gate):
    answer = gate.get("/offer/circuit").json()
    return answer["current_state"], answer["fail_counter"]


def test_two_failures_through_one_and_one_through_the_other_open_it_for_both(weir, upstream, redis):
    up = upstream().always(status(500))
    a, b = (shared(weir(CONFIG % ("60s", "sum"), redis=redis.url, partner=up)) for _ in range(2))
    a.get("/offer")
    a.get("/offer")
    wait_for(lambda: circuit(b) == ("closed", 2), "the other knows of both")
    b.get("/offer")
    began = time.monotonic()
    wait_for(lambda: circuit(a) == ("open", 3) == circuit(b), "open for both")
    assert time.monotonic() - began < 0.1 * SLOWER
    calls = up.count()
    assert a.get("/offer").json() == b.get("/offer").json() == "cold"
    assert up.count() == calls == 3


def test_one_probe_in_all(weir, upstream, redis):
    up = upstream().always(status(500))
    gates = [shared(weir(CONFIG % ("500ms", "sum"), redis=redis.url, partner=up)) for _ in range(3)]
    for _ in range(3):
        gates[0].get("/offer")
    for g in gates:
        wait_for(lambda: circuit(g)[0] != "closed", "open for all")
    up.always(json_reply("hot", delay=1.5))
    before = up.count()

    def closed():
        for g in gates:
            g.get("/offer")
        return all(circuit(g) == ("closed", 0) for g in gates)

    # The first call that is let through is the probe; while it is on its way nobody joins it.
    with ThreadPoolExecutor(16) as knocking:
        def knock():
            for g in gates:
                knocking.submit(g.get, "/offer")
            time.sleep(0.1)

        wait_for(lambda: knock() or up.count() > before, "a probe")
        for _ in range(4):
            knock()
        assert up.count() == before + 1
    wait_for(closed, "closed for all")


def test_a_gateway_that_starts_later_learns_that_it_is_open(weir, upstream, redis):
    up = upstream().always(status(500))
    first = shared(weir(CONFIG % ("60s", "sum"), redis=redis.url, partner=up))
    for _ in range(3):
        first.get("/offer")
    wait_for(lambda: circuit(first)[0] == "open", "open")
    second = shared(weir(CONFIG % ("60s", "sum"), redis=redis.url, partner=up))
    wait_for(lambda: circuit(second) == ("open", 3), "it has learnt")
    assert second.get("/offer").json() == "cold" and up.count() == 3


def test_row_46_redis_gone_the_breakers_go_on_alone_and_no_request_fails_for_it(weir, upstream, redis):
    up = upstream().always(in_turn(json_reply("hot"), status(500)))
    a, b = (shared(weir(CONFIG % ("300ms", "sum"), redis=redis.url, partner=up)) for _ in range(2))
    redis.stop()
    for g in (a, b):
        g.wait_log("every circuit goes on alone")
    assert a.get("/offer").json() == "hot"
    for _ in range(3):
        answer = a.get("/offer")
        assert (answer.status, answer.json()) == (200, "cold")
        assert answer.seconds < 1 * SLOWER
    assert circuit(a)[0] != "closed" and circuit(b)[0] == "closed"
    up.always(json_reply("hot"))
    wait_for(lambda: a.get("/offer").json() == "hot", "it probes by itself")
    redis.start()
    for g in (a, b):
        g.wait_log("redis is there", count=2)
    up.always(status(500))
    for _ in range(3):
        a.get("/offer")
    wait_for(lambda: circuit(b)[0] != "closed", "shared again")


def test_without_redis_at_start_it_serves_all_the_same(weir, upstream, redis):
    redis.stop()
    gate = weir(CONFIG % ("60s", "sum"), redis=redis.url, partner=upstream().always(json_reply("hot")))
    assert gate.get("/offer").json() == "hot"


def test_a_quorum_keeps_one_bad_host_from_opening_it_for_all(weir, upstream, redis):
    good, bad = upstream().always(json_reply("hot")), upstream().always(status(500))
    a = shared(weir(CONFIG % ("60s", "quorum"), redis=redis.url, partner=bad))
    others = [shared(weir(CONFIG % ("60s", "quorum"), redis=redis.url, partner=good)) for _ in range(2)]
    for _ in range(3):
        a.get("/offer")
    wait_for(lambda: circuit(a)[0] == "open", "it protects itself")
    time.sleep(0.2)
    assert [circuit(g)[0] for g in others] == ["closed", "closed"]


def test_a_wrong_redis_url_is_explained_before_anything_starts(command, tmp_path):
    file = tmp_path / "wrong.yaml"
    file.write_text('redis: {url: "http://x"}\nroutes: {GET /: {reply: 1}}\n')
    found = command("check", file)
    assert found.code == 78
    assert "a Redis URL begins with redis://" in found.err and "wrong.yaml:1:" in found.err
