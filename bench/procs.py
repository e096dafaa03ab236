"""Processes we start: pinned, each in a session of its own (so that its children are found), counted
by the kernel's figures, and ended by their ids whatever happens to us."""

from __future__ import annotations

import ctypes
import os
import resource
import signal
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path

from bench import disturbance
from bench.disturbance import Snapshot

TICKS = os.sysconf("SC_CLK_TCK")
_PR_SET_PDEATHSIG = 1
_libc = ctypes.CDLL(None, use_errno=True)


@dataclass(frozen=True)
class Stat:
    pid: int
    name: str
    state: str
    session: int
    cpu_seconds: float
    collected_seconds: float  # of children that ended and were waited for


def parse_stat(text: str) -> Stat:
    """A line of /proc/PID/stat. The name, in parentheses, may hold spaces and parentheses itself."""
    head, _, tail = text.rpartition(")")
    pid, _, name = head.partition(" (")
    fields = tail.split()
    return Stat(
        pid=int(pid),
        name=name,
        state=fields[0],
        session=int(fields[3]),
        cpu_seconds=(int(fields[11]) + int(fields[12])) / TICKS,
        collected_seconds=(int(fields[13]) + int(fields[14])) / TICKS,
    )


def all_stats() -> list[Stat]:
    found = []
    for entry in os.scandir("/proc"):
        if entry.name.isdigit():
            try:
                found.append(parse_stat(Path(entry.path, "stat").read_text("ascii", "replace")))
            except (FileNotFoundError, ProcessLookupError):
                continue  # ended between the listing and the reading
    return found


class Process:
    """One started program with its children. Its pid is its session's id."""

    def __init__(self, popen: subprocess.Popen, core: int, log: Path) -> None:
        self.popen = popen
        self.core = core
        self.log = log

    @property
    def pid(self) -> int:
        return self.popen.pid

    def alive(self) -> bool:
        return self.popen.poll() is None

    def members(self) -> list[Stat]:
        """Those that live; the ended ones that nobody has collected yet do not."""
        return [each for each in all_stats() if each.session == self.pid and each.state != "Z"]

    def cpu_seconds(self) -> float:
        """Of all threads of all its processes. The kernel counts it in nanoseconds and shows it in
        hundredths of a second: 0.3 % of a busy core in a measurement of 3 s."""
        return sum(each.cpu_seconds for each in self.members())

    def resident_bytes(self) -> int:
        pages = 0
        for each in self.members():
            pages += int(Path(f"/proc/{each.pid}/statm").read_text("ascii").split()[1])
        return pages * os.sysconf("SC_PAGE_SIZE")

    def last_words(self, lines: int = 8) -> str:
        try:
            return "\n".join(self.log.read_text("utf-8", "replace").splitlines()[-lines:])
        except FileNotFoundError:
            return ""


class Supervisor:
    """`own_core` is the one that this process itself is pinned to."""

    def __init__(self, own_core: int) -> None:
        self._own_core = own_core
        self._started: list[Process] = []

    def start(
        self,
        command: list[str],
        core: int,
        log: Path,
        *,
        cwd: Path | None = None,
        env: dict[str, str] | None = None,
        piped: bool = False,
    ) -> Process:
        def before_exec() -> None:
            os.sched_setaffinity(0, {core})
            # If we are killed outright, it is ended too.
            _libc.prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
            # 64 pages of 100 calls each are thousands of connections.
            _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
            resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))

        log.parent.mkdir(parents=True, exist_ok=True)
        with open(log, "wb") as out:
            popen = subprocess.Popen(
                command,
                cwd=cwd,
                env={**os.environ, **(env or {})},
                stdin=subprocess.PIPE if piped else subprocess.DEVNULL,
                stdout=subprocess.PIPE if piped else out,
                stderr=out,
                text=piped,
                start_new_session=True,
                preexec_fn=before_exec,
            )
        process = Process(popen, core, log)
        self._started.append(process)
        return process

    def snapshot(self) -> Snapshot:
        """What we and all that we started used so far, the ended ones excepted, by the core they are
        pinned to; and what all others did. The kernel's packet threads count as ours: on loopback
        the packets are. A child that ends leaves its count to its parent, so the sum over others
        loses nothing of the many short-lived ones of a build."""
        sessions = {each.pid: each.core for each in self._started}
        own = dict.fromkeys([*sessions.values(), self._own_core], 0.0)
        others = 0.0
        softirq = {f"ksoftirqd/{core}": core for core in own}
        for stat in all_stats():
            if stat.session in sessions:
                own[sessions[stat.session]] += stat.cpu_seconds
            elif stat.pid == os.getpid():
                own[self._own_core] += stat.cpu_seconds
            elif stat.name in softirq:
                own[softirq[stat.name]] += stat.cpu_seconds
            else:
                others += stat.cpu_seconds + stat.collected_seconds
        return disturbance.take(own, others)

    def foreign_share(self, before: Snapshot, after: Snapshot) -> float:
        return disturbance.foreign_share(before, after, {self._own_core: disturbance.WAKE_UPS})

    def stop(self, process: Process, patience: float = 5.0) -> None:
        if process.alive():
            process.popen.terminate()
        until = time.monotonic() + patience
        while time.monotonic() < until and (process.alive() or process.members()):
            time.sleep(0.02)
        for each in process.members():
            try:
                os.kill(each.pid, signal.SIGKILL)
            except ProcessLookupError:
                pass
        process.popen.wait()
        while process.members():  # a kill is carried out soon, not at once
            time.sleep(0.005)
        for pipe in (process.popen.stdin, process.popen.stdout):
            if pipe:
                pipe.close()
        if process in self._started:
            self._started.remove(process)

    def stop_all(self) -> None:
        for process in list(reversed(self._started)):
            self.stop(process)
