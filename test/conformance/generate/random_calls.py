"""The random calls that both sides make: conformance/random_test.cpp has the same generator and digest."""

MASK = (1 << 64) - 1
CODES = {"closed": 0, "open": 1, "half-open": 2}


class Calls:
    def __init__(self, seed):
        self.x = seed

    def below(self, bound):
        self.x = (self.x * 6364136223846793005 + 1442695040888963407) & MASK
        return (self.x >> 33) % bound

    def pause_ms(self):
        kind = self.below(100)
        return self.below(1000 if kind < 60 else 10_000 if kind < 95 else 120_000)


class Digest:
    def __init__(self):
        self.value = 14695981039346656037

    def add(self, byte):
        self.value = ((self.value ^ (byte & 255)) * 1099511628211) & MASK


def digest_of(original, run):
    """Plays a run on an original (see originals.py) and returns what came out, as 16 hex digits."""
    calls, digest, now_ms = Calls(run["seed"]), Digest(), 0
    failing, ignored = run["failing"], run["failing"] + run["ignored"]
    for _ in range(run["calls"]):
        now_ms += calls.pause_ms()
        how = calls.below(100)
        original.move_to(now_ms / 1000)
        digest.add(CODES[original.state()])
        admitted = original.call("failure" if how < failing else "ignored" if how < ignored else "success")
        digest.add(1 if admitted else 0)
        after = original.state()
        digest.add(CODES[after])
        digest.add(original.failures() if after == "closed" else 0)
    return f"{digest.value:016x}"


def runs():
    """What is compared, a million calls in all."""
    for seed in range(1, 26):
        yield "pybreaker", {"profile": "pybreaker", "fail_max": 1 + seed % 6, "reset_timeout": 5 * (seed % 5 + 1),
                            "success_threshold": 1 + seed % 3}, {"seed": seed, "calls": 20_000, "failing": 5 + 3 * (seed % 20),
                                                                 "ignored": seed % 4 * 5}
    for seed in range(101, 126):
        yield "fabfuel", {"profile": "fabfuel", "failure_threshold": 1 + seed % 6, "recovery_timeout": 3 * (seed % 7 + 1)}, {
            "seed": seed, "calls": 20_000, "failing": 5 + 3 * (seed % 20), "ignored": seed % 4 * 5}
