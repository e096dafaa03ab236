"""The gists' service with the profile aiomisc, beside the real aiomisc: both ask the same API, which fails and
is well again, at the same moments; what becomes of their calls and what they count must be alike.

    beside.py GISTS      (by an interpreter that has aiomisc)
"""

import http.client
import json
import socket
import subprocess
import sys
import time

from aiomisc.circuit_breaker import CircuitBreaker, CircuitBroken

GISTS = sys.argv[1]
RATIO, WINDOW, BROKEN, RECOVERY = 0.2, 2, 1, 2  # seconds, shorter than in the manual's example
TICK = 0.02
LONGEST = 60  # for one state to come
PATH = ["PASSING", "BROKEN", "RECOVERING", "BROKEN", "RECOVERING", "PASSING"]
COUNTERS = ["call_count", "call_passing", "call_broken", "call_recovering", "call_recovering_ok", "call_recovering_failed"]


def ask(port, target, body=None):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    try:
        connection.request("POST" if body else "GET", target, body)
        answer = connection.getresponse()
        return answer.status, answer.read()
    finally:
        connection.close()


class Program:
    def __init__(self, kind, *arguments):
        with socket.create_server(("127.0.0.1", 0)) as free:
            self.port = free.getsockname()[1]
        self.process = subprocess.Popen([GISTS, kind, "--listen", f"127.0.0.1:{self.port}", *arguments],
                                        stderr=subprocess.DEVNULL)
        end = time.monotonic() + 20
        while True:
            try:
                if ask(self.port, "/livez")[0] == 200:
                    return
            except OSError:
                assert self.process.poll() is None and time.monotonic() < end, f"{kind} does not serve"
            time.sleep(0.01)

    def close(self):
        self.process.terminate()
        self.process.wait()


class Unwell(Exception):
    pass


class Side:
    """What one of them did: its states with their times, and each call by what became of it."""

    def __init__(self):
        self.states, self.calls = [], []

    def tick(self, at):
        before = self.state()
        became = self.call()
        after = self.state()
        if not self.states or self.states[-1][0] != after:
            self.states.append((after, at))
        self.calls.append((at, before if before == after else "between", became))

    def path(self):
        return [state for state, _ in self.states]

    def many(self, became, state=None):
        return sum(b == became and (state is None or s == state) for _, s, b in self.calls)


class Ours(Side):
    def __init__(self, api):
        super().__init__()
        self.gists = Program("serve", "--api", f"http://127.0.0.1:{api}/gists", "--profile", "aiomisc",
                             "--within", f"{WINDOW}s", "--broken", f"{BROKEN}s", "--recovery", f"{RECOVERY}s")

    def state(self):
        return self.counted()["state"]

    def counted(self):
        return json.loads(ask(self.gists.port, "/statistics")[1])["context"]

    def call(self):
        return {200: "ran", 502: "failed", 503: "rejected"}[ask(self.gists.port, "/")[0]]


class Theirs(Side):
    def __init__(self, api):
        super().__init__()
        self.api = api

        class Breaker(CircuitBreaker):
            def _get_time(self):  # what the event loop's time is
                return time.monotonic()

        self.breaker = Breaker(error_ratio=RATIO, response_time=WINDOW, exceptions=[Unwell], broken_time=BROKEN,
                               recovery_time=RECOVERY)

    def state(self):
        return self.breaker.state.name

    def counted(self):
        metrics = [getattr(self.breaker._counters, name) for name in COUNTERS]
        return {metric.name: metric.counter[metric.name] for metric in metrics}

    def call(self):
        try:
            with self.breaker.context():
                if ask(self.api, "/gists/public")[0] != 200:
                    raise Unwell
            return "ran"
        except Unwell:
            return "failed"
        except CircuitBroken:
            return "rejected"


def play(api, sides):
    began = time.monotonic()

    def until(length, longest=LONGEST):
        end = time.monotonic() + longest
        due = time.monotonic()
        while any(len(side.states) < length for side in sides):
            at = time.monotonic() - began
            for side in sides:
                side.tick(at)
            assert time.monotonic() < end, [side.path() for side in sides]
            due = max(due + TICK, time.monotonic() - WINDOW / 20)
            time.sleep(max(0, due - time.monotonic()))

    until(1)
    ask(api, "/_fault", '{"fail": 500}')
    until(4)  # broken, recovering, and broken again
    ask(api, "/_fault", "{}")
    until(6)


def alike(what, ours, theirs, most):
    assert abs(ours - theirs) <= most, f"{what}: ours {ours:.2f}, aiomisc's {theirs:.2f}"
    print(f"  as told: {what}: ours {ours:.2f}, aiomisc's {theirs:.2f}", flush=True)


def judge(ours, theirs):
    for side in (ours, theirs):
        who, seen = type(side).__name__, side.counted()
        assert side.path() == PATH, f"{who}: {side.path()}"
        assert seen["call_count"] == len(side.calls), (who, seen)
        assert seen["call_passing"] + seen["call_recovering_ok"] == side.many("ran") + side.many("failed"), (who, seen)
        assert seen["call_broken"] + seen["call_recovering_failed"] == side.many("rejected"), (who, seen)
        # A call during which the state changed may be of either; there were no more of these than changes.
        for counter, state in (("call_broken", "BROKEN"), ("call_recovering_failed", "RECOVERING")):
            surplus = seen[counter] - side.many("rejected", state)
            assert 0 <= surplus <= side.many("rejected", "between"), (who, counter, seen)
        print(f"  as told: {who.lower()}: {' > '.join(side.path())}; "
              + ", ".join(f"{name} {seen[name]}" for name in COUNTERS), flush=True)

    for number, (state, _) in list(enumerate(ours.states))[1:4:2]:
        times = [side.states[number][1] - side.states[number - 1][1] for side in (ours, theirs)]
        alike(f"seconds until it was {state} out of {PATH[number - 1]}", *times, most=1.5)
    # The one looks at the end of the open time, the other at the next call.
    for number in (2, 5):
        times = [side.states[number][1] - side.states[number - 1][1] for side in (ours, theirs)]
        alike(f"seconds from {PATH[number - 1]} to {PATH[number]}", *times, most=1)
    shares = [side.counted()["call_recovering_ok"] / side.counted()["call_recovering"] for side in (ours, theirs)]
    alike("share of the calls let through while recovering", *shares, most=0.3)


def main():
    api = Program("api", "--faults")
    ours = Ours(api.port)
    theirs = Theirs(api.port)
    try:
        play(api.port, (ours, theirs))
        judge(ours, theirs)
    finally:
        ours.gists.close()
        api.close()
    print("beside aiomisc: alike")


main()
