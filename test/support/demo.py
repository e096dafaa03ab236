"""weir-demo as a person meets it, who presses keys and reads."""

import os
import pty
import re
import select
import signal
import socket
import subprocess
import time
from pathlib import Path

from support.services import program
from support.weir_process import SLOWER, _check_sanitizers, _environment


def accepts(port):
    with socket.socket() as s:
        return s.connect_ex(("127.0.0.1", port)) == 0


def nothing_left(first, directory, ports=6):
    """No process listens any more, and no temporary file stays."""
    end = time.monotonic() + 3
    while any(accepts(first + n) for n in range(ports)):
        assert time.monotonic() < end, [n for n in range(ports) if accepts(first + n)]
        time.sleep(0.02)
    assert list(Path(directory).glob("weir-*.*")) == []


class Demo:
    """The demo on a terminal of its own (or without one)."""

    def __init__(self, directory, system, first, *more, terminal=True):
        self.directory, self.first = directory, first
        environment = {**_environment(directory, None), "TMPDIR": str(directory)}
        command = [program("weir-demo"), system, "--port-base", str(first), *more]
        self.text = ""
        if terminal:
            self.pid, self.fd = pty.fork()
            if self.pid == 0:
                os.execve(command[0], command, environment)
        else:
            self.process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                            stderr=subprocess.STDOUT, env=environment)
            self.pid, self.fd = self.process.pid, self.process.stdout.fileno()
        self.code = None

    def expect(self, pattern, timeout=15.0):
        end = time.monotonic() + timeout * SLOWER
        while not (found := re.search(pattern, self.text)):
            left = end - time.monotonic()
            assert left > 0, f"no {pattern!r} in:\n{self.text}"
            if select.select([self.fd], [], [], min(left, 0.2))[0]:
                try:
                    self.text += os.read(self.fd, 65536).decode().replace("\r\n", "\n")
                except OSError:
                    assert re.search(pattern, self.text), f"ended without {pattern!r}:\n{self.text}"
        self.text = self.text[found.end():]
        return found

    def drain(self, seconds=0.2):
        """Takes in what it says meanwhile."""
        if select.select([self.fd], [], [], seconds)[0]:
            self.text += os.read(self.fd, 65536).decode().replace("\r\n", "\n")

    def press(self, key):
        os.write(self.fd, key.encode())

    def wait(self, timeout=15.0):
        end = time.monotonic() + timeout * SLOWER
        while self.code is None:
            pid, status = os.waitpid(self.pid, os.WNOHANG)
            if pid:
                self.code = os.waitstatus_to_exitcode(status)
                break
            assert time.monotonic() < end, f"still running:\n{self.text}"
            if select.select([self.fd], [], [], 0.02)[0]:
                try:
                    self.text += os.read(self.fd, 65536).decode()
                except OSError:
                    pass
        return self.code

    def clean_up(self):
        if self.code is None:
            os.kill(self.pid, signal.SIGKILL)
            os.waitpid(self.pid, 0)
        _check_sanitizers(self.directory)
