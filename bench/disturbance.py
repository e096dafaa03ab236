"""Who else used our cores while we measured? The largest of three shares of a core:

- What the processes of others used, by the kernel's exact count for each of them. It does not say
  on which core, so all of it is taken as if on ours where there are but two.
- What our cores spent neither idle nor on our processes. That shows what cannot be seen as a
  process: the hypervisor (steal), other containers. The idle column of /proc/stat is exact on a
  tickless kernel, whereas user, system and softirq are sampled at each tick and err badly when
  load comes in step with the clock.

On the load's core the second has an allowance: the interrupts that wake an idle core belong to no
process. With a hundred thousand wake-ups a second, as the shop page causes, they were measured at
4 to 9 % of that core on a machine otherwise quiet; on the core of the system under test, which
hardly sleeps, under 2 %."""

from __future__ import annotations

import os
import time
from dataclasses import dataclass
from typing import Mapping

TICKS = os.sysconf("SC_CLK_TCK")
WAKE_UPS = 0.10


@dataclass(frozen=True)
class Snapshot:
    wall: float
    idle: Mapping[int, float]  # seconds since boot, for each core
    own: Mapping[int, float]  # CPU seconds of our processes pinned to each core
    others: float  # CPU seconds of all other processes


def parse_proc_stat(text: str) -> dict[int, float]:
    """Seconds that each core was idle, waiting for a disk included."""
    cores = {}
    for line in text.splitlines():
        name, *fields = line.split()
        if name.startswith("cpu") and name != "cpu":
            cores[int(name[3:])] = (int(fields[3]) + int(fields[4])) / TICKS
    return cores


def foreign_share(before: Snapshot, after: Snapshot, allowance: Mapping[int, float]) -> float:
    """0 to 1; `allowance` is a share for each core that has one."""
    wall = after.wall - before.wall
    if wall <= 0:
        raise ValueError("the two snapshots are not in order")
    # A process that ends unlamented takes its count with it, so the sum may even fall.
    worst = max(0.0, (after.others - before.others) / wall)
    for core in after.own:
        idle = after.idle[core] - before.idle[core]
        own = after.own[core] - before.own[core]
        worst = max(worst, (wall - idle - own) / wall - allowance.get(core, 0.0))
    return worst


def take(own: Mapping[int, float], others: float) -> Snapshot:
    with open("/proc/stat", encoding="ascii") as stat:
        idle = parse_proc_stat(stat.read())
    return Snapshot(time.monotonic(), idle, dict(own), others)
