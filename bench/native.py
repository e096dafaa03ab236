"""Builds the stub, the load generator and the floor: small programs, one call of the compiler each."""

from __future__ import annotations

import subprocess
from pathlib import Path

from bench.tools import ROOT, Tools

SOURCES = ROOT / "bench"


def _stale(target: Path, folder: str) -> bool:
    if not target.exists():
        return True
    built = target.stat().st_mtime
    inputs = [*(SOURCES / folder).iterdir(), *(SOURCES / "shared").iterdir()]
    return any(each.stat().st_mtime > built for each in inputs)


def build(tools: Tools) -> None:
    for target, folder in ((tools.stub, "stub"), (tools.load, "load"), (tools.floor, "floor")):
        if not _stale(target, folder):
            continue
        if not tools.compiler:
            raise RuntimeError("no C++ compiler (apt: g++)")
        target.parent.mkdir(parents=True, exist_ok=True)
        sources = sorted(str(each) for each in (SOURCES / folder).glob("*.cpp"))
        flags = ["-std=c++20", "-O2", "-Wall", "-Wextra", f"-I{SOURCES}"]
        subprocess.run([tools.compiler, *flags, *sources, "-o", str(target)], check=True)
