"""An instance as a process of its own, as fast as Python allows: answers every request with its name.

    python3 backend.py PORT NAME [HOST]

`GET /control?status=503&delay=20` changes how it answers from then on (delay in ms); `GET /count`
says how many requests it has had. SIGTERM: accepts no more, finishes what runs, goes.
"""

import asyncio
import signal
import sys
from urllib.parse import parse_qs, urlsplit


class State:
    name = b""
    status = 200
    delay = 0.0
    count = 0
    connections = set()
    leaving = False


def answer(status, body, close=False):
    return (b"HTTP/1.1 %d X\r\nContent-Type: application/json\r\nContent-Length: %d\r\n%s\r\n%s"
            % (status, len(body), b"Connection: close\r\n" if close else b"", body))


class Instance(asyncio.Protocol):
    def connection_made(self, transport):
        self.transport, self.buffer, self.running = transport, b"", 0
        State.connections.add(self)

    def connection_lost(self, _):
        State.connections.discard(self)

    def data_received(self, data):
        self.buffer += data
        while (end := self.buffer.find(b"\r\n\r\n")) >= 0:
            head, self.buffer = self.buffer[:end], self.buffer[end + 4:]
            target = head.split(b" ", 2)[1]
            if target.startswith(b"/control"):
                said = parse_qs(urlsplit(target.decode()).query)
                State.status = int(said.get("status", [State.status])[0])
                State.delay = float(said.get("delay", [State.delay * 1000])[0]) / 1000
                self.transport.write(answer(200, b"{}"))
            elif target == b"/count":
                self.transport.write(answer(200, b"%d" % State.count))
            else:
                if target != b"/healthz":
                    State.count += 1
                self.running += 1
                if State.delay and target != b"/healthz":
                    asyncio.get_running_loop().call_later(State.delay, self.reply)
                else:
                    self.reply()

    def reply(self):
        self.running -= 1
        if not self.transport.is_closing():
            body = b'{"n":"%s"}' % State.name
            self.transport.write(answer(State.status, body, State.leaving))
            if State.leaving and not self.running:
                self.transport.close()


async def main(port, name, host):
    State.name = name.encode()
    loop = asyncio.get_running_loop()
    server = await loop.create_server(Instance, host, port, backlog=4096, reuse_address=True)
    gone = asyncio.Event()
    loop.add_signal_handler(signal.SIGTERM, gone.set)
    print("ready", flush=True)
    await gone.wait()
    State.leaving = True
    server.close()
    for _ in range(200):
        for one in list(State.connections):
            if not one.running:
                one.transport.close()
        if not State.connections:
            break
        await asyncio.sleep(0.01)


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1]), sys.argv[2], sys.argv[3] if len(sys.argv) > 3 else "127.0.0.1"))
