"""A real Redis of a test's own: in memory alone, on a free port, always ended."""

import shutil
import socket
import subprocess
import time

from support import ports


class Redis:
    def __init__(self):
        assert shutil.which("redis-server"), "redis-server is missing (package redis-server)"
        self.port = ports.reserve()
        self.process = None
        self.start()

    @property
    def url(self):
        return f"redis://127.0.0.1:{self.port}"

    def start(self):
        self.process = subprocess.Popen(
            ["redis-server", "--port", str(self.port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"],
            stdout=subprocess.DEVNULL)
        end = time.monotonic() + 10
        while True:
            try:
                return socket.create_connection(("127.0.0.1", self.port), timeout=1).close()
            except OSError:
                assert time.monotonic() < end, "redis-server does not start"
                time.sleep(0.02)

    def close(self):
        self.stop()
        ports.release(self.port)

    def stop(self):
        if self.process:
            self.process.kill()
            self.process.wait()
            self.process = None
