from __future__ import annotations

from bench.contenders.base import HERE, Contender, Ground
from bench.tools import Tools, system_python


class Aiohttp(Contender):
    """`current`: the newest from PyPI; else the distribution's package, which is what a machine
    without further sources runs, and older."""

    def __init__(self, script: str, name: str, title: str, current: bool) -> None:
        self._script = script
        self._current = current
        self.name = name
        self.title = title

    def missing(self, tools: Tools) -> str | None:
        if self._current:
            return None if tools.has_aiohttp() else "aiohttp is not installed (pip: aiohttp)"
        there = tools.distribution_has_aiohttp
        return None if there else "the distribution's aiohttp is not installed (apt: python3-aiohttp)"

    def command(self, tools: Tools, ground: Ground) -> list[str]:
        python = str(tools.python) if self._current else system_python()
        return [python, str(HERE / "python" / self._script)]

    def environment(self, tools: Tools, ground: Ground) -> dict[str, str]:
        return ground.environment()


def one_session(current: bool) -> Aiohttp:
    title = "aiohttp, one session"
    if current:
        return Aiohttp("shop.py", "aiohttp_current", title + " (PyPI)", True)
    return Aiohttp("shop.py", "aiohttp", title, False)


def session_per_page(current: bool) -> Aiohttp:
    title = "aiohttp, new sessions"
    script = "session_per_page.py"
    if current:
        return Aiohttp(script, "aiohttp_current_new_session", title + " (PyPI)", True)
    return Aiohttp(script, "aiohttp_new_session", title, False)
