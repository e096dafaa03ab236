"""Interleaved rounds: in each, every contender is measured once, and the order turns by one place so
that none is always first. A round with a measurement that was disturbed, or with an answer that was
wrong, is put aside as a whole (its pairs would not be pairs) and repeated; what was put aside is kept
for the report."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Callable, Sequence


@dataclass(frozen=True)
class Sample:
    contender: str
    requests: int
    seconds: float
    cpu_us: float  # for each request
    busy: float  # share of the core of the system under test
    p50_us: float
    p99_us: float
    foreign: float  # share of a core that others took meanwhile
    faults: str = ""  # what was wrong with answers, in words

    @property
    def per_second(self) -> float:
        return self.requests / self.seconds


@dataclass
class Round:
    number: int
    samples: dict[str, Sample] = field(default_factory=dict)
    put_aside: str = ""  # why, if it was
    fault: bool = False  # wrong answers that foreign load does not excuse


@dataclass
class Rounds:
    wanted: int
    kept: list[Round] = field(default_factory=list)
    discarded: list[Round] = field(default_factory=list)

    @property
    def complete(self) -> bool:
        return len(self.kept) >= self.wanted

    def values(self, contender: str, metric: str) -> list[float]:
        return [getattr(each.samples[contender], metric) for each in self.kept]


def order_of(contenders: Sequence[str], number: int) -> list[str]:
    turn = number % len(contenders)
    return [*contenders[turn:], *contenders[:turn]]


def run_rounds(
    contenders: Sequence[str],
    wanted: int,
    measure: Callable[[str], Sample],
    tolerance: float,
    tries: int,
    notice: Callable[[Round], None] = lambda _: None,
) -> Rounds:
    """At most `tries` rounds, the repeated ones included; fewer kept than wanted is for the caller
    to say."""
    result = Rounds(wanted)
    for number in range(tries):
        if result.complete:
            break
        this = Round(number)
        for name in order_of(contenders, number):
            sample = measure(name)
            this.samples[name] = sample
            if sample.foreign > tolerance:
                this.put_aside = f"others took {sample.foreign:.1%} of a core during {name}"
            elif sample.faults:
                this.put_aside = f"{name} answered {sample.faults}"
                this.fault = True
            if this.put_aside:
                break
        (result.discarded if this.put_aside else result.kept).append(this)
        notice(this)
    return result
