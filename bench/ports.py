"""Ports of loopback, the same ones on every run unless somebody has them."""

from __future__ import annotations

import socket

FIRST = 19100
LAST = 19999


class Ports:
    def __init__(self, first: int = FIRST, last: int = LAST) -> None:
        self._next = first
        self._last = last
        self._refusing: list[socket.socket] = []

    def free(self) -> int:
        while self._next <= self._last:
            port = self._next
            self._next += 1
            with socket.socket() as probe:
                # As servers do: a port in TIME_WAIT from the last run is free.
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                try:
                    probe.bind(("127.0.0.1", port))
                except OSError:
                    continue
                return port
        raise RuntimeError(f"no free port below {self._last} on 127.0.0.1")

    def refusing(self) -> int:
        """A port that refuses every connection: bound by us, and nobody listens."""
        holder = socket.socket()
        holder.bind(("127.0.0.1", self.free()))
        self._refusing.append(holder)
        return holder.getsockname()[1]

    def close(self) -> None:
        for holder in self._refusing:
            holder.close()
        self._refusing.clear()
