"""Who else used our cores while we measured?

Foreign time on a core = wall time - idle - what our own processes pinned there used. The idle column
of /proc/stat is exact on a tickless kernel, whereas user, system and softirq are sampled at each
tick and err badly when load comes in step with the clock; so the busy time is taken as what is not
idle. Steal (time the hypervisor gave to others) is foreign too, and is inside the remainder."""

from __future__ import annotations

import os
import time
from dataclasses import dataclass
from typing import Mapping

TICKS = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True)
class CoreTimes:
    """Seconds since boot that a core was idle (waiting for a disk included)."""

    idle: float


@dataclass(frozen=True)
class Snapshot:
    wall: float
    cores: Mapping[int, CoreTimes]
    own: Mapping[int, float]  # CPU seconds of our processes pinned to each core


def parse_proc_stat(text: str) -> dict[int, CoreTimes]:
    cores = {}
    for line in text.splitlines():
        name, *fields = line.split()
        if name.startswith("cpu") and name != "cpu":
            idle, iowait = int(fields[3]), int(fields[4])
            cores[int(name[3:])] = CoreTimes((idle + iowait) / TICKS)
    return cores


def foreign_share(before: Snapshot, after: Snapshot) -> float:
    """The largest share of any of our cores that went to others, 0 to 1."""
    wall = after.wall - before.wall
    if wall <= 0:
        raise ValueError("the two snapshots are not in order")
    worst = 0.0
    for core in after.own:
        idle = after.cores[core].idle - before.cores[core].idle
        own = after.own[core] - before.own[core]
        worst = max(worst, (wall - idle - own) / wall)
    return worst


def take(own: Mapping[int, float]) -> Snapshot:
    with open("/proc/stat", encoding="ascii") as stat:
        text = stat.read()
    return Snapshot(time.monotonic(), parse_proc_stat(text), dict(own))
