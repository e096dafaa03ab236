"""Drives the load generator and counts the CPU of the system under test around it."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

from bench import arithmetic
from bench.procs import Process, Supervisor
from bench.rounds import Sample
from bench.suites import Load
from bench.tools import Tools


class MeasurementFailed(RuntimeError):
    pass


@dataclass(frozen=True)
class Shot:
    """One measurement to make."""

    contender: str
    port: int
    path: str
    body_bytes: int
    load: Load
    warmup: float
    seconds: float


_FAULTS = {
    "wrong_status": "with a status other than 200",
    "wrong_length": "with a body of another length",
    "broken": "not, or unreadably: the connection ended",
    "unanswered": "not within 30 s of the end",
}


def faults_of(result: dict) -> str:
    return "; ".join(f"{result[key]} {words}" for key, words in _FAULTS.items() if result[key])


class Generator:
    def __init__(self, tools: Tools, supervisor: Supervisor, core: int, log: Path) -> None:
        self._tools = tools
        self._supervisor = supervisor
        self._core = core
        self._log = log

    def _command(self, shot: Shot) -> list[str]:
        options = {
            "--port": shot.port,
            "--path": shot.path,
            "--connections": shot.load.connections,
            "--warmup": shot.warmup,
            "--duration": shot.seconds,
            "--rate": shot.load.rate,
            "--burst": shot.load.burst,
            "--body-bytes": shot.body_bytes,
        }
        words = [str(word) for pair in options.items() for word in pair]
        return [str(self._tools.load), *words, "--attended"]

    def measure(self, shot: Shot, system: Process) -> Sample:
        process = self._supervisor.start(self._command(shot), self._core, self._log, piped=True)
        try:
            talk = process.popen
            if talk.stdout.readline().strip() != "ready":
                raise MeasurementFailed(f"{shot.contender}: {process.last_words() or 'no load'}")
            cpu_before = system.cpu_seconds()
            before = self._supervisor.snapshot()
            talk.stdin.write("go\n")
            talk.stdin.flush()
            line = talk.stdout.readline()
            after = self._supervisor.snapshot()
            cpu = system.cpu_seconds() - cpu_before
            if not line:
                raise MeasurementFailed(f"{shot.contender}: {process.last_words()}")
        finally:
            self._supervisor.stop(process)
        result = json.loads(line)
        return Sample(
            contender=shot.contender,
            requests=result["requests"],
            seconds=result["seconds"],
            cpu_us=arithmetic.cpu_per_request(cpu, result["requests"]),
            busy=cpu / result["seconds"],
            p50_us=result["latency_us"]["p50"],
            p99_us=result["latency_us"]["p99"],
            foreign=self._supervisor.foreign_share(before, after),
            faults=faults_of(result),
        )
