"""One request at a scripted service, and what an answer may do with it."""

import json
import time
from urllib.parse import parse_qsl

from support.http_parse import Headers, parse_fields


class Gone(Exception):
    """The caller, or the service itself, has gone away in the middle of an exchange."""


class Request:
    """What came, as exact bytes and in parts."""

    def __init__(self, head, number, connection):
        self.head = head  # the exact bytes, with the empty line
        lines = head[: -len(b"\r\n\r\n")].split(b"\r\n")
        self.line = lines[0].decode("latin-1")
        self.method, self.target, self.version = self.line.split(" ")
        self.path, _, self.query_text = self.target.partition("?")
        self.query = parse_qsl(self.query_text, keep_blank_values=True)
        self.headers = parse_fields(lines[1:])
        self.body = b""
        self.trailers = Headers()
        self.number = number          # 1 for the first request of this service
        self.connection = connection  # 1 for the first connection
        self.at = time.monotonic()
        self.answered_at = None       # when the answer was complete
        self.cancelled_at = None      # when the caller was seen to be gone before that
        self.slots = {}

    @property
    def cancelled(self):
        return self.cancelled_at is not None

    def json(self):
        return json.loads(self.body)

    def __repr__(self):
        return f"<{self.line} #{self.number} on connection {self.connection}>"


class Exchange:
    """One request being answered. Everything that waits ends with Gone when the caller leaves."""

    def __init__(self, service, connection, request):
        self.service = service
        self.request = request
        self._c = connection
        self.keep = True

    def send(self, data):
        if isinstance(data, str):
            data = data.encode()
        try:
            self._c.sock.sendall(data)
        except OSError:
            self._gone()

    def send_while_wanted(self, piece, pause=0.0, most=1 << 30):
        """Repeats `piece` until the caller leaves; the number of bytes sent."""
        sent = 0
        while sent < most:
            try:
                self._c.sock.sendall(piece)
            except OSError:
                break
            sent += len(piece)
            if pause and self._c.wait_gone(pause):
                break
        self.request.sent = sent
        return sent

    def sleep(self, seconds):
        if self._c.wait_gone(seconds):
            self._gone()

    def wait(self, event, longest=60):
        """Until a threading.Event is set."""
        end = time.monotonic() + longest
        while not event.is_set() and time.monotonic() < end:
            self.sleep(0.01)

    def hang(self):
        while True:
            self.sleep(60)

    def reset(self):
        self.keep = False
        self._c.end("reset")

    def close(self):
        self.keep = False
        self._c.end("close")

    def body_pieces(self):
        """The request's body as it comes (only for paths added with stream_body=True)."""
        yield from self._c.body_pieces(self.request)

    def _gone(self):
        if self.request.cancelled_at is None:
            self.request.cancelled_at = time.monotonic()
        raise Gone
