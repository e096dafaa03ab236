"""The demo and the shop's services as a newcomer meets them, one test for each defect."""

import os
import pty
import re
import signal
import socket
import subprocess
import time
import urllib.request

import pytest
from support.demo import Demo, nothing_left
from support.shop import SixPorts, program, run_to_end, shop  # noqa: F401
from support.weir_process import SLOWER, _environment, binary


@pytest.fixture
def six():
    claimed = SixPorts()
    yield claimed.first
    claimed.release()


class Shell(Demo):
    """A shell with job control on a terminal of its own."""

    def __init__(self, directory):
        self.directory, self.text, self.code = directory, "", None
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            os.chdir(directory)
            os.execve("/bin/bash", ["bash", "--norc", "-i"],
                      {**_environment(directory, None), "TMPDIR": str(directory), "PS1": "$ ", "TERM": "dumb"})

    def enter(self, line):
        os.write(self.fd, line.encode() + b"\n")

    def press_until(self, key, pattern):
        """What is typed while the terminal changes hands may be thrown away."""
        for _ in range(30):
            self.press(key)
            try:
                return self.expect(pattern, timeout=0.5)
            except AssertionError:
                pass
        return self.expect(pattern)


@pytest.fixture
def shell(tmp_path):
    made = Shell(tmp_path)
    yield made
    made.clean_up()


def test_after_ctrl_z_and_fg_the_demos_keys_were_dead(shell, six, tmp_path):
    shell.enter(f"{program('weir-demo')} shop --port-base {six}")
    shell.expect(r"q quit")
    for _ in range(2):
        shell.press("\x1a")
        shell.expect(r"Stopped")
        shell.enter("stty -a | tr ' ' '\\n' | grep -xE -- '-?(echo|icanon)'")
        shell.expect(r"\n(icanon\s+echo|echo\s+icanon)\s")
        shell.enter("fg")
        shell.expect(r"weir-demo shop")
        shell.press_until("h", r"q quit")
    shell.press("q")
    shell.expect(r"closing the shop")
    shell.enter("echo $((6 * 7))")
    shell.expect(r"\n42")
    nothing_left(six, tmp_path)
    shell.enter("exit")


def test_a_demo_brought_to_the_foreground_had_no_keys_and_typing_beside_one_in_the_background_stopped_it(shell, six, tmp_path):
    shell.enter(f"{program('weir-demo')} shop --port-base {six} &")
    shell.expect(r"Running until")
    shell.enter("fg")
    shell.expect(r"weir-demo shop")
    shell.press_until("h", r"q quit")
    shell.press("\x1a")
    shell.expect(r"Stopped")
    shell.enter("bg")
    shell.enter("echo it is $((1 + 1))")
    shell.expect(r"it is 2")
    shell.enter("jobs")
    shell.expect(r"Running +\S*weir-demo")
    shell.enter("kill %1; wait; echo gone")
    shell.expect(r"closing the shop")
    shell.expect(r"\ngone")
    nothing_left(six, tmp_path)
    shell.enter("exit")


def test_logs_were_silently_left_out_where_they_could_not_be_written(tmp_path, six):
    logs = tmp_path / "logs"
    (logs / "products.log").mkdir(parents=True)
    done = run_to_end(tmp_path, "weir-demo", "shop", "--scenario", "outage", "--port-base", six, "--logs", logs)
    assert done.returncode == 1 and f"cannot write {logs}/products.log" in done.stderr, done


@pytest.mark.parametrize("name, word", [("weir-demo", "shops"), ("weir-shop", "carts"), ("weir-shop", None)])
def test_an_unknown_system_or_service_was_told_that_a_subcommand_is_required(tmp_path, name, word):
    done = run_to_end(tmp_path, name, *([word] if word else []))
    known = "shop, presentations, offers, gists" if name == "weir-demo" else "products, inventory, favorites, cart"
    assert done.returncode == 2 and known in done.stderr and (word or "say which") in done.stderr, done


def test_the_help_of_weir_demo_told_neither_the_systems_nor_their_options(tmp_path):
    def help(*words):
        done = subprocess.run([str(binary()), "demo", *words, "--help"], capture_output=True, text=True, timeout=20)
        assert done.returncode == 0 and not done.stderr, done
        return done.stdout

    assert help().startswith("Examples:") and "presentations" in help() and "weir demo shop --help" in help()
    assert "--no-breaker" in help("shop") and "--port-base" in help("--no-breaker")


def test_a_directory_for_temporary_files_that_is_not_there_was_told_in_the_librarys_words(tmp_path, six):
    for there in (tmp_path / "none", tmp_path / "file"):
        (tmp_path / "file").touch()
        done = subprocess.run([program("weir-demo"), "shop", "--port-base", str(six)], capture_output=True, text=True, timeout=20,
                              env={**_environment(tmp_path, None), "TMPDIR": str(there)})
        assert done.returncode == 1, done
        assert re.search(rf"cannot make a directory for its files in {there} \(\$TMPDIR\): \w", done.stderr), done.stderr


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_service_that_waited_for_its_database_did_not_hear_a_signal(tmp_path, shop, free_port, number):
    service = shop("cart", "--wait-database", "60s", dsn=f"postgresql://shop@127.0.0.1:{free_port}/cart", start=False)
    service.start(ready=False)
    end = time.monotonic() + 5 * SLOWER
    while "trying again" not in service.log():
        assert time.monotonic() < end
        time.sleep(0.02)
    service.process.send_signal(number)
    assert service.process.wait(2 * SLOWER) == 0
    assert "told to stop" in service.log()


def test_a_service_whose_database_did_not_answer_did_not_hear_a_signal_either(tmp_path, shop):
    with socket.socket() as mute:
        mute.bind(("127.0.0.1", 0))
        mute.listen()
        service = shop("cart", "--wait-database", "60s", dsn=f"postgresql://shop@127.0.0.1:{mute.getsockname()[1]}/cart", start=False)
        service.start(ready=False)
        with mute.accept()[0]:
            service.process.send_signal(signal.SIGTERM)
            assert service.process.wait(2 * SLOWER) == 0


def test_an_empty_dsn_was_a_new_sqlite_file(tmp_path):
    done = run_to_end(tmp_path, "weir-shop", "cart", "--listen", "127.0.0.1:0", "--dsn", "")
    assert done.returncode == 78 and "postgresql://" in done.stderr, done
    assert not (tmp_path / "cart.db").exists()


def test_a_sqlite_file_that_cannot_be_opened_was_told_without_the_reason(tmp_path):
    done = run_to_end(tmp_path, "weir-shop", "cart", "--listen", "127.0.0.1:0", "--dsn", "sqlite:/no/such/folder/cart.db")
    assert done.returncode == 78 and "No such file or directory" in done.stderr, done


def test_a_request_that_no_path_takes_was_left_out_of_the_access_log(shop):
    service = shop("cart", "--access-log")
    service.get("/nothing?x=1")
    service.request("POST", "/users/1/cart", "{}")
    assert service.stop() == 0
    log = service.log()
    assert "method=GET path=/nothing status=404" in log and "method=POST path=/users/1/cart status=405" in log, log


@pytest.mark.parametrize("value, coloured", [(None, True), ("", True), ("1", False)])
def test_an_empty_no_color_meant_another_thing_to_serve_than_to_check(tmp_path, value, coloured):
    (tmp_path / "bad.yaml").write_text("listens: here\n")
    environment = {**os.environ, "TERM": "xterm"}
    environment.pop("NO_COLOR", None)
    if value is not None:
        environment["NO_COLOR"] = value
    for command in ("check", "serve"):
        here, terminal = pty.openpty()
        done = subprocess.run([str(binary()), command, "bad.yaml"], cwd=tmp_path, env=environment, timeout=20,
                              stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=terminal)
        told = os.read(here, 65536).decode()
        os.close(terminal)
        os.close(here)
        assert done.returncode == 78 and ("\x1b[" in told) == coloured, (command, told)


@pytest.mark.parametrize("system, reached", [("shop", "favorites is stopped"), ("presentations", "authors is stopped"),
                                             ("offers", "the partner answers 500"), ("gists", "the API answers 500")])
def test_an_interrupted_story_went_on_for_seconds_and_judged_what_it_had_not_seen(tmp_path, six, system, reached):
    it = Demo(tmp_path, system, six, "--scenario", "outage", *(["--quick"] if system != "shop" else []), terminal=False)
    try:
        it.expect(reached)
        os.kill(it.pid, signal.SIGINT)
        it.expect("interrupted: the story ends here", timeout=3)
        assert it.wait(5) == 1
        rest = it.process.stdout.read().decode()
        assert "as told" not in it.text + rest and "FAIL" not in it.text + rest, it.text + rest
        nothing_left(six, tmp_path)
    finally:
        it.clean_up()


def test_an_opening_by_a_failed_probe_or_by_hand_was_told_as_if_failures_had_tripped_it(tmp_path, six):
    def ask(port, target, method="GET"):
        request = urllib.request.Request(f"http://127.0.0.1:{port}{target}", method=method, headers={"X-Weir-Admin": "1"})
        with urllib.request.urlopen(request, timeout=10) as answer:
            return answer.status

    it = Demo(tmp_path, "shop", six)
    try:
        it.expect("q quit")
        it.press("3")
        it.expect("favorites stopped")
        for _ in range(4):
            ask(six + 4, "/products/all")
        it.expect("circuit favorites OPEN: 5 failures within 10 s; favorite_items is null until a probe succeeds; next probe in")
        end = time.monotonic() + 8 * SLOWER
        while "half-open" not in it.text and time.monotonic() < end:
            ask(six + 4, "/products/all")
            it.drain()
        it.expect("circuit favorites OPEN again: the probe failed; favorite_items is null until a probe succeeds; next probe in [45]")
        for action, told in (("force-open", "FORCED OPEN: cart_items is null until it is reset or forced closed"),
                             ("force-close", "closed: by force, calls go through again")):
            ask(six + 5, f"/circuits/cart/{action}", "POST")
            it.expect(f"circuit cart {told}")
        for action in ("force-open", "reset"):  # a closed one's reset is no transition
            ask(six + 5, f"/circuits/cart/{action}", "POST")
        it.expect("circuit cart closed: it was reset, calls go through again")
        it.press("q")
        assert it.wait() == 0
    finally:
        it.clean_up()
