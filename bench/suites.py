"""What is measured: each suite asks every contender for the same page in the same way."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Callable

from bench import page
from bench.contenders import floor, haproxy, nginx, node, python
from bench.contenders.base import Contender
from bench.contenders.weir import FewAtOnce, Pipelining, Weir, WeirWithOpenCircuit


@dataclass(frozen=True)
class Load:
    connections: int = 64
    rate: float = 0.0  # requests a second, at their times; 0: each connection as fast as it can
    burst: int = 1


@dataclass(frozen=True)
class Suite:
    name: str
    title: str
    path: str
    contenders: Callable[[], list[Contender]]
    matches: Callable[[bytes], bool]  # whether an answer is the expected page
    products: int = 3
    load: Load = Load()
    seconds: float = 3.0
    shows: str = "cpu_us"  # the metric that the suite is for
    weighs_memory: bool = False


def _is_json(expected: object) -> Callable[[bytes], bool]:
    def matches(body: bytes) -> bool:
        try:
            return json.loads(body) == expected
        except ValueError:
            return False

    return matches


def _shop() -> list[Contender]:
    return [
        Weir("shop.yaml"),
        Pipelining("shop.yaml"),
        floor.Floor(shop=True),
        nginx.shop(),
        node.request(),
        node.pools(),
        node.pipelining(),
        python.one_session(current=False),
        python.one_session(current=True),
    ]


def _shop_and_tutorials() -> list[Contender]:
    return [
        *_shop(),
        python.session_per_page(current=False),
        python.session_per_page(current=True),
    ]


SUITES = [
    Suite(
        name="proxy",
        title="Plain proxy, 256-byte answers",
        path="/plain",
        contenders=lambda: [
            Weir("proxy.yaml"),
            Pipelining("proxy.yaml"),
            floor.Floor(shop=False),
            nginx.proxy(),
            haproxy.Haproxy(),
        ],
        matches=lambda body: body == page.PLAIN.encode(),
        weighs_memory=True,
    ),
    Suite(
        name="shop3",
        title="Shop page, 3 products (6 calls)",
        path="/products/all",
        contenders=_shop_and_tutorials,
        matches=_is_json(page.shop_page(3)),
        weighs_memory=True,
    ),
    Suite(
        name="shop100",
        title="Shop page, 100 products (103 calls)",
        path="/products/all",
        contenders=lambda: [FewAtOnce("shop.yaml"), *_shop()],
        matches=_is_json(page.shop_page(100)),
        products=100,
        weighs_memory=True,
    ),
    Suite(
        name="openloop",
        title="Shop page, 3 products, 1,500 a second in bursts of 30",
        path="/products/all",
        contenders=lambda: [Weir("shop.yaml"), Pipelining("shop.yaml"), nginx.shop()],
        matches=_is_json(page.shop_page(3)),
        load=Load(connections=128, rate=1500, burst=30),
        seconds=5.0,
        shows="p99_us",
    ),
    Suite(
        name="open-circuit",
        title="An answer while the circuit is open",
        path="/offer",
        contenders=lambda: [WeirWithOpenCircuit(), nginx.returning()],
        matches=_is_json(page.COLD_OFFER),
    ),
]


def named(name: str) -> Suite:
    return next(suite for suite in SUITES if suite.name == name)
