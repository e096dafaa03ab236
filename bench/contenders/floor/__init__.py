"""Nobody's gateway: what sockets alone cost for the same calls."""

from __future__ import annotations

from bench.contenders.base import Contender, Ground
from bench.tools import Tools

NAME = "floor"


class Floor(Contender):
    name = NAME
    title = "floor (sockets alone)"

    def __init__(self, shop: bool) -> None:
        self._shop = shop

    def missing(self, tools: Tools) -> str | None:
        return None

    def command(self, tools: Tools, ground: Ground) -> list[str]:
        at = ground.services
        if not self._shop:
            return [str(tools.floor), "proxy", str(ground.port), str(at.plain)]
        services = (at.products, at.inventory, at.favorites, at.cart)
        return [str(tools.floor), "shop", *map(str, (ground.port, *services, ground.products))]
