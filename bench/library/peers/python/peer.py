"""What breakers of Python cost a call, one round: peer.py THREADS SECONDS. Prints a line of JSON for
each. A library that is not installed is left out."""

from __future__ import annotations

import asyncio
import gc
import importlib
import json
import sys
import threading
import time

HOUR = 3600.0


def work(x):
    return x + 1


def broken():
    raise OSError("broken")


def found(name):
    try:
        return importlib.import_module(name)
    except ImportError:
        return None


pybreaker, circuitbreaker, aiomisc = found("pybreaker"), found("circuitbreaker"), found("aiomisc")


def repeat(guarded):
    """A loop of so many calls, all of which must succeed."""

    def loop(calls):
        for _ in range(calls):
            guarded(1)

    return loop


def repeat_rejected(guarded, error):
    def loop(calls):
        for _ in range(calls):
            try:
                guarded(1)
            except error:
                continue
            raise AssertionError("the circuit is not open")

    return loop


def fail_until(guarded, error):
    """Calls what fails until it is rejected."""
    until = time.monotonic() + 10
    while time.monotonic() < until:
        try:
            guarded()
        except error:
            return
        except OSError:
            pass
    raise AssertionError("the circuit does not open")


def through_pybreaker(opened=False):
    breaker = pybreaker.CircuitBreaker(fail_max=5, reset_timeout=HOUR)
    if not opened:
        return repeat(breaker(work))
    breaker.open()
    return repeat_rejected(breaker(work), pybreaker.CircuitBreakerError)


def through_circuitbreaker(opened=False):
    breaker = circuitbreaker.CircuitBreaker(failure_threshold=5, recovery_timeout=HOUR)
    guarded = breaker.decorate(work)
    if not opened:
        return repeat(guarded)
    fail_until(breaker.decorate(broken), circuitbreaker.CircuitBreakerError)
    return repeat_rejected(guarded, circuitbreaker.CircuitBreakerError)


def through_aiomisc(opened=False):
    """Wants a running loop, whose clock it reads."""
    breaker = aiomisc.CircuitBreaker(error_ratio=0.5, response_time=0.2 if opened else 10, broken_time=HOUR)
    if not opened:
        return repeat(lambda x: breaker.call(work, x))
    fail_until(lambda: breaker.call(broken), aiomisc.CircuitBroken)
    return repeat_rejected(lambda x: breaker.call(work, x), aiomisc.CircuitBroken)


def cases(threads):
    if threads == 1:
        yield "alone/python", lambda: repeat(work)
    if pybreaker:
        yield "row/pybreaker", through_pybreaker
        if threads == 1:
            yield "thrown/pybreaker", lambda: through_pybreaker(opened=True)
    if circuitbreaker:
        yield "row/circuitbreaker", through_circuitbreaker
        if threads == 1:
            yield "thrown/circuitbreaker", lambda: through_circuitbreaker(opened=True)
    if aiomisc and threads == 1:
        yield "closed/aiomisc", through_aiomisc
        yield "thrown/aiomisc", lambda: through_aiomisc(opened=True)


def once(loop, threads, calls):
    """Nanoseconds for a call on each thread."""
    ready = threading.Barrier(threads)

    def other():
        ready.wait()
        loop(calls)

    others = [threading.Thread(target=other) for _ in range(threads - 1)]
    for thread in others:
        thread.start()
    ready.wait()
    begin = time.perf_counter_ns()
    loop(calls)
    for thread in others:
        thread.join()
    return (time.perf_counter_ns() - begin) / calls


async def main(threads, seconds):
    for name, make in cases(threads):
        loop = make()
        first = once(loop, threads, 2000)
        calls = max(2000, int(seconds * 1e9 / first))
        gc.collect()
        print(json.dumps({"case": name, "ns": round(once(loop, threads, calls), 3)}), flush=True)


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit("peer.py THREADS SECONDS")
    asyncio.run(main(int(sys.argv[1]), float(sys.argv[2])))
