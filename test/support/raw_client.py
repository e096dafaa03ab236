"""A client that sends exactly the bytes it is given and judges exactly what comes back."""

import select
import socket
import struct
import time

from support.http_parse import Malformed, Response, parse_fields, parse_response_head


class ClosedEarly(AssertionError):
    """The peer closed in an orderly way in the middle of a message."""


class ResetByPeer(AssertionError):
    """The peer reset the connection."""


class Connection:
    """One TCP connection. All waiting ends at `timeout` seconds with TimeoutError."""

    def __init__(self, port, host="127.0.0.1", timeout=10.0, receive_buffer=None):
        self.sock = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET)
        if receive_buffer is not None:
            self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        self.sock.settimeout(timeout)
        self.sock.connect((host, port))
        self.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.port = port
        self.timeout = timeout
        self._pending = b""
        self._sent_at = time.monotonic()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    # Sending.

    def send(self, data):
        if isinstance(data, str):
            data = data.encode("latin-1")
        try:
            self.sock.sendall(data)
        except (ConnectionResetError, BrokenPipeError) as why:
            raise ResetByPeer(str(why)) from None
        self._sent_at = time.monotonic()

    def try_send(self, data):
        """False when the peer has gone, which a test of refusals expects."""
        try:
            self.send(data)
            return True
        except ResetByPeer:
            return False

    def send_slowly(self, data, pause, piece=1, until=None):
        """`piece` bytes every `pause` seconds; stops when the peer answers or closes.
        True when everything was sent."""
        for at in range(0, len(data), piece):
            if until is not None and time.monotonic() > until:
                return False
            if not self.try_send(data[at : at + piece]):
                return False
            if self.readable(pause):
                return at + piece >= len(data)
        return True

    def finish_sending(self):
        self.sock.shutdown(socket.SHUT_WR)

    # Receiving.

    def readable(self, seconds):
        """Whether bytes, an end or a reset have come within so many seconds."""
        if self._pending:
            return True
        # poll, not select: descriptors above 1023 occur in the test that uses up all of them.
        poller = select.poll()
        poller.register(self.sock, select.POLLIN)
        return bool(poller.poll(max(0, seconds) * 1000))

    def wait_until_reset(self, seconds):
        """Without reading: what has come before the reset still lies there."""
        poller = select.poll()
        poller.register(self.sock, 0)  # errors are always told
        assert poller.poll(seconds * 1000), f"no reset within {seconds} s"

    def _more(self, deadline=None):
        left = self.timeout if deadline is None else deadline - time.monotonic()
        if left <= 0:
            raise TimeoutError("nothing more came in time")
        self.sock.settimeout(left)
        try:
            data = self.sock.recv(65536)
        except ConnectionResetError as why:
            raise ResetByPeer(str(why)) from None
        except socket.timeout:
            raise TimeoutError("nothing more came in time") from None
        self._pending += data
        return bool(data)

    def read_until(self, mark, limit=1 << 20):
        while mark not in self._pending:
            if len(self._pending) > limit:
                raise Malformed(f"no {mark!r} within {limit} bytes")
            if not self._more():
                raise ClosedEarly(f"closed after {self._pending[:300]!r}")
        at = self._pending.index(mark) + len(mark)
        head, self._pending = self._pending[:at], self._pending[at:]
        return head

    def read_exactly(self, count):
        while len(self._pending) < count:
            if not self._more():
                raise ClosedEarly(f"closed {count - len(self._pending)} bytes short")
        data, self._pending = self._pending[:count], self._pending[count:]
        return data

    def read_some(self, most=65536):
        """What is there, waiting for the first byte; b"" at the end."""
        if not self._pending and not self._more():
            return b""
        data, self._pending = self._pending[:most], self._pending[most:]
        return data

    def read_all(self):
        """Everything up to an orderly close."""
        while self._more():
            pass
        data, self._pending = self._pending, b""
        return data

    def read_head(self):
        """A response's head; 1xx answers before it are collected in `interim`."""
        interim = []
        while True:
            response = parse_response_head(self.read_until(b"\r\n\r\n"))
            if response.status >= 200 or response.status == 101:
                response.interim = interim
                return response
            interim.append(response)

    def read_response(self, method="GET"):
        response = self.read_head()
        response.body = b"".join(self.body_pieces(response, method))
        response.seconds = time.monotonic() - self._sent_at
        return response

    def body_pieces(self, response, method="GET"):
        """The body as it comes, without its framing."""
        if method == "HEAD" or response.status in (204, 304) or response.status < 200:
            return
        encoding = response.headers.get("Transfer-Encoding")
        if encoding is not None:
            if encoding.lower() != "chunked":
                raise Malformed(f"Transfer-Encoding {encoding!r}")
            yield from self._chunks(response)
            return
        length = response.headers.get("Content-Length")
        if length is None:
            while True:
                data = self.read_some()
                if not data:
                    return
                yield data
        left = int(length)
        while left:
            data = self.read_some(left)
            if not data:
                raise ClosedEarly(f"closed {left} bytes before the end of the body")
            left -= len(data)
            yield data

    def _chunks(self, response: Response):
        while True:
            line = self.read_until(b"\r\n")[:-2]
            size_text = line.split(b";")[0]
            try:
                size = int(size_text, 16)
            except ValueError:
                raise Malformed(f"bad chunk size {line!r}") from None
            if size == 0:
                break
            left = size
            while left:
                data = self.read_some(left)
                if not data:
                    raise ClosedEarly("closed within a chunk")
                left -= len(data)
                yield data
            if self.read_exactly(2) != b"\r\n":
                raise Malformed("a chunk does not end with CR LF")
        lines = []
        while True:
            line = self.read_until(b"\r\n")[:-2]
            if not line:
                break
            lines.append(line)
        response.trailers = parse_fields(lines)

    # How it ends.

    def ending(self, timeout=3.0):
        """"closed", "reset" or "open", reading away what still comes until then."""
        deadline = time.monotonic() + timeout
        self._pending = b""
        try:
            while self._more(deadline):
                self._pending = b""
            return "closed"
        except ResetByPeer:
            return "reset"
        except TimeoutError:
            return "open"

    def close(self):
        self.sock.close()

    def reset(self):
        """Closes with RST, as a killed client's host would."""
        self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.sock.close()

    # The usual request, for tests that are not about the bytes.

    def request(self, method, target, headers=None, body=None, host=None):
        self.send(format_request(method, target, headers, body, host or f"127.0.0.1:{self.port}"))
        return self.read_response(method)


def format_request(method, target, headers=None, body=None, host="127.0.0.1"):
    pairs = list(headers.items()) if isinstance(headers, dict) else list(headers or [])
    names = {name.lower() for name, _ in pairs}
    lines = [f"{method} {target} HTTP/1.1"]
    if "host" not in names:
        lines.append(f"Host: {host}")
    if isinstance(body, str):
        body = body.encode()
    if body is not None and not names & {"content-length", "transfer-encoding"}:
        lines.append(f"Content-Length: {len(body)}")
    lines += [f"{name}: {value}" for name, value in pairs]
    return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1") + (body or b"")


def exchange(port, data, timeout=10.0, method="GET"):
    """Sends bytes on a connection of its own; the response and how the connection ended."""
    with Connection(port, timeout=timeout) as c:
        c.try_send(data)
        response = c.read_response(method)
        return response, c.ending(timeout=1.0)
