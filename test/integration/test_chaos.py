"""Everything at once, from a seed: services that misbehave in every way, clients that leave in every
way, reloads, scrapes and forced circuits. Afterwards nothing may be left over."""

import os
import random
import threading
import time

import pytest
from support.raw_client import Connection, format_request
from support.upstream import chunked, close, hang, json_reply, raw, reset, respond, status
from support.weir_process import SLOWER

CONFIG = """
    drain: {timeout: 5s}
    limits: {head_timeout: 2s, body_timeout: 2s, idle_timeout: 2s, write_timeout: 1s, response: 256KiB}
    services:
      a: {url: <a>, timeout: 400ms, attempt_timeout: 150ms, retry: {attempts: 3, backoff: 1ms..20ms},
          breaker: {trip: {ratio: 70%%, within: 1s, min_calls: 20}, open: 50ms..200ms, probe: {calls: 3, close_after: 2}}}
      b: {url: <b>, timeout: 300ms, breaker: {trip: {in_a_row: 8}, open: 50ms}}
    routes:
      GET /page/{x}:
        deadline: 600ms
        steps:
          list: {get: "a/list/${path.x}", expect: list}
          extra: {get: "b/extra/${path.x}", default: null}
          items: {each: list as i, limit: 4, get: "a/item/${i}", default: null}
          after: {get: "b/after/${size(items)}", when: "extra != null", default: late}
          note: {post: b/note, body: {x: "${path.x}", list: "${list}"}, default: null}
        reply: {list: "${list}", extra: "${extra}", after: "${after}", items: {each: "list as l, items as i", l: "${l}", i: "${i}"}, v: %d}
      GET /through/{x}: {proxy: a}
      POST /through/{x}: {proxy: b}
    """


def misbehaving(seed):
    chance = random.Random(seed)
    lock = threading.Lock()
    kinds = [
        (40, lambda x: json_reply([1, 2, 3, 4, 5])(x)),
        (8, lambda x: respond(200, "[1,2]", delay=0.05)(x)),
        (4, status(500)), (4, status(503)), (2, status(404)), (2, status(429, headers={"Retry-After": "1"})),
        (3, reset()), (3, close()), (3, hang()),
        (2, raw("HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\n[1", end="close")),
        (2, raw("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n[1,2", end="reset")),
        (2, raw("HTTP/1.1 200 OK\r\nContent-Length: nonsense\r\n\r\n")),
        (4, chunked(["[1", ",2", "]"], pause=0.01)), (2, chunked(["[", "1]"], finish=False)),
        (2, respond(200, "[" + "1," * 200_000 + "1]")), (2, respond(200, "not json")),
        (2, respond(200, "[1]", keep_alive=False)), (1, lambda x: x.send_while_wanted(b"HTTP/1.1 103 Early\r\n\r\n", 0.002)),
        (2, lambda x: (json_reply([9])(x), x.send("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n[]"))),
    ]
    weights = [w for w, _ in kinds]

    def answer(x):
        with lock:
            chosen = chance.choices(kinds, weights)[0][1]
        chosen(x)

    return answer


def client(gate, seed, until, troubles):
    chance = random.Random(seed)
    while time.monotonic() < until:
        try:
            c = Connection(gate.port, timeout=8 * SLOWER, receive_buffer=chance.choice([None, 4096]))
        except OSError as why:
            troubles.append(f"connect: {why}")
            return
        try:
            for _ in range(chance.randint(1, 6)):
                path = chance.choice(["/page/", "/page/", "/through/"]) + str(chance.randint(0, 99))
                body = b"x" * chance.choice([0, 10, 5000]) if path.startswith("/through") and chance.random() < 0.4 else None
                data = format_request("POST" if body is not None else "GET", path, body=body, host="x")
                kind = chance.random()
                if kind < 0.70:
                    c.send(data)
                    answer = c.read_response()
                    if answer.status not in (200, 400, 404, 408, 429, 500, 501, 502, 503, 504):
                        troubles.append(repr(answer))
                elif kind < 0.80:
                    c.send(data * 3)
                    for _ in range(3):
                        c.read_response()
                elif kind < 0.86:
                    c.send(data)
                    time.sleep(chance.random() * 0.05)
                    c.reset()
                    break
                elif kind < 0.92:
                    c.send(data[: chance.randint(1, len(data))])
                    break
                elif kind < 0.96:
                    c.send(data)
                    c.finish_sending()
                    c.ending(timeout=0.3)
                    break
                else:
                    c.try_send(bytes(chance.randrange(256) for _ in range(200)))
                    c.ending(timeout=0.3)
                    break
        except (OSError, AssertionError, TimeoutError) as why:
            # A proxied answer may be cut; what may not happen is silence.
            if isinstance(why, TimeoutError):
                troubles.append(f"no answer: {why}")
        finally:
            c.close()


@pytest.mark.longest(120)
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_nothing_is_left_over(weir, upstream, seed):
    a, b = upstream().always(misbehaving(seed)), upstream().always(misbehaving(seed + 100))
    gate = weir(CONFIG % 0, a=a, b=b, arguments=["--access-log", os.devnull])
    descriptors = gate.descriptors()
    until = time.monotonic() + 5
    troubles = []
    clients = [threading.Thread(target=client, args=(gate, seed * 1000 + n, until, troubles)) for n in range(12)]
    for t in clients:
        t.start()
    version = 0
    while time.monotonic() < until:
        version += 1
        gate.write(CONFIG % version)
        gate.reload()
        gate.metrics()
        gate.circuits()
        for action in ("force-open", "force-close", "reset"):
            assert gate.act("b", action).status in (200, 204)
            time.sleep(0.03)
    for t in clients:
        t.join(30 * SLOWER)
        assert not t.is_alive()
    assert troubles == []

    # All is over: nothing runs, nothing is held, and the next request is answered.
    end = time.monotonic() + 6 * SLOWER
    while True:
        metrics = gate.metrics()
        left = {"connections": metrics.value("weir_connections"), "requests": metrics.value("http_server_active_requests"),
                "calls": a.in_flight + b.in_flight}
        if not any(left.values()):
            break
        assert time.monotonic() < end, f"left over: {left}"
        time.sleep(0.05)
    for circuit in gate.circuits().values():
        assert circuit["probes_in_flight"] == 0, circuit
    a.always(json_reply([1]))
    b.always(json_reply("ok"))
    for name in ("a", "b"):
        gate.act(name, "reset")
    assert gate.get("/page/1").json()["v"] == version
    a.stop()
    b.stop()
    time.sleep(0.3)
    assert gate.descriptors() <= descriptors + 8, os.listdir(f"/proc/{gate.pid}/fd")
    started = time.monotonic()
    assert gate.stop() == 0
    assert time.monotonic() - started < 3 * SLOWER
