"""The cache of composed calls: equal calls at the same time are made once for all who wait."""

import threading

import pytest
from support.cached_calls import cached, counting, make, make_with_workers
from support.expect import problem
from support.raw_client import format_request
from support.upstream import hang, in_turn, json_reply, status
from support.waiting import wait_for
from support.weir_process import SLOWER


def at_once(gate, count, target="/1", headers=None, meanwhile=None):
    """So many equal requests at the same time, and their answers."""
    connections = [gate.connect() for _ in range(count)]
    for c in connections:
        c.send(format_request("GET", target, headers or {}, None, "x"))
    if meanwhile:
        meanwhile()
    answers = [c.read_response() for c in connections]
    for c in connections:
        c.close()
    return answers


def all_in(gate, count):
    wait_for(lambda: gate.metrics().value("http_server_active_requests") == count, what="all requests")


@pytest.mark.parametrize("workers", [1, 2])
def test_equal_calls_at_the_same_time_are_made_once(weir, upstream, workers):
    gone = threading.Event()
    up = upstream().always(lambda x: (x.wait(gone), json_reply("one")(x)))
    gate = make_with_workers(weir, up, workers)

    def let_go():
        up.wait_for(1)
        all_in(gate, 12)
        gone.set()

    answers = at_once(gate, 12, meanwhile=let_go)
    assert {a.json()["x"] for a in answers} == {"one"}
    assert up.count() == 1
    ways = sorted(cached(a)["x"] for a in answers)
    assert ways == ["fwd=miss; collapsed"] * 11 + ["fwd=miss; stored"]
    m = gate.metrics()
    assert m.value("weir_cache_misses_total", service="a") == 1
    assert m.value("weir_cache_coalesced_total", service="a") == 11


def test_equal_items_of_a_list_are_asked_for_once(weir, upstream):
    up = upstream().on("/list", json_reply([{"id": n % 3} for n in range(12)])).on("/items/{i}", lambda x: (x.sleep(0.1), json_reply(int(x.request.slots["i"]) * 10)(x)))
    gate = weir("""
        services: {a: {url: <a>}}
        routes:
          GET /:
            steps:
              list: {get: a/list}
              item: {each: list as l, get: "a/items/${l.id}", limit: 8, cache: {for: 20s}}
            reply: ${item}
        """, a=up)
    first = gate.get("/")
    assert first.json() == [n % 3 * 10 for n in range(12)]
    assert up.count("/items/{i}") == 3
    assert set(cached(first)["item"]) == {"fwd=miss; stored", "fwd=miss; collapsed", "hit"}
    again = gate.get("/")
    assert again.json() == first.json() and cached(again) == {"item": "hit"} and up.count("/items/{i}") == 3


def test_without_coalescing_each_asks(weir, upstream):
    barrier = threading.Barrier(3)
    up = upstream().always(lambda x: (barrier.wait(5), json_reply(1)(x)))
    gate = make(weir, up, "{for: 20s, coalesce: false}")
    assert {a.status for a in at_once(gate, 3)} == {200}
    assert up.count() == 3


def test_a_failure_is_everybodys(weir, upstream):
    gone = threading.Event()
    up = upstream().always(lambda x: (x.wait(gone), status(503, headers={"Retry-After": "7"})(x)))
    gate = make(weir, up)
    answers = at_once(gate, 4, meanwhile=lambda: (up.wait_for(1), all_in(gate, 4), gone.set()))
    assert [a.status for a in answers] == [502] * 4 and up.count() == 1


def test_what_is_for_one_alone_is_not_shared_with_those_who_wait(weir, upstream):
    gone = threading.Event()
    count = counting(headers={"Set-Cookie": "who=me"})
    up = upstream().always(lambda x: (x.wait(gone), count(x)))
    gate = make(weir, up)
    answers = at_once(gate, 3, meanwhile=lambda: (up.wait_for(1), all_in(gate, 3), gone.set()))
    assert sorted(a.json()["x"] for a in answers) == [1, 2, 3]


@pytest.mark.parametrize("workers", [1, 2])
def test_when_the_one_who_asks_leaves_another_asks(weir, upstream, workers):
    gone = threading.Event()
    up = upstream().always(in_turn(hang(), lambda x: (x.wait(gone), json_reply("second")(x))))
    gate = make_with_workers(weir, up, workers)
    leader = gate.connect()
    leader.send(format_request("GET", "/1", {}, None, "x"))
    up.wait_for(1)

    def leave():
        all_in(gate, 4)
        leader.reset()
        up.wait_for(2)
        gone.set()

    answers = at_once(gate, 3, meanwhile=leave)
    assert [a.json()["x"] for a in answers] == ["second"] * 3
    assert up.count() == 2


def patient_and_hasty(weir, up, patient, hasty):
    """Two routes that ask for the same, each with its own time."""
    return weir("""
        services: {a: {url: <a>, retry: off, breaker: off, cache: {for: 20s}}}
        routes:
          GET /patient:
            steps:
              x: {get: a/x, timeout: %s}
            reply: ${x}
          GET /hasty:
            steps:
              x: {get: a/x, timeout: %s}
            reply: ${x}
        """ % (patient, hasty), a=up)


def test_those_who_wait_keep_their_own_time(weir, upstream):
    up = upstream().always(hang())
    gate = patient_and_hasty(weir, up, "3s", "200ms")
    with gate.connect() as c:
        c.send(format_request("GET", "/patient", {}, None, "x"))
        up.wait_for(1)
        late = gate.get("/hasty")
        problem(late, 504)
        assert late.seconds < 1.5 * SLOWER and up.count() == 1


def test_a_call_out_of_time_leaves_the_asking_to_one_who_has_more(weir, upstream):
    up = upstream().always(in_turn(hang(), json_reply("good")))
    gate = patient_and_hasty(weir, up, "5s", "400ms")
    with gate.connect() as c:
        c.send(format_request("GET", "/hasty", {}, None, "x"))
        up.wait_for(1)
        assert gate.get("/patient").json() == "good"
        problem(c.read_response(), 504)


def test_many_who_leave_at_any_time_leave_nothing_behind(weir, upstream):
    up = upstream().always(lambda x: (x.sleep(0.005), json_reply(x.request.path, headers={"Cache-Control": "max-age=0"})(x)))
    gate = make_with_workers(weir, up, 2)
    wrong = []

    def client(seed):
        for n in range(40):
            with gate.connect() as c:
                c.send(format_request("GET", f"/{n % 3}", {}, None, "x"))
                if (n + seed) % 3 == 0:
                    c.reset()
                    continue
                if (got := c.read_response()).status != 200 or got.json() != {"x": f"/x/{n % 3}"}:
                    wrong.append(got)

    threads = [threading.Thread(target=client, args=(s,)) for s in range(6)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    assert wrong == []
    wait_for(lambda: gate.metrics().value("http_server_active_requests") == 0, what="quiet")
