"""One circuit shared by the real pybreaker and a program in C++, through a real Redis.

    share.py PEER REDIS_PORT      (by an interpreter that has pybreaker and redis)
"""

import subprocess
import sys
import time
import uuid

import pybreaker
import redis

PEER, PORT = sys.argv[1], int(sys.argv[2])
FAILURES, OPEN = 3, 2


class Ours:
    def __init__(self, space):
        self.process = subprocess.Popen([PEER, str(PORT), space, str(FAILURES), str(OPEN * 1000)],
                                        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def ask(self, word):
        self.process.stdin.write(word + "\n")
        self.process.stdin.flush()
        return self.process.stdout.readline().strip()

    def close(self):
        self.process.stdin.close()
        self.process.wait()


class Theirs:
    def __init__(self, space):
        self.breaker = pybreaker.CircuitBreaker(
            fail_max=FAILURES, reset_timeout=OPEN,
            state_storage=pybreaker.CircuitRedisStorage(
                pybreaker.STATE_CLOSED, redis.StrictRedis(port=PORT), namespace=space))

    def ask(self, word):
        if word == "state":
            return f"{self.breaker.current_state} {self.breaker.fail_counter}"

        def call():
            if word == "fail":
                raise ValueError("asked to")

        try:
            self.breaker.call(call)
        except pybreaker.CircuitBreakerError as why:
            return "done" if "Failures threshold reached" in str(why) or "Trial call failed" in str(why) else "rejected"
        except ValueError:
            pass
        return "done"


def expect(who, state, within=2.0):
    end = time.monotonic() + within
    while (seen := who.ask("state")) != state:
        assert time.monotonic() < end, f"{type(who).__name__} says {seen!r}, not {state!r}"
        time.sleep(0.02)


def probe(who, word):
    """Knocks until it is let through."""
    end = time.monotonic() + OPEN + 2
    while who.ask(word) != "done":
        assert time.monotonic() < end, "never let through"
        time.sleep(0.05)


def both(told):
    def run():
        space = uuid.uuid4().hex
        theirs = Theirs(space)
        ours = Ours(space)
        try:
            told(ours, theirs)
        finally:
            ours.close()
    run.__name__ = told.__name__
    return run


@both
def failures_of_both_count_together(ours, theirs):
    assert theirs.ask("fail") == "done"
    expect(ours, "closed 1")
    assert ours.ask("fail") == "done"
    expect(theirs, "closed 2")
    assert theirs.ask("fail") == "done"
    expect(theirs, "open 3")
    expect(ours, "open 3")
    assert ours.ask("ok") == theirs.ask("ok") == "rejected"


@both
def a_success_of_ours_sets_the_count_to_zero_for_them(ours, theirs):
    theirs.ask("fail")
    theirs.ask("fail")
    expect(ours, "closed 2")
    ours.ask("ok")
    expect(theirs, "closed 0")
    expect(ours, "closed 0")


@both
def a_success_of_theirs_sets_the_count_to_zero_for_us(ours, theirs):
    ours.ask("fail")
    expect(theirs, "closed 1")
    theirs.ask("ok")
    expect(ours, "closed 0")


@both
def what_we_open_they_reject_and_their_probe_closes_it_for_us(ours, theirs):
    for _ in range(FAILURES):
        ours.ask("fail")
    expect(ours, "open 3")
    expect(theirs, "open 3")
    assert theirs.ask("ok") == "rejected"
    time.sleep(OPEN + 0.1)
    assert theirs.ask("ok") == "done"
    expect(theirs, "closed 0")
    expect(ours, "closed 0")


@both
def what_they_open_we_probe_and_close_for_them(ours, theirs):
    for _ in range(FAILURES):
        theirs.ask("fail")
    expect(ours, "open 3")
    probe(ours, "ok")
    expect(ours, "closed 0")
    expect(theirs, "closed 0")


@both
def a_failed_probe_of_ours_keeps_it_open_for_them(ours, theirs):
    for _ in range(FAILURES):
        theirs.ask("fail")
    expect(ours, "open 3")
    probe(ours, "fail")
    expect(theirs, "open 4")
    assert theirs.ask("ok") == "rejected"


def main():
    stories = [f for f in globals().values() if callable(f) and getattr(f, "__qualname__", "").startswith("both.")]
    for story in stories:
        story()
        print(f"  as told: {story.__name__.replace('_', ' ')}", flush=True)
    print(f"shared with pybreaker: {len(stories)} of {len(stories)} stories as told")


main()
