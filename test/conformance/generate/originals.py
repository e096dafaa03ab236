"""The Python libraries themselves, on a clock that is moved by hand, behind one face:
move_to(seconds), state(), failures(), call(how) -> was it let through."""

import importlib.metadata
from datetime import datetime, timedelta, timezone

PINNED = {"pybreaker": "1.4.1", "circuitbreaker": "2.1.3", "aiomisc": "18.0.37"}


class Wanted(Exception):
    """A failure."""


class Other(Exception):
    """What is not counted as one."""


def raiser(how):
    def run():
        if how == "failure":
            raise Wanted
        if how == "ignored":
            raise Other

    return run


class Pybreaker:
    def __init__(self, fail_max=5, reset_timeout=60, success_threshold=1):
        import pybreaker

        self.now = datetime(2026, 1, 1, tzinfo=timezone.utc)
        self.start = self.now
        outer = self

        class Clock(datetime):
            @classmethod
            def now(cls, tz=None):
                return outer.now

        pybreaker.datetime = Clock
        self.error = pybreaker.CircuitBreakerError
        self.seen = None
        self.transitions = []

        class Listener(pybreaker.CircuitBreakerListener):
            def state_change(self, cb, old_state, new_state):
                outer.transitions.append(f"{old_state.name}>{new_state.name}")

        self.breaker = pybreaker.CircuitBreaker(fail_max=fail_max, reset_timeout=reset_timeout, success_threshold=success_threshold,
                                                exclude=[Other], throw_new_error_on_trip=False, listeners=[Listener()])

    def move_to(self, seconds):
        self.now = self.start + timedelta(microseconds=round(seconds * 1e6))

    def state(self):
        return self.breaker.current_state

    def failures(self):
        return self.breaker.fail_counter

    def call(self, how):
        ran = []

        def run():
            ran.append(self.breaker.current_state)
            raiser(how)()

        try:
            self.breaker.call(run)
        except (self.error, Wanted, Other):
            pass
        self.seen = ran[0] if ran else self.state()
        return bool(ran)


class Fabfuel:
    def __init__(self, failure_threshold=5, recovery_timeout=30):
        import circuitbreaker

        self.now = 1000.0
        circuitbreaker.monotonic = lambda: self.now
        self.error = circuitbreaker.CircuitBreakerError
        self.transitions = None
        self.breaker = circuitbreaker.CircuitBreaker(failure_threshold=failure_threshold, recovery_timeout=recovery_timeout,
                                                     expected_exception=Wanted, name="x")

    def move_to(self, seconds):
        # Binary fractions of milliseconds would fall a hair short of the end of the open time.
        self.now = Millis(round(seconds * 1000))

    def state(self):
        return {"half_open": "half-open"}.get(self.breaker.state, self.breaker.state)

    def failures(self):
        return self.breaker.failure_count

    def call(self, how):
        ran = []

        def run():
            ran.append(True)
            raiser(how)()

        self.seen = self.state()
        try:
            self.breaker.decorate(run)()
        except (self.error, Wanted, Other):
            pass
        return bool(ran)


class Millis:
    """Seconds kept as whole milliseconds: sums and differences of them are exact."""

    def __init__(self, ms):
        self.ms = ms

    def __add__(self, seconds):
        return Millis(self.ms + round(seconds * 1000))

    def __sub__(self, other):
        return (self.ms - other.ms) / 1000


class Aiomisc:
    STATES = ("closed", "open", "half-open")

    def __init__(self, error_ratio=0.5, response_time=10, broken_time=None, recovery_time=None, passing_time=None, draw=0.5):
        import aiomisc.circuit_breaker as module

        module.random = lambda: draw
        outer = self
        self.now = 0.0
        self.error = module.CircuitBroken
        self.transitions = None

        class Breaker(module.CircuitBreaker):
            def _get_time(self):
                return outer.now

        self.breaker = Breaker(error_ratio=error_ratio, response_time=response_time, exceptions=[Wanted], broken_time=broken_time,
                               recovery_time=recovery_time, passing_time=passing_time)

    def move_to(self, seconds):
        self.now = seconds

    def state(self):
        return self.STATES[self.breaker.state]

    def failures(self):
        return None

    def call(self, how):
        ran = []

        def run():
            ran.append(True)
            raiser(how)()

        try:
            with self.breaker.context():
                self.seen = self.state()
                run()
        except self.error:
            self.seen = self.state()
        except (Wanted, Other):
            pass
        return bool(ran)


MADE = {"pybreaker": Pybreaker, "fabfuel": Fabfuel, "aiomisc": Aiomisc}
PACKAGE = {"pybreaker": "pybreaker", "fabfuel": "circuitbreaker", "aiomisc": "aiomisc"}


def make(name, options, draw=0.5):
    options = {k: v for k, v in options.items() if k != "profile"}
    return MADE[name](**options, draw=draw) if name == "aiomisc" else MADE[name](**options)


def source(name):
    return f"{PACKAGE[name]} {importlib.metadata.version(PACKAGE[name])}"
