"""Port numbers that no other test, in this or any other run on the machine, is using.

A number is claimed by binding its UDP twin: the claim needs no file, holds between processes and
ends with the process that made it. The numbers lie below the kernel's ephemeral range, so no
outgoing connection can take one while the service that owns it is stopped.
"""

import random
import socket
import threading

_FIRST, _LAST = 20000, 31999
_lock = threading.Lock()
_claims = {}


def reserve():
    """A TCP port on loopback that is free now and stays ours until release()."""
    with _lock:
        for _ in range(2000):
            number = random.SystemRandom().randint(_FIRST, _LAST)
            claim = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
            probe = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
            try:
                claim.bind(("127.0.0.1", number))
                probe.bind(("0.0.0.0", number))
            except OSError:
                claim.close()
                continue
            finally:
                probe.close()
            _claims[number] = claim
            return number
    raise RuntimeError("no free port found")


def release(number):
    with _lock:
        claim = _claims.pop(number, None)
    if claim is not None:
        claim.close()


class Row:
    """Free ports in a row, claimed like one."""

    def __init__(self, count):
        for _ in range(500):
            self.first = random.SystemRandom().randint(_FIRST, _LAST - count)
            self.claims = []
            if all(self._claim(self.first + n) for n in range(count)):
                return
            self.release()
        raise RuntimeError(f"no {count} free ports in a row")

    def _claim(self, number):
        claim = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.claims.append(claim)
        with socket.socket() as probe:
            try:
                claim.bind(("127.0.0.1", number))
                probe.bind(("0.0.0.0", number))
                return True
            except OSError:
                return False

    def release(self):
        for claim in self.claims:
            claim.close()
