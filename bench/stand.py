"""One suite set up: the stub services, and every contender that can be had, running, checked and warm."""

from __future__ import annotations

import http.client
import socket
import time
from dataclasses import dataclass, field
from pathlib import Path

from bench.contenders.base import Contender, Ground, Services
from bench.generator import Generator, MeasurementFailed, Shot
from bench.ports import Ports
from bench.procs import Process, Supervisor
from bench.rounds import Sample
from bench.suites import Suite
from bench.tools import BUILD, Tools


class ContenderFailed(RuntimeError):
    pass


@dataclass(frozen=True)
class Cores:
    system: int
    load: int


@dataclass
class Running:
    contender: Contender
    ground: Ground
    process: Process
    body: bytes = b""


@dataclass
class Stand:
    suite: Suite
    tools: Tools
    cores: Cores
    supervisor: Supervisor
    running: dict[str, Running] = field(default_factory=dict)
    left_out: dict[str, str] = field(default_factory=dict)  # name to reason
    started: list[Process] = field(default_factory=list)
    ports: Ports = field(default_factory=Ports)

    @property
    def folder(self) -> Path:
        return BUILD / "run" / self.suite.name

    def start(self, skip: set[str]) -> None:
        services = self._start_services()
        for contender in self.suite.contenders():
            reason = "left out as asked" if contender.name in skip else contender.missing(self.tools)
            if reason:
                self.left_out[contender.name] = f"{contender.title}: {reason}"
                continue
            self.running[contender.name] = self._start(contender, services)

    def _start_services(self) -> Services:
        services = Services(*(self.ports.free() for _ in range(5)), self.ports.refusing())
        command = [str(self.tools.stub), *map(str, services.listening())]
        log = self.folder / "services.log"
        stub = self.supervisor.start(command, self.cores.load, log)
        self.started.append(stub)
        for port in services.listening():
            await_listener(port, stub)
        return services

    def _start(self, contender: Contender, services: Services) -> Running:
        ground = Ground(
            folder=self.folder / contender.name,
            port=self.ports.free(),
            admin=self.ports.free(),
            services=services,
            products=self.suite.products,
        )
        ground.folder.mkdir(parents=True, exist_ok=True)
        process = self.supervisor.start(
            contender.command(self.tools, ground),
            self.cores.system,
            ground.folder / "log",
            env=contender.environment(self.tools, ground),
        )
        self.started.append(process)
        await_listener(ground.port, process)
        contender.prepare(ground)
        return Running(contender, ground, process, self._checked_answer(contender, ground))

    def _checked_answer(self, contender: Contender, ground: Ground) -> bytes:
        status, body = get(ground.port, self.suite.path)
        if status != 200 or not self.suite.matches(body):
            raise ContenderFailed(
                f"{contender.title} does not answer {self.suite.path} as expected: "
                f"{status} {body[:400]!r}"
            )
        return body

    def identical(self) -> bool:
        """Whether the answers are equal to the byte; equal in meaning they are in any case."""
        return len({each.body for each in self.running.values()}) == 1

    def measure(self, name: str, warmup: float, seconds: float) -> Sample:
        one = self.running[name]
        generator = Generator(
            self.tools, self.supervisor, self.cores.load, self.folder / f"load-{name}.log"
        )
        shot = Shot(
            contender=name,
            port=one.ground.port,
            path=self.suite.path,
            body_bytes=len(one.body),
            load=self.suite.load,
            warmup=warmup,
            seconds=seconds,
        )
        sample = generator.measure(shot, one.process)
        if not one.process.alive():
            raise MeasurementFailed(f"{name} ended: {one.process.last_words()}")
        return sample

    def stop(self) -> None:
        for process in reversed(self.started):
            self.supervisor.stop(process)
        self.started.clear()
        self.ports.close()


def get(port: int, path: str) -> tuple[int, bytes]:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
    try:
        connection.request("GET", path)
        answer = connection.getresponse()
        return answer.status, answer.read()
    finally:
        connection.close()


def await_listener(port: int, process: Process, patience: float = 15.0) -> None:
    until = time.monotonic() + patience
    while time.monotonic() < until:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
            return
        except OSError:
            if not process.alive():
                break
            time.sleep(0.02)
    raise ContenderFailed(
        f"{' '.join(process.popen.args[:2])} does not listen on port {port}: {process.last_words()}"
    )
