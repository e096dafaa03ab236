"""Runs the programs round after round, and makes of their figures the one document that the report
is made of. Nothing is put aside: what others used of our cores is measured and reported."""

from __future__ import annotations

import os
import resource
import sys
import time
from dataclasses import dataclass

from bench.arithmetic import median, paired_ratio
from bench.disturbance import parse_proc_stat
from bench.library.groups import GROUPS, Group
from bench.library.programs import PROGRAMS, Pace, Program, ProgramFailed


HOW = "bench/library/peers/install gets them"
QUIET = 0.10  # of a core


def say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


@dataclass(frozen=True)
class Spent:
    """What a program's run of so many seconds took, and what others took of the same cores."""

    seconds: float
    foreign: float  # share of a core


class Watch:
    def __init__(self, cores: set[int]) -> None:
        self._cores = cores
        self._begin = self._read()

    def _read(self) -> tuple[float, float, float]:
        with open("/proc/stat", encoding="ascii") as stat:
            idle = parse_proc_stat(stat.read())
        used = resource.getrusage(resource.RUSAGE_CHILDREN)
        return time.monotonic(), sum(idle[core] for core in self._cores), used.ru_utime + used.ru_stime

    def stop(self) -> Spent:
        wall, idle, own = (now - then for now, then in zip(self._read(), self._begin))
        busy = wall * len(self._cores) - idle
        return Spent(wall, max(0.0, (busy - own) / wall))


def wait_for_quiet(cores: list[int], patience: float) -> None:
    """Until others leave our cores alone for two seconds, or patience ends: it is measured all the same."""
    until = time.monotonic() + patience
    while time.monotonic() < until:
        watch = Watch(set(cores))
        time.sleep(2)
        if watch.stop().foreign < QUIET:
            return


def turned(programs: list[Program], number: int) -> list[Program]:
    """The order moves on by one in each round."""
    at = number % max(1, len(programs))
    return programs[at:] + programs[:at]


def measure_round(programs: list[Program], pace: Pace, cores: list[int]) -> tuple[dict, dict[str, str]]:
    """`cases` by number of threads, then by name; `foreign` for each run of a program. And what broke."""
    cases: dict[str, dict[str, float]] = {"1": {}, "2": {}}
    foreign, broken = {}, {}
    for program in programs:
        for threads in range(1, min(2, len(cores)) + 1):
            watch = Watch(set(cores[:threads]))
            try:
                cases[str(threads)] |= program.measure(threads, pace, set(cores[:threads]))
            except ProgramFailed as error:
                broken[program.key] = str(error)
                break
            foreign[f"{program.key}, {threads} thread{'s' * (threads > 1)}"] = watch.stop().foreign
    return {"cases": cases, "foreign": foreign}, broken


def run(rounds: int, pace: Pace, patience: float = 0.0) -> tuple[list[dict], list[str]]:
    """The rounds, and what was left out with the reason."""
    cores = sorted(os.sched_getaffinity(0))[:2]
    programs = [program for program in PROGRAMS if program.present()]
    left_out = [f"{p.missing}: not installed; {HOW}" for p in PROGRAMS if not p.present()]
    if len(cores) < 2:
        left_out.append("two threads: there is but one core")
    done: list[dict] = []
    for number in range(rounds):
        wait_for_quiet(cores, patience)
        say(f"round {number + 1} of {rounds}")
        entry, broken = measure_round(turned(programs, number), pace, cores)
        done.append(entry)
        left_out += [f"{p.missing}: {broken[p.key]}" for p in programs if p.key in broken]
        programs = [p for p in programs if p.key not in broken]
    return done, left_out


def group_result(group: Group, threads: int, rounds: list[dict]) -> dict | None:
    """Medians over the rounds, and ratios formed within each round: ours to the other."""
    taken = [each["cases"][str(threads)] for each in rounds]
    rows = {}
    for key, title in group.contenders.items():
        name = f"{group.key}/{key}"
        values = [cases[name] for cases in taken if name in cases]
        if len(values) != len(taken) or not values:
            continue  # it broke on the way
        rows[key] = {"title": title, "ns": median(values), "low": min(values), "high": max(values)}
        ours = [cases.get(f"{group.key}/{group.ours}") for cases in taken]
        if group.ours and key != group.ours and None not in ours:
            ratio = paired_ratio(ours, values)
            rows[key] |= {"ratio": ratio.median, "ratio_low": ratio.low, "ratio_high": ratio.high}
    if not rows:
        return None
    return {"title": group.title, "threads": threads, "note": group.note, "ours": group.ours, "rows": rows}


def results(rounds: list[dict]) -> list[dict]:
    found = []
    for group in GROUPS:
        for threads in group.threads:
            if result := group_result(group, threads, rounds):
                found.append(result)
    return found
