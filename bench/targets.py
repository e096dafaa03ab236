"""What weir has set itself, as ratios to its peers."""

from __future__ import annotations

from dataclasses import dataclass

MEMORY_LIMIT = 20_000_000  # bytes resident after the runs with 64 connections


@dataclass(frozen=True)
class Target:
    suite: str
    peer: str
    metric: str  # of Sample
    limit: float
    words: str
    ours: str = "weir"


def _of(ours: str) -> list[Target]:
    return [
        Target("proxy", "nginx", "cpu_us", 0.95, "≤ 0.95", ours),
        Target("proxy", "haproxy", "cpu_us", 0.85, "≤ 0.85", ours),
        Target("shop3", "nginx_lua", "cpu_us", 0.55, "≤ 0.55", ours),
        Target("shop3", "undici", "cpu_us", 1 / 6, "≤ 1/6", ours),
        Target("shop3", "undici_pools", "cpu_us", 1 / 6, "≤ 1/6", ours),
        Target("shop3", "aiohttp", "cpu_us", 1 / 30, "≤ 1/30", ours),
        Target("shop3", "aiohttp_current", "cpu_us", 1 / 30, "≤ 1/30", ours),
        Target("shop3", "aiohttp_new_session", "cpu_us", 1 / 45, "≤ 1/45", ours),
        Target("shop3", "aiohttp_current_new_session", "cpu_us", 1 / 45, "≤ 1/45", ours),
        Target("shop100", "nginx_lua", "cpu_us", 0.55, "≤ 0.55", ours),
        Target("openloop", "nginx_lua", "p99_us", 1.05, "≤ 1.05", ours),
    ]


TARGETS = [
    *_of("weir"),
    *_of("weir_pipelining"),
    Target("shop100", "nginx_lua", "cpu_us", 0.55, "≤ 0.55", "weir_few"),
    Target("open-circuit", "nginx_return", "cpu_us", 1.1, "≤ 1.1"),
]
