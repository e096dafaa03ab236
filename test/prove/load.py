"""Load at a constant rate from a process of its own, over keep-alive connections: a request is sent
when it is due, whatever became of those before it.

    load = Load(port, "/x", rate=2000, connections=64).start()
    …
    told = load.stop()          # requests, failures, by instance and second, latencies
"""

import asyncio
import collections
import json
import re
import subprocess
import sys
import time


class _Client(asyncio.Protocol):
    def __init__(self, run):
        self.run, self.buffer, self.sent = run, b"", None

    def connection_made(self, transport):
        self.transport = transport
        self.run.idle.append(self)

    def connection_lost(self, _):
        self.run.lost(self)

    def ask(self, due):
        self.sent = due
        self.transport.write(self.run.request)

    def data_received(self, data):
        self.buffer += data
        head, blank, body = self.buffer.partition(b"\r\n\r\n")
        if not blank:
            return
        lower = head.lower()
        at = lower.find(b"content-length:")
        length = int(lower[at + 15:].split(b"\r\n", 1)[0]) if at >= 0 else 0
        if len(body) < length:
            return
        self.buffer = b""
        due, self.sent = self.sent, None
        self.run.done(due, int(head[9:12]), body[:length])
        if b"connection: close" in lower:
            self.transport.close()
        else:
            self.run.idle.append(self)


class _Run:
    def __init__(self, port, path, rate, connections):
        self.port, self.rate, self.most = port, rate, connections
        self.request = b"GET %s HTTP/1.1\r\nHost: 127.0.0.1:%d\r\n\r\n" % (path.encode(), port)
        self.idle, self.open = collections.deque(), 0
        self.requests, self.failures, self.reasons = 0, 0, collections.Counter()
        self.by, self.times = collections.defaultdict(collections.Counter), []
        self.failed_at = []
        self.late = collections.deque()

    def lost(self, client):
        self.open -= 1
        if client in self.idle:
            self.idle.remove(client)
        if client.sent is not None:
            self.fail("connection closed")

    def fail(self, why):
        self.failures += 1
        self.reasons[why] += 1
        self.failed_at.append(round(time.monotonic() - self.began, 2))

    def done(self, due, status, body):
        now = time.monotonic()
        self.times.append(now - due)
        if status != 200:
            said = re.search(rb'"code":"(\w+)"', body)
            self.fail(f"{status} {said[1].decode() if said else ''}".strip())
            return
        name = body.split(b'"')[3].decode() if body.count(b'"') >= 4 else "?"
        self.by[int(now - self.began)][name] += 1

    async def run(self):
        loop = asyncio.get_running_loop()
        self.began, sent = time.monotonic(), 0
        self.stopping = False
        loop.run_in_executor(None, self.wait_stop)
        while not self.stopping:
            now = time.monotonic()
            while sent < (now - self.began) * self.rate:
                self.late.append(self.began + sent / self.rate)
                sent += 1
            while self.late:
                while self.idle and self.idle[0].transport.is_closing():
                    self.idle.popleft()
                if self.idle:
                    self.requests += 1
                    self.idle.popleft().ask(self.late.popleft())
                else:
                    if self.open < self.most:
                        self.open += 1
                        loop.create_task(self.connect(loop))
                    break
            await asyncio.sleep(0.001)
        for _ in range(300):
            if len(self.idle) >= self.open:
                break
            await asyncio.sleep(0.01)
        self.times.sort()
        at = lambda q: round(self.times[min(len(self.times) - 1, int(len(self.times) * q))] * 1000, 2) if self.times else None
        print(json.dumps({"requests": self.requests, "failures": self.failures, "reasons": dict(self.reasons.most_common(5)),
                          "failed_at": self.failed_at[:20], "unsent": len(self.late),
                          "seconds": round(time.monotonic() - self.began, 1), "p50": at(.5), "p99": at(.99), "max": at(1),
                          "by": {s: dict(c) for s, c in self.by.items()}}), flush=True)

    async def connect(self, loop):
        try:
            await loop.create_connection(lambda: _Client(self), "127.0.0.1", self.port)
        except OSError as why:
            self.open -= 1
            self.requests += 1
            if self.late:
                self.late.popleft()
            self.fail(f"connect: {why}")

    def wait_stop(self):
        sys.stdin.readline()
        self.stopping = True


class Load:
    def __init__(self, port, path, rate, connections=64):
        self.arguments = [str(port), path, str(rate), str(connections)]

    def start(self):
        self.began = time.monotonic()
        self.process = subprocess.Popen([sys.executable, __file__, *self.arguments], stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE, text=True)
        return self

    def second(self):
        return time.monotonic() - self.began

    def stop(self):
        out, _ = self.process.communicate("\n", timeout=30)
        told = json.loads(out)
        told["by"] = {int(s): c for s, c in told["by"].items()}
        return told

    def kill(self):
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()


if __name__ == "__main__":
    asyncio.run(_Run(int(sys.argv[1]), sys.argv[2], float(sys.argv[3]), int(sys.argv[4])).run())
