from __future__ import annotations

from bench.contenders.base import HERE, Contender, Ground
from bench.tools import Tools


class Node(Contender):
    name = "undici"
    title = "Node, undici"

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
            "NODE_ENV": "production",
        }
