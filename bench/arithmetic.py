"""The few sums behind the tables. Raw figures drift from minute to minute by 10 % and more; ratios of
two measurements of the same round do not, so ratios are formed within a round first and the median
is taken over rounds afterwards."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Sequence


def median(values: Sequence[float]) -> float:
    if not values:
        raise ValueError("no values, so no median")
    ordered = sorted(values)
    middle = len(ordered) // 2
    if len(ordered) % 2:
        return ordered[middle]
    return (ordered[middle - 1] + ordered[middle]) / 2


def quantile(values: Sequence[float], share: float) -> float:
    """By linear interpolation between the two nearest ranks."""
    if not values:
        raise ValueError("no values, so no quantile")
    ordered = sorted(values)
    position = share * (len(ordered) - 1)
    below = int(position)
    above = min(below + 1, len(ordered) - 1)
    return ordered[below] + (ordered[above] - ordered[below]) * (position - below)


@dataclass(frozen=True)
class Ratio:
    """Of two contenders over the rounds: the median, and the middle half as its spread."""

    median: float
    low: float
    high: float
    rounds: int


def paired_ratio(ours: Sequence[float], theirs: Sequence[float]) -> Ratio:
    """`ours[i]` and `theirs[i]` are of the same round."""
    if len(ours) != len(theirs):
        raise ValueError(f"{len(ours)} rounds of one and {len(theirs)} of the other are no pairs")
    if any(value <= 0 for value in theirs):
        raise ValueError("a ratio needs positive measurements")
    ratios = [a / b for a, b in zip(ours, theirs)]
    return Ratio(median(ratios), quantile(ratios, 0.25), quantile(ratios, 0.75), len(ratios))


def cpu_per_request(seconds: float, requests: int) -> float:
    """Microseconds of CPU for each request."""
    if requests <= 0:
        raise ValueError("nothing was answered")
    return seconds * 1e6 / requests
