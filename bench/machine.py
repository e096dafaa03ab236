"""On what, and with which versions, the figures were taken."""

from __future__ import annotations

import os
import platform
import subprocess
from pathlib import Path

from bench.tools import ROOT, Tools, first_line, system_python


def _field(path: str, name: str, separator: str) -> str:
    try:
        for line in Path(path).read_text("utf-8", "replace").splitlines():
            key, found, value = line.partition(separator)
            if found and key.strip() == name:
                return value.strip().strip('"')
    except OSError:
        pass
    return "unknown"


def _governor() -> str:
    path = Path("/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor")
    return path.read_text("ascii").strip() if path.exists() else "not visible"


def _commit() -> str:
    line = first_line(["git", "-C", str(ROOT), "rev-parse", "--short=12", "HEAD"])
    changed = subprocess.run(
        ["git", "-C", str(ROOT), "status", "--porcelain", "--untracked-files=no"],
        capture_output=True,
        text=True,
    ).stdout.strip()
    return (line or "unknown") + (", with changes" if changed else "")


def weir_compiler(tools: Tools) -> str:
    """The one that built the binary, as its build directory knows it; else nobody can say."""
    cache = tools.weir.parent.parent / "CMakeCache.txt"
    if not cache.exists():
        return "unknown"
    for line in cache.read_text("utf-8", "replace").splitlines():
        if line.startswith("CMAKE_CXX_COMPILER:"):
            return first_line([line.partition("=")[2], "--version"]) or "unknown"
    return "unknown"


def describe(tools: Tools, system_core: int, load_core: int) -> dict[str, str]:
    memory_kib = int(_field("/proc/meminfo", "MemTotal", ":").split()[0])
    flags = _field("/proc/cpuinfo", "flags", ":").split()
    return {
        "CPU": _field("/proc/cpuinfo", "model name", ":"),
        "cores": str(os.cpu_count()),
        "virtual": "yes" if "hypervisor" in flags else "no",
        "frequency governor": _governor(),
        "memory": f"{memory_kib / 1048576:.1f} GiB",
        "kernel": platform.release(),
        "system": _field("/etc/os-release", "PRETTY_NAME", "="),
        "pinned": f"system under test to core {system_core}; load and services to core {load_core}",
    }


def versions(tools: Tools) -> dict[str, str]:
    found = {
        "weir": first_line([str(tools.weir), "--version"]) if tools.weir.exists() else "",
        "weir's source": _commit(),
        "weir's compiler": weir_compiler(tools),
    }
    if tools.nginx:
        found["nginx"] = first_line([tools.nginx, "-v"]).removeprefix("nginx version: ")
        found["nginx's Lua module"] = package_version("libnginx-mod-http-lua")
    if tools.haproxy:
        found["HAProxy"] = first_line([tools.haproxy, "-v"]).removeprefix("HAProxy version ")
    if tools.node:
        found["Node"] = first_line([tools.node, "--version"])
        if tools.has_undici():
            package = tools.node_folder / "node_modules" / "undici" / "package.json"
            found["undici"] = first_line([tools.node, "-p", f"require('{package}').version"])
    ask = "import aiohttp; print(aiohttp.__version__)"
    if tools.has_aiohttp():
        found["Python"] = first_line([str(tools.python), "--version"]).removeprefix("Python ")
        found["aiohttp of PyPI"] = first_line([str(tools.python), "-c", ask])
    if tools.distribution_has_aiohttp:
        found["aiohttp of the distribution"] = first_line([system_python(), "-c", ask])
    if tools.compiler:
        found["compiler of load and services"] = first_line([tools.compiler, "--version"])
    return {name: version for name, version in found.items() if version}


def package_version(package: str) -> str:
    return first_line(["dpkg-query", "-W", "-f", "${Version}\n", package])
