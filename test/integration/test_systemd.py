"""What a service manager is told (sd_notify's protocol), and the unit that deploy/ has for it."""

import shutil
import signal
import socket
import subprocess

import pytest
from support.weir_process import ROOT, SLOWER, binary

CONFIG = "routes: {GET /: {reply: 1}}"


@pytest.fixture
def manager(tmp_path):
    """A socket to be notified at, and what came there, told apart by datagrams."""
    path = tmp_path / "notify"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as at:
        at.bind(str(path))
        at.settimeout(5 * SLOWER)

        def next_word():
            return at.recv(4096).decode()

        next_word.path = path
        yield next_word


def test_readiness_reload_and_leaving_are_told(weir, manager):
    gate = weir(CONFIG, env={"NOTIFY_SOCKET": str(manager.path)})
    assert manager() == "READY=1\n"
    gate.signal(signal.SIGHUP)
    assert manager().startswith("RELOADING=1\nMONOTONIC_USEC=")
    assert manager() == "READY=1\n"
    gate.write("routes: {GET /: {replay: 1}}")
    gate.signal(signal.SIGHUP)
    assert manager().startswith("RELOADING=1\n")
    assert manager() == "READY=1\n", "a refused reload ends, too: the old configuration serves"
    gate.signal(signal.SIGTERM)
    assert manager() == "STOPPING=1\n"
    assert gate.wait() == 0


def test_the_watchdog_is_fed_twice_in_its_time(weir, manager):
    weir(CONFIG, env={"NOTIFY_SOCKET": str(manager.path), "WATCHDOG_USEC": "200000"})
    words = [manager() for _ in range(4)]
    assert words.count("READY=1\n") == 1 and words.count("WATCHDOG=1\n") == 3, words


def test_the_unit_is_one_that_systemd_takes(tmp_path):
    text = (ROOT / "deploy/weir.service").read_text()
    assert "ExecStart=/usr/bin/weir serve /etc/weir/gateway.yaml\n" in text
    unit = tmp_path / "weir.service"
    unit.write_text(text.replace("/usr/bin/weir", str(binary())))
    if shutil.which("systemd-analyze"):
        done = subprocess.run(["systemd-analyze", "verify", "--man=no", str(unit)], capture_output=True, text=True, timeout=60 * SLOWER)
        # Other units of this machine are none of ours.
        assert [line for line in done.stderr.splitlines() if "weir" in line] == [], done.stderr
