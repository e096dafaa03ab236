"""Gets the peers that are missing: from the distribution, and from npm and PyPI what only they have
(into build/bench, nothing of it is shipped or used by weir). What cannot be had is said and left out."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys

from bench.tools import Tools, first_line, system_python

# Keeps the packages from starting their services: the benchmark starts its own.
_QUIET = ["SYSTEMD_OFFLINE=1", "RUNLEVEL=1", "DEBIAN_FRONTEND=noninteractive"]


def say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def _run(command: list[str]) -> bool:
    say("  $ " + " ".join(command))
    try:
        done = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=sys.stderr, timeout=600)
    except (OSError, subprocess.TimeoutExpired) as error:
        say(f"  {error}")
        return False
    return done.returncode == 0


def wanted_packages(tools: Tools) -> list[str]:
    packages = []
    if not tools.nginx:
        packages.append("nginx")
    if not tools.has_lua():
        packages += ["libnginx-mod-http-lua", "lua-cjson"]
    if not tools.haproxy:
        packages.append("haproxy")
    if not tools.compiler:
        packages.append("g++")
    if not tools.node:
        packages.append("nodejs")
    if not tools.npm and not tools.has_undici():
        packages.append("npm")
    if not tools.has_aiohttp():
        packages.append("python3-venv")
    if not tools.distribution_has_aiohttp:
        packages.append("python3-aiohttp")
    return packages


def _apt(packages: list[str]) -> None:
    if not shutil.which("apt-get"):
        say("  no apt-get here: " + " ".join(packages) + " must be installed by hand")
        return
    root = [] if os.geteuid() == 0 else ["sudo", "-n"]
    prefix = [*root, "env", *_QUIET, "apt-get"]
    install = [*prefix, "install", "-y", "--no-install-recommends"]
    if _run([*install, *packages]):
        return
    _run([*prefix, "update"])
    for package in packages:  # one that is not to be had must not cost the others
        _run([*install, package])


def undici_for(node_version: str) -> str:
    """undici 7 needs Node 20.18.1; the distributions ship older ones too."""
    numbers = node_version.lstrip("v").split(".")
    try:
        known = tuple(int(each) for each in numbers[:3])
    except ValueError:
        known = ()
    return "undici@7" if known >= (20, 18, 1) else "undici@6"


def _undici(tools: Tools) -> None:
    node = Tools(tools.weir)  # looks anew after apt
    if not node.node or not node.npm:
        say("  without npm there is no undici")
        return
    package = undici_for(first_line([node.node, "--version"]))
    tools.node_folder.mkdir(parents=True, exist_ok=True)
    _run([node.npm, "install", "--prefix", str(tools.node_folder), "--no-audit", "--no-fund", package])


def _aiohttp(tools: Tools) -> None:
    if _run([system_python(), "-m", "venv", "--clear", str(tools.venv)]):
        _run([str(tools.python), "-m", "pip", "install", "--quiet", "aiohttp>=3.9"])


def install_missing(tools: Tools) -> None:
    packages = wanted_packages(tools)
    if packages:
        say("installing " + " ".join(packages))
        _apt(packages)
    if not tools.has_undici():
        say("installing undici into " + str(tools.node_folder))
        _undici(tools)
    if not tools.has_aiohttp():
        say("installing aiohttp into " + str(tools.venv))
        _aiohttp(tools)
