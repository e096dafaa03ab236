from __future__ import annotations

import json
import urllib.request

from bench.contenders.base import Contender, Ground
from bench.tools import Tools


class Weir(Contender):
    """One of its configurations."""

    name = "weir"
    title = "weir"

    def __init__(self, template: str, pipelining: int = 1, limit: int = 32) -> None:
        self._template = template
        self._values = {"pipelining": pipelining, "limit": limit}

    def missing(self, tools: Tools) -> str | None:
        if tools.weir.exists():
            return None
        return f"{tools.weir} is not built (./run build, or --weir PATH)"

    def command(self, tools: Tools, ground: Ground) -> list[str]:
        return [str(tools.weir), "serve", str(self._configuration(ground))]

    def _configuration(self, ground: Ground) -> str:
        return str(ground.fill(f"weir/{self._template}", **self._values))


class Pipelining(Weir):
    """Up to 16 calls of one moment to a service on one connection; without a word each has its own,
    as it is with the peers."""

    name = "weir_pipelining"
    title = "weir, pipelining: 16"

    def __init__(self, template: str) -> None:
        super().__init__(template, pipelining=16)


class FewAtOnce(Weir):
    """With fewer calls of a page in flight at once, 64 pages keep fewer connections busy, which is
    cheaper for everybody's caches."""

    name = "weir_few"
    title = "weir, limit: 8"

    def __init__(self, template: str) -> None:
        super().__init__(template, limit=8)


class WeirWithOpenCircuit(Weir):
    def __init__(self) -> None:
        super().__init__("open-circuit.yaml")

    def prepare(self, ground: Ground) -> None:
        for _ in range(10):
            with urllib.request.urlopen(f"http://127.0.0.1:{ground.port}/offer", timeout=5) as answer:
                answer.read()
        with urllib.request.urlopen(f"http://127.0.0.1:{ground.admin}/circuits", timeout=5) as answer:
            circuits = json.load(answer)
        if not says_open(circuits):
            raise RuntimeError(f"the circuit of the refusing partner is not open: {circuits}")


def says_open(node: object) -> bool:
    """Whether any circuit in the listing, however nested, has the state `open`."""
    if isinstance(node, dict):
        return node.get("state") == "open" or any(says_open(each) for each in node.values())
    if isinstance(node, list):
        return any(says_open(each) for each in node)
    return False
