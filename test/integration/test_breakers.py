"""Circuits through the gateway: what trips them, how long they stay open, how they are probed."""

import threading
import time

import pytest
from support.expect import partial, traced_problem
from support.upstream import hang, json_reply, respond, status
from support.weir_process import SLOWER

CONFIG = """
    services:
      a: {url: <a>, retry: off, timeout: 3s, breaker: %s}
    routes:
      GET /:
        steps:
          x: {get: a/x, default: null}
        reply: {x: "${x}", state: "${circuits.a.state}", failures: "${circuits.a.failures}"}
      GET /state:
        reply: {state: "${circuits.a.state}", failures: "${circuits.a.failures}"}
    """


class Script:
    """The service fails or answers as the test switches it."""

    def __init__(self, up):
        self.up = up
        up.always(self)
        self.fail = False
        self.delay = 0.0

    def __call__(self, x):
        (status(500, delay=self.delay) if self.fail else json_reply(1, delay=self.delay))(x)


@pytest.fixture
def make(weir, upstream):
    def build(breaker, **more):
        up = upstream()
        gate = weir(CONFIG % breaker, a=up, **more)
        gate.script = Script(up)
        gate.up = up
        return gate

    return build


def play(gate, moves):
    """S and F as the service's answers, one request each; the states after each."""
    states = []
    for move in moves:
        gate.script.fail = move == "F"
        gate.get("/")
        states.append(gate.state("a"))
    return states


def test_failures_in_a_row(make):
    gate = make("{trip: {in_a_row: 3}, open: 30s}")
    assert play(gate, "FFSFFF") == ["closed"] * 5 + ["open"]
    assert gate.circuit("a")["failures"] == 3


def test_failures_within_a_window(make):
    gate = make("{trip: {failures: 3, within: 1s}, open: 30s}")
    assert play(gate, "FSF") == ["closed"] * 3
    time.sleep(1.3)
    # The two have left the window.
    assert play(gate, "FF") == ["closed"] * 2
    assert play(gate, "SF") == ["closed", "open"]


def test_a_ratio_with_a_least_number_of_calls(make):
    gate = make("{trip: {ratio: 50%, within: 20s, min_calls: 5}, open: 30s}")
    assert play(gate, "FFFS") == ["closed"] * 4
    assert play(gate, "S") == ["open"]      # the fifth call: 60 % of five
    gate = make("{trip: {ratio: 50%, within: 20s, min_calls: 5}, open: 30s}")
    assert play(gate, "SSSFF") == ["closed"] * 5   # 40 %
    assert play(gate, "F") == ["open"]             # 50 %


def test_a_share_of_slow_calls(make):
    gate = make("{trip: {slow: 60%, slower_than: 200ms, within: 20s, min_calls: 5}, open: 30s}")
    for delay in (0.3, 0.3, 0, 0):
        gate.script.delay = delay
        assert gate.get("/").json()["x"] == 1
    assert gate.state("a") == "closed"
    gate.script.delay = 0.3
    assert gate.get("/").json()["x"] == 1, "a slow answer is an answer"
    assert gate.state("a") == "open"


def test_slow_and_failed_are_two_things(make):
    gate = make("{trip: {slow: 60%, slower_than: 200ms, within: 20s, min_calls: 3}, open: 30s}")
    assert play(gate, "FFFFFF") == ["closed"] * 6


def test_an_open_circuit_calls_nobody_and_answers_at_once(make):
    gate = make("{trip: {in_a_row: 1}, open: 30s}")
    play(gate, "F")
    gate.script.delay = 1.0
    gate.up.forget()
    for _ in range(5):
        answer = gate.get("/")
        assert answer.json() == {"x": None, "state": "open", "failures": 1}
        assert partial(answer) == {"x": "breaker_open"}
        assert answer.seconds < 0.3 * SLOWER
    assert gate.up.count() == 0
    circuit = gate.circuit("a")
    assert circuit["not_permitted"] == 5
    assert 20_000 < circuit["time_to_probe_ms"] <= 30_000


def test_after_the_open_time_it_says_half_open_without_a_call(make):
    gate = make("{trip: {in_a_row: 1}, open: 500ms}")
    play(gate, "F")
    assert gate.get("/state").json()["state"] == "open"
    time.sleep(0.6)
    assert gate.get("/state").json()["state"] == "half-open"
    assert gate.state("a") == "half-open"
    assert gate.up.count() == 1


def test_a_probe_that_succeeds_closes_it(make):
    gate = make("{trip: {in_a_row: 2}, open: 300ms}")
    play(gate, "FF")
    time.sleep(0.4)
    assert play(gate, "S") == ["closed"]
    assert gate.get("/").json()["failures"] == 0
    # It counts from the beginning.
    assert play(gate, "F") == ["closed"]


def test_a_probe_that_fails_opens_it_again_for_the_whole_time(make):
    gate = make("{trip: {in_a_row: 2}, open: 500ms}")
    play(gate, "FF")
    time.sleep(0.6)
    assert play(gate, "F") == ["open"]
    assert gate.circuit("a")["time_to_probe_ms"] > 300
    gate.up.forget()
    assert gate.get("/").json()["state"] == "open"
    assert gate.up.count() == 0


def at_once(gate, count):
    answers = []
    threads = [threading.Thread(target=lambda: answers.append(gate.get("/"))) for _ in range(count)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    return answers


def test_one_probe_at_a_time(make):
    gate = make("{trip: {in_a_row: 1}, open: 300ms}")
    play(gate, "F")
    time.sleep(0.4)
    gate.up.forget()
    gate.script.fail, gate.script.delay = False, 0.4
    answers = at_once(gate, 6)
    assert gate.up.count() == 1
    assert sorted(str(a.json()["x"]) for a in answers) == ["1"] + ["None"] * 5
    assert sum(partial(a) == {"x": "breaker_open"} for a in answers) == 5
    assert gate.state("a") == "closed"


def test_several_probes_and_several_successes_to_close(make):
    gate = make("{trip: {in_a_row: 1}, open: 300ms, probe: {calls: 3, close_after: 3}}")
    play(gate, "F")
    time.sleep(0.4)
    assert play(gate, "SS") == ["half-open", "half-open"]
    assert play(gate, "S") == ["closed"]
    play(gate, "F")
    time.sleep(0.4)
    gate.up.forget()
    gate.script.fail, gate.script.delay = False, 0.4
    at_once(gate, 8)
    assert gate.up.count() == 3


def test_a_failed_probe_among_several_opens_it_again(make):
    gate = make("{trip: {in_a_row: 1}, open: 300ms, probe: {calls: 3, close_after: 3}}")
    play(gate, "F")
    time.sleep(0.4)
    assert play(gate, "SF") == ["half-open", "open"]


def test_a_growing_open_time(make):
    gate = make("{trip: {in_a_row: 1}, open: 300ms..1200ms}")
    play(gate, "F")
    opens = []
    for _ in range(3):
        opens.append(gate.circuit("a")["time_to_probe_ms"])
        gate.wait_state("a", "half-open", timeout=3)
        play(gate, "F")
    opens.append(gate.circuit("a")["time_to_probe_ms"])
    assert opens[0] <= 300 and opens[0] < opens[1] < opens[2] <= 1200, opens
    assert opens[3] <= 1200
    gate.wait_state("a", "half-open", timeout=3)
    play(gate, "SF")
    # Once closed, it begins anew.
    assert gate.circuit("a")["time_to_probe_ms"] <= 300


def test_a_probe_whose_client_leaves_frees_its_place(make):
    gate = make("{trip: {in_a_row: 1}, open: 300ms}")
    play(gate, "F")
    time.sleep(0.4)
    gate.up.forget()
    gate.up.always(hang())
    with gate.connect() as c:
        c.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n")
        gate.up.wait_for(1)
    gate.up.wait_cancelled(gate.up.last)
    time.sleep(0.1)
    assert gate.state("a") == "half-open", "it decides nothing"
    gate.up.always(json_reply(2))
    assert gate.get("/").json()["x"] == 2
    assert gate.state("a") == "closed"


def test_a_call_begun_before_it_opened_decides_nothing_afterwards(make):
    gate = make("{trip: {in_a_row: 2}, open: 400ms}")
    gate.up.on("/x", respond(200, "1", delay=1.0))
    late = threading.Thread(target=gate.get, args=("/",))
    late.start()
    gate.up.wait_for(1)
    gate.up.on("/x", status(500))
    play(gate, "FF")
    assert gate.state("a") == "open"
    gate.wait_state("a", "half-open", timeout=2)
    late.join()
    assert gate.state("a") == "half-open", "a success of the closed era closes nothing"


def test_routes_and_steps_share_the_circuit_of_their_service(weir, upstream):
    up = upstream().on("/bad", status(500)).on("/good", json_reply(1))
    gate = weir("""
        services:
          a: {url: <a>, retry: off, breaker: {trip: {in_a_row: 2}, open: 30s}}
          b: {url: <a>, retry: off, breaker: {trip: {in_a_row: 2}, open: 30s}}
        routes:
          GET /one:
            steps:
              x: {get: a/bad, default: null}
              y: {get: b/good}
            reply: ok
          GET /two: {proxy: a/bad}
          GET /three:
            steps:
              z: {get: a/good}
            reply: ${z}
        """, a=up)
    gate.get("/one")
    assert gate.get("/two").status == 500
    assert (gate.state("a"), gate.state("b")) == ("open", "closed")
    answer = gate.get("/three")
    traced_problem(answer, 503, step="z")


def test_a_proxied_500_is_passed_on_and_counts(weir, upstream):
    up = upstream().always(status(500))
    gate = weir("""
        services: {a: {url: <a>, retry: off, breaker: {trip: {in_a_row: 2}, open: 30s}}}
        routes: {GET /: {proxy: a}}
        """, a=up)
    for _ in range(2):
        answer = gate.get("/")
        assert (answer.status, answer.json()) == (500, {"error": "by script"})
    traced_problem(gate.get("/"), 503, proxy_status="destination_unavailable")


def test_breaker_off(weir, upstream):
    up = upstream().always(status(500))
    gate = weir("""
        services: {a: {url: <a>, retry: off, breaker: off}}
        routes:
          GET /:
            steps:
              x: {get: a/x}
            reply: ${x}
        """, a=up)
    for _ in range(30):
        assert gate.get("/").status == 502
    assert up.count() == 30


@pytest.mark.parametrize("profile, failures, opens_for", [("pybreaker", 5, 60), ("fabfuel", 5, 30)])
def test_named_profiles(make, profile, failures, opens_for):
    gate = make(f"{{profile: {profile}}}")
    assert play(gate, "F" * failures) == ["closed"] * (failures - 1) + ["open"]
    assert (opens_for - 5) * 1000 < gate.circuit("a")["time_to_probe_ms"] <= opens_for * 1000


def test_concurrent_failures_trip_once(make):
    gate = make("{trip: {in_a_row: 3}, open: 30s}")
    gate.script.fail, gate.script.delay = True, 0.3
    at_once(gate, 8)
    assert gate.state("a") == "open"
    assert len(gate.wait_log(r"circuit a closed -> open")) == 1


def test_an_expression_reads_the_state_of_its_own_moment(weir, upstream):
    up = upstream().on("/fails", status(500)).on("/slow", respond(200, "1", delay=0.6 * SLOWER))
    gate = weir("""
        services:
          a: {url: <a>, breaker: {trip: {in_a_row: 1}, open: %dms}}
          b: <a>
        routes:
          GET /fails: {steps: {x: {get: a/fails, default: null}}, reply: "${circuits.a.state}"}
          GET /slow: {steps: {x: {get: b/slow}}, reply: "${[x, circuits.a.state]}"}
        """ % (300 * SLOWER), a=up)
    assert gate.get("/fails").json() == "open"
    assert gate.get("/slow").json() == [1, "half-open"], "the open time went by while the request waited"
