from __future__ import annotations

from bench.contenders.base import HERE, Contender, Ground
from bench.tools import Tools


class Node(Contender):
    def __init__(self, name: str, title: str, pools: bool, pipelining: int = 1) -> None:
        self.name = name
        self.title = title
        self._pools = pools
        self._pipelining = pipelining

    def missing(self, tools: Tools) -> str | None:
        if not tools.node:
            return "Node is not installed (apt: nodejs)"
        return None if tools.has_undici() else "undici is not installed (npm: undici)"

    def command(self, tools: Tools, ground: Ground) -> list[str]:
        return [tools.node, str(HERE / "node" / "shop.mjs")]

    def environment(self, tools: Tools, ground: Ground) -> dict[str, str]:
        return {
            **ground.environment(),
            "BENCH_NODE_MODULES": str(tools.node_folder),
            "BENCH_CONNECTIONS": "64",
            "BENCH_PIPELINING": str(self._pipelining),
            "BENCH_POOLS": "yes" if self._pools else "",
            "NODE_ENV": "production",
        }


def pools() -> Node:
    return Node("undici_pools", "undici, a pool for each service", pools=True)


def pipelining() -> Node:
    return Node("undici_pipelining", "undici, pools, pipelining: 16", pools=True, pipelining=16)


def request() -> Node:
    return Node("undici", "undici, request()", pools=False)
