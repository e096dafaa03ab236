from __future__ import annotations

from bench.contenders.base import Contender, Ground
from bench.tools import Tools


class Haproxy(Contender):
    name = "haproxy"
    title = "HAProxy"

    def missing(self, tools: Tools) -> str | None:
        return None if tools.haproxy else "HAProxy is not installed (apt: haproxy)"

    def command(self, tools: Tools, ground: Ground) -> list[str]:
        return [tools.haproxy, "-db", "-q", "-f", str(ground.fill("haproxy/proxy.cfg"))]
