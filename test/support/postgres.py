"""A PostgreSQL server of the tests' own: a fresh cluster in a temporary directory, a unix socket
there and a free port on loopback, gone without a trace at the end. Never run as root."""

import contextlib
import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from pathlib import Path

from support import ports


def _programs():
    """Where Debian keeps them (not on the PATH), the newest version first."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"),
                   key=lambda p: float(p.parts[-3]), reverse=True)
    if found:
        return found[0].parent
    on_path = shutil.which("initdb")
    assert on_path, "PostgreSQL's server programs are missing (package postgresql)"
    return Path(on_path).parent


class Postgres:
    USER = "shop"

    def __init__(self):
        self.programs = _programs()
        self.port = ports.reserve()
        self.directory = Path(tempfile.mkdtemp(prefix="weir-pg-"))
        self.data = self.directory / "data"
        self._as = []
        if os.geteuid() == 0:
            owner = pwd.getpwnam("postgres")
            os.chown(self.directory, owner.pw_uid, owner.pw_gid)
            self._as = ["setpriv", "--reuid", str(owner.pw_uid), "--regid", str(owner.pw_gid), "--clear-groups"]

    def _run(self, program, *arguments):
        done = subprocess.run([*self._as, str(self.programs / program), *map(str, arguments)],
                              cwd=self.directory, capture_output=True, text=True, timeout=60,
                              env={**os.environ, "LC_ALL": "C"})
        assert done.returncode == 0, f"{program} gave {done.returncode}: {done.stdout}{done.stderr}"
        return done.stdout

    def create(self):
        self._run("initdb", "-D", self.data, "-U", self.USER, "-A", "trust", "-E", "UTF8", "--no-sync",
                  "--no-instructions")
        settings = (f"listen_addresses = '127.0.0.1'\nport = {self.port}\n"
                    f"unix_socket_directories = '{self.directory}'\n"
                    "fsync = off\nfull_page_writes = off\nsynchronous_commit = off\nshared_buffers = 16MB\n")
        with open(self.data / "postgresql.conf", "a") as conf:
            conf.write(settings)
        return self

    def start(self):
        # Not through pg_ctl: the server stays a child, so that it can be found and ended by its pid.
        self.log = open(self.directory / "log", "ab")
        self.process = subprocess.Popen([*self._as, str(self.programs / "postgres"), "-D", str(self.data)],
                                        stdout=self.log, stderr=self.log, stdin=subprocess.DEVNULL,
                                        env={**os.environ, "LC_ALL": "C"})
        end = time.monotonic() + 30
        while subprocess.run([self.programs / "pg_isready", "-q", "-h", "127.0.0.1", "-p", str(self.port)]).returncode:
            assert self.process.poll() is None, (self.directory / "log").read_text()
            assert time.monotonic() < end, "PostgreSQL did not start"
            time.sleep(0.02)
        return self

    def running(self):
        return self.process.poll() is None

    def stop(self):
        """At once: sessions are ended by the server."""
        if self.running():
            self.process.send_signal(signal.SIGINT)
            self.process.wait(20)
        self.log.close()

    def freeze(self):
        """The server's processes stop answering without going away."""
        self._signal_all(signal.SIGSTOP)

    def thaw(self):
        self._signal_all(signal.SIGCONT)

    def _signal_all(self, number):
        children = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text().split()
        for pid in [self.process.pid, *map(int, children)]:
            # A session may end between being listed and being told, a thawed one above all.
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, number)

    def remove(self):
        self.stop()
        shutil.rmtree(self.directory, ignore_errors=True)
        ports.release(self.port)

    def dsn(self, database):
        return f"postgresql://{self.USER}@127.0.0.1:{self.port}/{database}"

    def sql(self, text, database="postgres"):
        done = subprocess.run([self.programs / "psql", "-XAtq", "-v", "ON_ERROR_STOP=1", "-d", self.dsn(database),
                               "-c", text], capture_output=True, text=True, timeout=20)
        assert done.returncode == 0, done.stderr
        return done.stdout.strip()

    def fresh_database(self, name):
        self.sql(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")
        self.sql(f"CREATE DATABASE {name}")
        return self.dsn(name)
