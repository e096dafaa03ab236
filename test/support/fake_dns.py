"""A DNS server that the test plays: A, AAAA and SRV records with the time to live it is given."""

import socket
import struct
import threading

A, AAAA, SRV = 1, 28, 33


def _name(text):
    return b"".join(bytes([len(p)]) + p.encode() for p in text.split(".") if p) + b"\0"


class FakeDns:
    def __init__(self):
        self.records = {}      # (name, type) -> (ttl, [data])
        self.asked = []
        self.silent = False
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.bind(("127.0.0.1", 0))
        self.address = "127.0.0.1:%d" % self._socket.getsockname()[1]

    def a(self, name, *addresses, ttl=1):
        self.records[name, A] = (ttl, [socket.inet_aton(x) for x in addresses])

    def srv(self, name, *targets, ttl=1):
        """(priority, weight, port, host)"""
        self.records[name, SRV] = (ttl, [struct.pack(">HHH", p, w, port) + _name(host) for p, w, port, host in targets])

    def start(self):
        threading.Thread(target=self._serve, daemon=True).start()
        return self

    def stop(self):
        self._socket.close()

    def _serve(self):
        while True:
            try:
                query, peer = self._socket.recvfrom(4096)
            except OSError:
                return
            at, labels = 12, []
            while query[at]:
                labels.append(query[at + 1:at + 1 + query[at]].decode())
                at += query[at] + 1
            kind = struct.unpack(">H", query[at + 1:at + 3])[0]
            name = ".".join(labels).lower()
            self.asked.append((name, kind))
            if self.silent:
                continue
            ttl, found = self.records.get((name, kind), (0, []))
            known = any(n == name for n, _ in self.records)
            head = query[:2] + struct.pack(">HHHHH", 0x8180 if known else 0x8183, 1, len(found), 0, 0)
            answers = b"".join(b"\xc0\x0c" + struct.pack(">HHIH", kind, 1, ttl, len(d)) + d for d in found)
            self._socket.sendto(head + query[12:at + 5] + answers, peer)
