"""What is claimed of services that come and go, each as a function that tries it with real processes.

Times and rates come from outside: `./run prove` gives the full ones, the tests shorter ones.
"""

import json
import signal
import time

from prove.load import Load
from prove.stage import Proof, Stage, calls, processor_seconds, services, wait_for
from support.consul import Consul, FakeConsul, real_consul
from support import ports

ROUTE = """
routes:
  GET /x: {proxy: a}
"""


def config(registry, options):
    return f"""
discovery: {{consul: {{url: "{registry.url}", wait: 10s}}}}
services:
  a: {{consul: a, {options}}}
{ROUTE}"""


CAREFUL = ("attempt_timeout: 250ms, retry: {attempts: 3, backoff: 1ms..10ms}, "
           "health: {path: /healthz, every: 500ms, timeout: 300ms, fall: 2, rise: 2}")


def four_under_load(stage, rate):
    """Four instances in a registry, all in use by a gateway that is asked at that rate."""
    registry = stage.registry()
    four = [stage.instance(f"n{k}") for k in range(4)]
    for one in four:
        registry.add("a", one)
    gate = stage.gate(config(registry, CAREFUL))
    wait_for(lambda: len(services(gate)["a"]["instances"]) == 4, 5)
    load = Load(gate.port, "/x", rate).start()
    stage.also(load, load.kill)
    return registry, four, gate, load


def comes_and_goes(seconds=60, rate=2000, slower=1):
    """1. One is killed, one hangs, one is added, one is taken out."""
    proof = Proof(f"1  Four instances under {rate} requests a second for {seconds} s: one killed, one stopped, one added, one taken out")
    with Stage() as stage:
        registry, four, gate, load = four_under_load(stage, rate)
        pause = seconds / 6
        time.sleep(pause)
        four[0].signal(signal.SIGKILL)
        time.sleep(2)
        dead = calls(gate, four[0])
        time.sleep(max(0, pause - 2))
        dead = calls(gate, four[0]) - dead
        four[1].signal(signal.SIGSTOP)
        time.sleep(2)
        hung = calls(gate, four[1])
        time.sleep(max(0, pause - 2))
        hung = calls(gate, four[1]) - hung
        fresh = stage.instance("fresh")
        added_at = load.second()
        registry.add("a", fresh)
        time.sleep(pause)
        taken_at = load.second()
        registry.remove("a", four[2])
        gone = wait_for(lambda: calls(gate, four[2]) == 0, 5)
        time.sleep(1)
        four[2].signal(signal.SIGTERM)
        time.sleep(max(0.5, pause - 2))
        four[1].signal(signal.SIGCONT)  # what it was sent while it stood still is answered to nobody
        time.sleep(max(pause, seconds + 1 - load.second()))
        told = load.stop()
        proof.row("seconds under load", told["seconds"], f"at least {seconds}", told["seconds"] >= seconds)
        # All that came due was sent: a gate that falls behind is asked later, not less.
        proof.row("requests", told["requests"], f"at least {rate * seconds}", told["requests"] >= rate * seconds)
        proof.row("requests that failed", f"{told['failures']} {told['reasons'] or ''}", "0", told["failures"] == 0)
        proof.row("calls to the killed one from 2 s on", dead, "10 at most", dead <= 10)
        proof.row("calls to the stopped one from 2 s on", hung, "10 at most", hung <= 10)
        share = {s: c.get("fresh", 0) / max(1, sum(c.values())) for s, c in told["by"].items()}
        even = 1 / 3  # of the three that are well then
        got = [s for s in sorted(share) if s >= added_at and share[s] >= even * 0.8]
        took = got[0] + 1 - added_at if got else None
        proof.row("the added one has its even share after", f"{took:.1f} s" if took else "never", f"{3 * slower:g} s at most", took and took <= 3 * slower)
        after = sum(c.get("n2", 0) for s, c in told["by"].items() if s >= taken_at + 2)
        proof.row("requests at the one taken out from 2 s on", after, "0", after == 0)
        proof.row("the list followed after", f"{gone:.2f} s" if gone is not None else "never", f"{2 * slower:g} s at most", gone is not None and gone <= 2 * slower)
        proof.row("latency p50, p99, max", f"{told['p50']}, {told['p99']}, {told['max']} ms", "(shown)", True)

        # Without retries: only what was on the killed one may fail.
        plain = stage.gate(config(registry, "attempt_timeout: 1s, retry: off"))
        left = [stage.instance(f"p{k}") for k in range(2)]
        for one in left:
            registry.add("a", one)
        wait_for(lambda: sum(i["state"] == "in use" for i in services(plain)["a"]["instances"]) >= 3, 5)
        for one in left + [fresh]:
            one.set(delay=20)
        load = Load(plain.port, "/x", rate / 4, 64).start()
        stage.also(load, load.kill)
        time.sleep(max(2, seconds / 20))
        in_flight = 64
        left[0].signal(signal.SIGKILL)
        time.sleep(max(2, seconds / 20))
        told = load.stop()
        on_it = rate / 4 * 0.020 + 10
        proof.row("failures without retries", f"{told['failures']} {told['reasons'] or ''}",
                  f"those in flight on the killed one: {int(on_it)} at most of {in_flight}", told["failures"] <= on_it)
    return proof


def rolling_restart(seconds=30, rate=2000):
    """2. All instances restarted one by one under load."""
    proof = Proof(f"2  A rolling restart of four instances under {rate} requests a second")
    with Stage() as stage:
        registry, four, gate, load = four_under_load(stage, rate)
        time.sleep(1)
        for one in four:
            registry.remove("a", one)
            time.sleep(0.5)
            one.signal(signal.SIGTERM)
            one.gone()
            one.start()
            registry.add("a", one)
            time.sleep(max(0.5, seconds / 4 - 2))
        wait_for(lambda: sum(i["state"] == "in use" for i in services(gate)["a"]["instances"]) >= 4, 5)
        time.sleep(2.2)  # two whole seconds, whenever they begin
        told = load.stop()
        proof.row("requests", told["requests"], "", told["requests"] > rate * 2)
        proof.row("requests that failed", f"{told['failures']} {told['reasons'] or ''}", "0", told["failures"] == 0)
        last = told["by"].get(max(told["by"]) - 1, {})
        proof.row("instances that serve at the end", len(last), "4", len(last) == 4)
    return proof


def registry_gone(seconds=60, rate=500, slower=1):
    """3. Consul killed, its leader killed, an impostor in its place, an empty list."""
    proof = Proof(f"3  Consul gone for {seconds} s, its leader killed, an impostor, an empty list, under {rate} requests a second")
    with Stage() as stage:
        registry = stage.registry()
        proof.row("played by", registry.name, "", True)
        two = [stage.instance(f"n{k}") for k in range(2)]
        for one in two:
            registry.add("a", one)
        gate = stage.gate(config(registry, CAREFUL))
        known = lambda: {i["address"] for i in services(gate)["a"]["instances"]}
        wait_for(lambda: len(known()) == 2, 5)
        load = Load(gate.port, "/x", rate).start()
        stage.also(load, load.kill)
        registry.kill()
        time.sleep(seconds)
        registry.start()
        third = stage.instance("third")
        registry.add("a", third)
        took = wait_for(lambda: third.address in known(), 10)
        proof.row(f"gone for {seconds} s; a change is followed after", f"{took:.2f} s" if took is not None else "never", f"{2 * slower:g} s at most", took is not None and took <= 2 * slower)

        registry.kill()
        port = int(registry.url.rpartition(":")[2])
        impostor = FakeConsul(port)
        for how in ("junk", "garbage", "leaderless", "empty"):
            impostor.behave = how
            impostor.start()
            time.sleep(max(1, seconds / 20))
            proof.row(f"impostor ({how}): instances still known", len(known()), "3", len(known()) == 3)
            impostor.stop()
        registry.start()
        registry.remove("a", third)
        took = wait_for(lambda: third.address not in known(), 10)
        proof.row("after the impostors a change is followed after", f"{took:.2f} s" if took is not None else "never", f"{2 * slower:g} s at most", took is not None and took <= 2 * slower)
        told = load.stop()
        proof.row("requests", told["requests"], "", told["requests"] > rate)
        proof.row("requests that failed", f"{told['failures']} {told['reasons'] or ''}", "0", told["failures"] == 0)
    if real_consul():
        leader_killed(proof, rate, slower)
    return proof


def leader_killed(proof, rate, slower):
    with Stage() as stage:
        lan = None
        servers = []
        for _ in range(3):
            data = stage.directory / f"server{len(servers)}"
            data.mkdir()
            join = ["-retry-join", f"127.0.0.1:{lan}"] if lan else []
            quick = ["-hcl", "performance { raft_multiplier = 1 }"]
            server = Consul(stage.directory, arguments=["-server", "-bootstrap-expect", "3", "-data-dir", str(data), *quick, *join])
            lan = lan or server.others[1]
            servers.append(server)
            stage.also(server, server.stop)
            server.start(ready=False)
        for server in servers:
            server.wait_ready(60)
        leader = servers[0].ask("GET", "/v1/status/leader").decode().strip('"\n').rpartition(":")[2]
        first = next(s for s in servers if str(s.others[3]) == leader)
        ours = next(s for s in servers if s is not first)
        two = [stage.instance(f"l{k}") for k in range(2)]

        def register(one):  # with the servers themselves, who need a leader for it
            ours.ask("PUT", "/v1/catalog/register", json.dumps({
                "Node": one.name, "Address": "127.0.0.1",
                "Service": {"ID": one.name, "Service": "a", "Address": "127.0.0.1", "Port": one.port}}).encode())

        for one in two:
            register(one)

        class registry:
            url = ours.url

        gate = stage.gate(config(registry, CAREFUL))
        known = lambda: {i["address"] for i in services(gate)["a"]["instances"]}
        wait_for(lambda: len(known()) == 2, 10)
        load = Load(gate.port, "/x", rate).start()
        stage.also(load, load.kill)
        time.sleep(1)
        first.kill()
        third = stage.instance("l2")
        began = time.monotonic()
        while True:  # there is none to register with until a leader is chosen
            try:
                register(third)
                break
            except OSError:
                time.sleep(0.1)
                assert time.monotonic() - began < 60
        elected = time.monotonic() - began
        took = wait_for(lambda: third.address in known(), 10)
        told = load.stop()
        proof.row(f"leader of three killed (a new one after {elected:.1f} s); a change is followed after", f"{took:.2f} s" if took is not None else "never", f"{2 * slower:g} s at most", took is not None and took <= 2 * slower)
        proof.row("requests that failed meanwhile", f"{told['failures']} of {told['requests']} {told['reasons'] or ''}", "0", told["failures"] == 0)


def no_storm(seconds=20, rate=500, well=12):
    """4. A service fails wholly and comes back. What was not retried while all was well may be retried
    within the ten seconds after it: so it is well for longer than that, and fails for longer."""
    proof = Proof(f"4  A service fails 100 % for {seconds} s and comes back, under {rate} requests a second")
    with Stage() as stage:
        two = [stage.instance(f"n{k}") for k in range(2)]
        gate = stage.gate("""
services:
  a: {instances: [<one>, <two>], attempt_timeout: 500ms, retry: {attempts: 3, backoff: 5ms..50ms, budget: {ratio: 20%, floor: 0}}}
""" + ROUTE, one=two[0].url, two=two[1].url)
        load = Load(gate.port, "/x", rate, 128).start()
        stage.also(load, load.kill)
        every_first = every_attempt = 0
        for phase, status in (("well", 200), ("failing", 503), ("back", 200)):
            for one in two:
                one.set(status=status)
            before, at = sum(one.count() for one in two), load.second()
            time.sleep({"well": well, "failing": seconds, "back": max(2, seconds / 4)}[phase])
            attempts, first = sum(one.count() for one in two) - before, (load.second() - at) * rate
            proof.row(f"{phase}: attempts for each first attempt", f"{attempts / first:.2f}", "(shown)", True)
            if phase != "well":
                every_first, every_attempt = every_first + first, every_attempt + attempts
        told = load.stop()
        proof.row("the outage and the return together", f"{every_attempt / every_first:.2f}", "1.2 at most", every_attempt <= every_first * 1.2)
        proof.row("the return alone", f"{attempts / first:.2f}", "1.05 at most", attempts <= first * 1.05)
        proof.row("requests, and those that failed", f"{told['requests']}, {told['failures']}", "(shown)", True)
    return proof


def slow_one(seconds=15, rate=600):
    """5. One of six is ten times slower."""
    proof = Proof(f"5  One instance of six ten times slower (50 ms for 5 ms), {rate} requests a second")
    measured = {}
    for name, balance, slow in (("without it", "peak_ewma", False), ("round robin", "round_robin", True), ("peak EWMA", "peak_ewma", True)):
        with Stage() as stage:
            six = [stage.instance(f"n{k}") for k in range(6 if slow else 5)]
            for k, one in enumerate(six):
                one.set(delay=50 if k == 5 else 5)
            listed = ", ".join(one.url for one in six)
            gate = stage.gate(f"services:\n  a: {{instances: [{listed}], balance: {balance}, attempt_timeout: 2s}}\n" + ROUTE)
            warm = Load(gate.port, "/x", rate).start()
            stage.also(warm, warm.kill)
            time.sleep(2)
            warm.stop()
            load = Load(gate.port, "/x", rate).start()
            stage.also(load, load.kill)
            time.sleep(seconds)
            measured[name] = load.stop()
    for name, told in measured.items():
        proof.row(f"{name}: p50, p99", f"{told['p50']}, {told['p99']} ms", f"{told['requests']} requests, {told['failures']} failed", told["failures"] == 0)
    ratio = measured["peak EWMA"]["p99"] / measured["without it"]["p99"]
    proof.row("p99 with it for p99 without it, peak EWMA", f"{ratio:.2f}", "1.5 at most", ratio <= 1.5)
    ratio = measured["round robin"]["p99"] / measured["without it"]["p99"]
    proof.row("the same, round robin", f"{ratio:.2f}", "(shown)", True)
    return proof


def a_thousand(many=1000, rate=500, seconds=2, rounds=3):
    """6. Many instances, many services. Few and many take turns, and the best round of each counts: what
    else runs on the machine is no cost of a pick."""
    proof = Proof(f"6  {many} instances, {many} services")
    with Stage() as stage:
        one = stage.instance("n", host="0.0.0.0")
        costs, sizes = {}, {}
        for balance in ("least_requests", "round_robin", "peak_ewma", "maglev"):
            gates, failed, asked = {}, 0, 0
            for count in (3, many):
                listed = "\n".join(f"      - http://127.0.{k // 250}.{k % 250 + 1}:{one.port}" for k in range(count))
                gates[count] = stage.gate(f"workers: 1\nservices:\n  a:\n    balance: {balance}\n    instances:\n{listed}\n" + ROUTE)
                sizes[count, balance] = gates[count].resident_bytes() / 1e6
                warm = Load(gates[count].port, "/x", rate, 8).start()
                stage.also(warm, warm.kill)
                time.sleep(max(2, 1.2 * count / rate))
                warm.stop()
            for _ in range(rounds):
                for count, gate in gates.items():
                    load = Load(gate.port, "/x", rate, 8).start()
                    stage.also(load, load.kill)
                    time.sleep(0.5)
                    before, at = processor_seconds(gate.pid), load.second()
                    time.sleep(seconds)
                    spent, requests = processor_seconds(gate.pid) - before, (load.second() - at) * rate
                    told = load.stop()
                    failed, asked = failed + told["failures"], asked + told["requests"]
                    cost = spent / requests * 1e6
                    costs[count, balance] = min(cost, costs.get((count, balance), cost))
            for count, gate in gates.items():
                proof.row(f"{balance}, {count} instances: CPU for a request", f"{costs[count, balance]:.0f} µs", "(shown)", True)
                gate.stop()
            proof.row(f"{balance}: requests that failed", f"{failed} of {asked}", "0", failed == 0)
        for balance in ("least_requests", "round_robin", "peak_ewma", "maglev"):
            ratio = costs[many, balance] / max(1e-9, costs[3, balance])
            proof.row(f"{balance}: {many} for 3 instances", f"{ratio:.2f}", "does not grow with their number: 1.8 at most", ratio <= 1.8)
        text = "\n".join(f"  s{k}: {{instances: [{one.url}, \"http://127.0.0.2:{one.port}\"]}}" for k in range(many))
        began = time.monotonic()
        gate = stage.gate(f"services:\n{text}\nroutes:\n  GET /x: {{proxy: s0}}\n")
        took = time.monotonic() - began
        proof.row(f"start with {many} services", f"{took:.2f} s", "3 s at most", took <= 3)
        proof.row("memory then", f"{gate.resident_bytes() / 1e6:.0f} MB", "200 MB at most", gate.resident_bytes() < 200e6)
        proof.row(f"memory with {many} instances of one service", f"{max(sizes[many, b] for b in ('least_requests', 'maglev')):.0f} MB", "200 MB at most", all(s < 200 for s in sizes.values()))
    return proof


ALL = [comes_and_goes, rolling_restart, registry_gone, no_storm, slow_one, a_thousand]
