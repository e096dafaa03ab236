from __future__ import annotations

from bench.contenders.base import HERE, Contender, Ground
from bench.tools import Tools


class Aiohttp(Contender):
    def __init__(self, script: str, name: str, title: str) -> None:
        self._script = script
        self.name = name
        self.title = title

    def missing(self, tools: Tools) -> str | None:
        return None if tools.has_aiohttp() else "aiohttp is not installed (pip: aiohttp)"

    def command(self, tools: Tools, ground: Ground) -> list[str]:
        return [str(tools.python), str(HERE / "python" / self._script)]

    def environment(self, tools: Tools, ground: Ground) -> dict[str, str]:
        return ground.environment()


def one_session() -> Aiohttp:
    return Aiohttp("shop.py", "aiohttp", "aiohttp, one session")


def session_per_page() -> Aiohttp:
    return Aiohttp("session_per_page.py", "aiohttp_new_session", "aiohttp, new sessions")
