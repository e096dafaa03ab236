"""The programs of others that the benchmark uses, and where they are on this machine."""

from __future__ import annotations

import os
import shutil
import subprocess
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
BUILD = ROOT / "build" / "bench"
NGINX_MODULES = Path("/usr/lib/nginx/modules")


def first_line(command: list[str], pattern: str = "") -> str:
    """The first line of what it says, on whichever stream, that holds the pattern."""
    try:
        done = subprocess.run(
            command, capture_output=True, text=True, timeout=30, stdin=subprocess.DEVNULL
        )
    except (OSError, subprocess.TimeoutExpired):
        return ""
    lines = (done.stdout + done.stderr).splitlines()
    return next((line.strip() for line in lines if pattern in line), "")


def find(program: str) -> str | None:
    # nginx and haproxy are in sbin, which is not in everybody's path.
    path = os.environ.get("PATH", "") + ":/usr/sbin:/usr/local/sbin"
    return shutil.which(program, path=path)


def system_python() -> str:
    """The distribution's own build where there is one: it is optimised, others may not be."""
    return "/usr/bin/python3" if os.access("/usr/bin/python3", os.X_OK) else "python3"


@dataclass(frozen=True)
class Tools:
    weir: Path

    bin = BUILD / "bin"
    venv = BUILD / "venv"
    node_folder = BUILD / "node"

    @property
    def stub(self) -> Path:
        return self.bin / "weir-bench-stub"

    @property
    def load(self) -> Path:
        return self.bin / "weir-bench-load"

    @property
    def floor(self) -> Path:
        return self.bin / "weir-bench-floor"

    @cached_property
    def nginx(self) -> str | None:
        return find("nginx")

    @cached_property
    def haproxy(self) -> str | None:
        return find("haproxy")

    @cached_property
    def node(self) -> str | None:
        return find("node")

    @cached_property
    def npm(self) -> str | None:
        return find("npm")

    @cached_property
    def compiler(self) -> str | None:
        return find("g++") or find("c++")

    @property
    def python(self) -> Path:
        return self.venv / "bin" / "python3"

    def has_lua(self) -> bool:
        module = (NGINX_MODULES / "ngx_http_lua_module.so").exists()
        cjson = any(Path("/usr/lib").glob("*/lua/5.1/cjson.so"))
        return module and cjson

    def has_undici(self) -> bool:
        return (self.node_folder / "node_modules" / "undici" / "package.json").exists()

    @cached_property
    def distribution_has_aiohttp(self) -> bool:
        return first_line([system_python(), "-c", "import aiohttp; print('here')"]) == "here"

    def has_aiohttp(self) -> bool:
        return any(self.venv.glob("lib/python3*/site-packages/aiohttp/__init__.py"))
