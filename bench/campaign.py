"""Runs the suites one after the other and collects what the report is made of."""

from __future__ import annotations

import math
import os
import sys
import time
from dataclasses import dataclass

from bench import results
from bench.procs import Supervisor
from bench.report.tables import number
from bench.rounds import Round, Rounds, Sample, run_rounds
from bench.stand import Cores, Stand
from bench.suites import Suite
from bench.tools import Tools

TRIES_FOR_EACH_ROUND = 4
PATIENCE_FOR_QUIET = 60.0


def say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def choose_cores() -> Cores:
    usable = sorted(os.sched_getaffinity(0))
    if len(usable) == 1:
        say("one core only: load and system share it, so requests/s and latency say little")
    return Cores(system=usable[0], load=usable[1 % len(usable)])


@dataclass(frozen=True)
class Pace:
    rounds: int
    tolerance: float
    first_warmup: float = 2.0  # once for each contender: JIT compilers and pools settle
    warmup: float = 0.3  # before each measurement
    seconds: float | None = None  # of each measurement; the suite's own if unset
    tries: int = TRIES_FOR_EACH_ROUND
    judge_disturbance: bool = True


class Campaign:
    def __init__(self, tools: Tools, cores: Cores, pace: Pace, supervisor: Supervisor) -> None:
        self._tools = tools
        self._cores = cores
        self._pace = pace
        self._supervisor = supervisor

    def run(self, suite: Suite, skip: set[str]) -> dict:
        say(f"\n{suite.title}")
        stand = Stand(suite, self._tools, self._cores, self._supervisor)
        try:
            stand.start(skip)
            for reason in stand.left_out.values():
                say(f"  not measured: {reason}")
            return self._measured(stand)
        finally:
            stand.stop()

    @property
    def _tolerance(self) -> float:
        return self._pace.tolerance if self._pace.judge_disturbance else math.inf

    def _measured(self, stand: Stand) -> dict:
        suite, pace = stand.suite, self._pace
        seconds = pace.seconds or suite.seconds
        rounds = Rounds(pace.rounds)
        if stand.running:
            for name in stand.running:
                stand.measure(name, pace.first_warmup, 0.2)
            rounds = run_rounds(
                list(stand.running),
                pace.rounds,
                lambda name: self._when_quiet(stand, name, seconds),
                self._tolerance,
                pace.rounds * pace.tries,
                lambda this: say(_line(suite, this)),
            )
        ours = stand.running.get("weir")
        return results.suite_result(
            suite,
            {name: each.contender.title for name, each in stand.running.items()},
            rounds,
            stand.left_out,
            stand.identical(),
            ours.process.resident_bytes() if ours and suite.weighs_memory else None,
        )

    def _when_quiet(self, stand: Stand, name: str, seconds: float) -> Sample:
        if self._pace.judge_disturbance:
            self._await_quiet()
        return stand.measure(name, self._pace.warmup, seconds)

    def _await_quiet(self) -> None:
        """A round begun under foreign load is lost; waiting costs less."""
        until = time.monotonic() + PATIENCE_FOR_QUIET
        said = False
        while time.monotonic() < until:
            before = self._supervisor.snapshot()
            time.sleep(0.2)
            after = self._supervisor.snapshot()
            if self._supervisor.foreign_share(before, after) <= max(self._pace.tolerance, 0.1):
                return
            if not said:
                say("  others use our cores; waiting")
                said = True


def _line(suite: Suite, this: Round) -> str:
    figures = "  ".join(
        f"{name} {number(getattr(sample, suite.shows))}" for name, sample in this.samples.items()
    )
    if this.put_aside:
        return f"  round {this.number + 1} put aside, {this.put_aside}: {figures} µs"
    return f"  round {this.number + 1}: {figures} µs"
