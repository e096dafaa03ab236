"""Scripted HTTP services: each answers what the test says, misbehaves where the test says so, and
keeps a log of everything it was asked.

    stock = Upstream().start()
    stock.on("GET /items/{id}", json_reply({"n": 1}))            # the same each time
    stock.on("GET /flaky", [status(503), json_reply([])])        # in turn; the last one stays
    stock.on("GET /odd", raw(b"HTTP/1.1 200 OK\\r\\n", end="reset"))
    stock.on("POST /echo", lambda x: json_reply({"got": x.request.body.decode()}))

An answer is a function of an Exchange, or a dict or list (sent as JSON), or a list of answers given
by in_turn(). One thread serves one connection.
"""

import re
import select
import socket
import struct
import threading
import time
from urllib.parse import unquote

from support import ports
from support.answers import (  # noqa: F401  (tests take them from here)
    as_answer, chunked, close, hang, in_turn, json_reply, json_text, raw, reset, respond, status, text_reply)
from support.exchange import Exchange, Gone, Request
from support.http_parse import parse_fields


class _Connection:
    def __init__(self, service, sock, number):
        self.service = service
        self.sock = sock
        self.number = number
        self.buffer = b""
        self.ended = False

    def more(self):
        try:
            data = self.sock.recv(65536)
        except OSError:
            return False
        self.buffer += data
        return bool(data)

    def wait_gone(self, seconds):
        """Sleeps; True as soon as the peer has left or the service is being stopped."""
        end = time.monotonic() + seconds
        while True:
            left = end - time.monotonic()
            if self.ended or self.service.stopping:
                return True
            if left <= 0:
                return False
            poller = select.poll()
            poller.register(self.sock, select.POLLRDHUP | select.POLLHUP | select.POLLERR)
            if poller.poll(min(left, 0.05) * 1000):
                return True

    def read_head(self):
        while b"\r\n\r\n" not in self.buffer:
            if not self.more():
                return None
        at = self.buffer.index(b"\r\n\r\n") + 4
        head, self.buffer = self.buffer[:at], self.buffer[at:]
        return head

    def take(self, most):
        if not self.buffer and not self.more():
            raise Gone
        data, self.buffer = self.buffer[:most], self.buffer[most:]
        return data

    def line(self):
        while b"\r\n" not in self.buffer:
            if not self.more():
                raise Gone
        at = self.buffer.index(b"\r\n")
        data, self.buffer = self.buffer[:at], self.buffer[at + 2 :]
        return data

    def body_pieces(self, request):
        try:
            if "chunked" in request.headers.get("Transfer-Encoding", "").lower():
                while True:
                    left = int(self.line().split(b";")[0], 16)
                    if left == 0:
                        break
                    while left:
                        data = self.take(left)
                        left -= len(data)
                        yield data
                    self.line()
                lines = []
                while line := self.line():
                    lines.append(line)
                request.trailers = parse_fields(lines)
                return
            left = int(request.headers.get("Content-Length", "0"))
            while left:
                data = self.take(left)
                left -= len(data)
                yield data
        except Gone:
            request.cancelled_at = time.monotonic()
            raise

    def end(self, how):
        if self.ended:
            return
        self.ended = True
        try:
            if how == "reset":
                self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            else:
                self.sock.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass
        self.sock.close()


class Upstream:
    def __init__(self, port=None, backlog=512):
        self.port = port or ports.reserve()
        self.requests = []        # in the order they came
        self.connections = 0      # accepted so far
        self.open_connections = 0
        self.in_flight = 0
        self.most_in_flight = 0
        self.stopping = False
        self.on_connect = None    # called with the fresh socket; returns the socket to use, or None
        self._routes = []
        self._backlog = backlog
        self._listener = None
        self._live = set()
        self._lock = threading.Lock()
        self._changed = threading.Condition(self._lock)

    # What it answers.

    def on(self, what, answer, stream_body=False):
        """`what` is "METHOD /path/{slot}" or "/path"; later calls replace earlier ones."""
        method, _, path = what.rpartition(" ")
        pattern = re.escape(path).replace(r"\{", "{").replace(r"\}", "}")
        pattern = re.sub(r"\{(\w+)\}", r"(?P<\1>[^/]*)", pattern)
        entry = (method or None, re.compile(pattern), as_answer(answer), stream_body)
        self._routes.insert(0, entry)
        return self

    def always(self, answer, stream_body=False):
        """For every request that no on() matches (and that were matched so far)."""
        self._routes.insert(0, (None, re.compile(".*"), as_answer(answer), stream_body))
        return self

    # Its life.

    @property
    def url(self):
        return f"http://127.0.0.1:{self.port}"

    @property
    def address(self):
        return f"127.0.0.1:{self.port}"

    def start(self):
        listener = socket.socket()
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(("127.0.0.1", self.port))
        listener.listen(self._backlog)
        self.stopping = False
        self._listener = listener
        threading.Thread(target=self._accept, args=(listener,), daemon=True).start()
        return self

    def stop(self, how="close"):
        """Closes the listener and ends every connection ("close" or "reset"); connects are refused
        from here on, until start()."""
        self.stopping = True
        if self._listener is not None:
            try:
                self._listener.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass
            self._listener.close()
            self._listener = None
        with self._lock:
            live = list(self._live)
        for connection in live:
            connection.end(how)
        end = time.monotonic() + 5
        with self._changed:
            while self._live and time.monotonic() < end:
                self._changed.wait(0.1)

    def drop_idle(self, how="close"):
        """Ends the connections on which nothing runs, as a service's idle time-out does."""
        with self._lock:
            idle = [c for c in self._live if not getattr(c, "busy", False)]
        for connection in idle:
            connection.end(how)

    # What it was asked.

    def seen(self, what=None):
        with self._lock:
            requests = list(self.requests)
        if what is None:
            return requests
        method, _, path = what.rpartition(" ")
        pattern = re.sub(r"\{\w+\}", "[^/]*", re.escape(path).replace(r"\{", "{").replace(r"\}", "}"))
        return [r for r in requests
                if (not method or r.method == method) and re.fullmatch(pattern, r.path)]

    def count(self, what=None):
        return len(self.seen(what))

    @property
    def last(self):
        return self.seen()[-1]

    def forget(self):
        with self._lock:
            self.requests.clear()
            self.most_in_flight = self.in_flight

    def wait_for(self, count=1, what=None, timeout=5.0):
        """Until so many requests have come."""
        end = time.monotonic() + timeout
        while self.count(what) < count:
            if time.monotonic() > end:
                raise AssertionError(
                    f"{self.count(what)} of {count} requests for {what or 'anything'} came; seen: {self.seen()}")
            time.sleep(0.005)
        return self.seen(what)

    def wait_cancelled(self, request, timeout=5.0):
        end = time.monotonic() + timeout
        while not request.cancelled:
            if request.answered_at is not None:
                raise AssertionError(f"{request} was answered, not cancelled")
            if time.monotonic() > end:
                raise AssertionError(f"{request} was not cancelled within {timeout} s")
            time.sleep(0.005)

    # Inside.

    def _accept(self, listener):
        while True:
            try:
                sock, _ = listener.accept()
            except OSError:
                return
            with self._lock:
                self.connections += 1
                connection = _Connection(self, sock, self.connections)
                self._live.add(connection)
                self.open_connections += 1
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection):
        try:
            if self.on_connect is not None:
                connection.sock = self.on_connect(connection.sock)
                if connection.sock is None:
                    return
            connection.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            while not connection.ended and not self.stopping and self._one(connection):
                pass
        except (Gone, OSError):
            pass
        finally:
            if connection.sock is not None:
                connection.end("close")
            with self._changed:
                self._live.discard(connection)
                self.open_connections -= 1
                self._changed.notify_all()

    def _one(self, connection):
        head = connection.read_head()
        if head is None:
            return False
        with self._lock:
            request = Request(head, len(self.requests) + 1, connection.number)
            self.requests.append(request)
            self.in_flight += 1
            self.most_in_flight = max(self.most_in_flight, self.in_flight)
        connection.busy = True
        try:
            answer, stream_body = self._find(request)
            exchange = Exchange(self, connection, request)
            if not stream_body:
                request.body = b"".join(connection.body_pieces(request))
            answer(exchange)
            request.answered_at = time.monotonic()
            return exchange.keep
        except Gone:
            if request.cancelled_at is None:
                request.cancelled_at = time.monotonic()
            raise
        finally:
            connection.busy = False
            with self._lock:
                self.in_flight -= 1

    def _find(self, request):
        for method, pattern, answer, stream_body in self._routes:
            if method is not None and method != request.method:
                continue
            if match := pattern.fullmatch(request.path):
                request.slots = {k: unquote(v) for k, v in match.groupdict().items()}
                return answer, stream_body
        return status(404), False
