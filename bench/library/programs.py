"""The programs that measure: ours, and one for each language that other libraries are written in.
Each is run anew in each round and measures all its cases once."""

from __future__ import annotations

import json
import os
import re
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Callable

from bench.tools import BUILD, ROOT, find, first_line

HERE = Path(__file__).resolve().parent
PEERS = BUILD / "library"
WEIR = ROOT / "build" / "release" / "bin" / "weir-bench-library"


@dataclass(frozen=True)
class Pace:
    seconds: float  # for each case
    warm_ups: int  # of the JVM's compilers, each as long as a measurement; the others need none


class ProgramFailed(RuntimeError):
    pass


def _run(command: list[str], cores: set[int]) -> str:
    """Its standard output; it and all it starts stay on these cores."""
    done = subprocess.run(
        command,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=600,
        preexec_fn=lambda: os.sched_setaffinity(0, cores),
    )
    if done.returncode != 0:
        raise ProgramFailed(f"{' '.join(command[:2])} … ended with {done.returncode}: {done.stderr[-800:]}")
    return done.stdout


def parse_lines(text: str) -> dict[str, float]:
    found = {}
    for line in text.splitlines():
        entry = json.loads(line)
        found[entry["case"]] = float(entry["ns"])
    return found


def parse_jmh(text: str) -> dict[str, float]:
    """The mean of the measured iterations of each benchmark, by its method's name."""
    found = {}
    for entry in json.loads(text):
        metric = entry["primaryMetric"]
        if metric["scoreUnit"] != "ns/op":
            raise ProgramFailed(f"JMH measured in {metric['scoreUnit']}")
        found[entry["benchmark"].rpartition(".")[2].replace("_", "/", 1)] = metric["score"]
    return found


def _lines_of(command: list[str]) -> Callable[[int, Pace, set[int]], dict[str, float]]:
    def measure(threads: int, pace: Pace, cores: set[int]) -> dict[str, float]:
        return parse_lines(_run([*command, str(threads), str(pace.seconds)], cores))

    return measure


def _jmh(threads: int, pace: Pace, cores: set[int]) -> dict[str, float]:
    """One fork for each benchmark; of three measured iterations the mean."""
    each = f"{max(1, round(pace.seconds * 1000))}ms"
    with tempfile.NamedTemporaryFile(suffix=".json") as result:
        command = ["java", "-cp", f"{PEERS}/jvm/classes:{PEERS}/jvm/lib/*", "org.openjdk.jmh.Main"]
        command += ["-f", "1", "-wi", str(pace.warm_ups), "-w", each, "-i", "3", "-r", each]
        command += ["-t", str(threads), "-v", "SILENT", "-foe", "true", "-rf", "json", "-rff", result.name]
        command += ["Peer" if threads == 1 else r"Peer\.(closed|counted)_"]
        _run(command, cores)
        return parse_jmh(Path(result.name).read_text("utf-8"))


@dataclass(frozen=True)
class Program:
    key: str
    present: Callable[[], bool]
    measure: Callable[[int, Pace, set[int]], dict[str, float]]
    versions: Callable[[], dict[str, str]]
    missing: str  # what is left out without it


def _numbers(path: Path, pattern: str) -> dict[str, str]:
    return {name: version for name, version in re.findall(pattern, path.read_text("utf-8"))}


def _go_versions() -> dict[str, str]:
    pinned = _numbers(HERE / "peers/go/go.mod", r"(?m)^\tgithub\.com/([\w./-]+) v(\S+)$")
    names = {"sony/gobreaker/v2": "gobreaker", "failsafe-go/failsafe-go": "failsafe-go"}
    found = {title: pinned[module] for module, title in names.items() if module in pinned}
    # The compiler that built it is in the binary.
    words = first_line(["go", "version", str(PEERS / "go/peer")]).split()
    return {"Go": words[-1].removeprefix("go") if words else "unknown", **found}


def _jvm_versions() -> dict[str, str]:
    versions = {}
    for name, jar in (("resilience4j", "resilience4j-circuitbreaker"), ("JMH", "jmh-core")):
        jars = list((PEERS / "jvm/lib").glob(f"{jar}-*.jar"))
        versions[name] = jars[0].stem.removeprefix(f"{jar}-") if jars else "unknown"
    java = first_line(["java", "-version"], "Server VM") or first_line(["java", "-version"])
    return {"Java": java, **versions}


_PYTHON = PEERS / "python/bin/python3"


def _python_versions() -> dict[str, str]:
    versions = {"Python": first_line([str(_PYTHON), "--version"]).removeprefix("Python ")}
    for name in ("pybreaker", "circuitbreaker", "aiomisc"):
        ask = f"import importlib.metadata as m; print(m.version('{name}'))"
        said = first_line([str(_PYTHON), "-c", ask])
        if re.fullmatch(r"[\d.]+\w*", said):
            versions[name] = said
    return versions


PROGRAMS = (
    Program("weir", WEIR.exists, _lines_of([str(WEIR), "--beside"]), dict, "weir"),
    Program(
        "go",
        (PEERS / "go/peer").exists,
        _lines_of([str(PEERS / "go/peer")]),
        _go_versions,
        "gobreaker, failsafe-go",
    ),
    Program(
        "jvm",
        lambda: (PEERS / "jvm/classes/META-INF/BenchmarkList").exists() and find("java") is not None,
        _jmh,
        _jvm_versions,
        "resilience4j",
    ),
    Program(
        "python",
        _PYTHON.exists,
        _lines_of([str(_PYTHON), str(HERE / "peers/python/peer.py")]),
        _python_versions,
        "pybreaker, circuitbreaker, aiomisc",
    ),
)


def install() -> None:
    subprocess.run([str(HERE / "peers/install")], check=True)
