"""A strict reader of HTTP/1.1 responses, so that a framing error of the binary fails a test."""

import json
import re

TOKEN = re.compile(rb"[!#$%&'*+\-.^_`|~0-9A-Za-z]+")
_STATUS_LINE = re.compile(rb"HTTP/1\.([01]) ([1-5][0-9][0-9]) ([\t\x20-\x7e\x80-\xff]*)")
_VALUE = re.compile(rb"[\t\x20-\x7e\x80-\xff]*")


class Malformed(AssertionError):
    """The peer sent something that is not HTTP."""


class Headers:
    """Header fields in the order they came; names compare without case."""

    def __init__(self, pairs=()):
        self.pairs = list(pairs)

    def get(self, name, default=None):
        for key, value in self.pairs:
            if key.lower() == name.lower():
                return value
        return default

    def all(self, name):
        return [value for key, value in self.pairs if key.lower() == name.lower()]

    def names(self):
        return [key.lower() for key, _ in self.pairs]

    def __contains__(self, name):
        return self.get(name) is not None

    def __getitem__(self, name):
        value = self.get(name)
        if value is None:
            raise KeyError(name)
        return value

    def __repr__(self):
        return repr(self.pairs)


class Response:
    def __init__(self, status, reason, headers, minor):
        self.status = status
        self.reason = reason
        self.headers = headers
        self.minor = minor
        self.body = b""
        self.trailers = Headers()
        self.interim = []   # the 1xx answers that came before
        self.seconds = None  # from the request's last byte to the response's last

    def json(self):
        try:
            return json.loads(self.body)
        except ValueError as why:
            raise AssertionError(f"not JSON ({why}): {self.body[:300]!r} in {self}") from None

    @property
    def text(self):
        return self.body.decode("utf-8")

    def __repr__(self):
        return f"<{self.status} {self.reason} {self.headers} {self.body[:600]!r}>"


def parse_fields(lines):
    pairs = []
    for line in lines:
        name, colon, value = line.partition(b":")
        if not colon or not TOKEN.fullmatch(name) or not _VALUE.fullmatch(value):
            raise Malformed(f"bad header field {line!r}")
        pairs.append((name.decode("latin-1"), value.strip(b" \t").decode("latin-1")))
    return Headers(pairs)


def parse_response_head(raw):
    """`raw` ends with the empty line."""
    if b"\r\n" not in raw or re.search(rb"(?<!\r)\n|\r(?!\n)", raw):
        raise Malformed(f"bare CR or LF in the head {raw!r}")
    lines = raw[: -len(b"\r\n\r\n")].split(b"\r\n")
    match = _STATUS_LINE.fullmatch(lines[0])
    if not match:
        raise Malformed(f"bad status line {lines[0]!r}")
    headers = parse_fields(lines[1:])
    lengths = headers.all("Content-Length")
    if len(lengths) > 1 or (lengths and not lengths[0].isdigit()):
        raise Malformed(f"bad Content-Length {lengths}")
    if lengths and "Transfer-Encoding" in headers:
        raise Malformed("Content-Length together with Transfer-Encoding")
    return Response(int(match[2]), match[3].decode("latin-1"), headers, int(match[1]))
