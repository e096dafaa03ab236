"""A service whose answers are kept, and what the gateway says of them."""

import re
import textwrap
import threading

from support.upstream import json_reply

ONE = """
    services:
      a: {url: <a>, timeout: 3s, retry: off, breaker: %s, cache: %s}
    routes:
      GET /{id}:
        deadline: 4s
        steps:
          x: {get: "a/x/${path.id}"}
        reply: {x: "${x}"}
      POST /{id}:
        steps:
          x: {post: "a/x/${path.id}", cache: off}
        reply: {x: "${x}"}
    """


def make(weir, up, cache="{for: 20s}", breaker="off", more=""):
    return weir(ONE % (breaker, cache) + more, a=up)


def make_with_workers(weir, up, workers):
    return weir(f"workers: {workers}\n" + textwrap.dedent(ONE % ("off", "{for: 20s}")), a=up)


def counting(**more):
    """Answers 1, 2, 3, …"""
    lock, n = threading.Lock(), [0]

    def answer(x):
        with lock:
            n[0] += 1
            mine = n[0]
        json_reply(mine, **more)(x)

    return answer


def cached(answer):
    """The members of Cache-Status by step."""
    out = {}
    for member in answer.headers.get("Cache-Status", "").split(", "):
        match = re.fullmatch(r"weir; (.*); detail=(\w+)", member)
        assert match, answer
        out.setdefault(match[2], []).append(re.sub(r"(; )?ttl=-?\d+", "", match[1]))
    return {step: ways[0] if len(ways) == 1 else ways for step, ways in out.items()}


def ttl(answer):
    return int(re.search(r"ttl=(-?\d+)", answer.headers["Cache-Status"])[1])
