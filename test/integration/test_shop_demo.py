"""`weir-demo shop` as a person or a script meets it: the story it plays and judges itself, the keys,
the end. $WEIR_DEMO names the binary."""

import json
import os
import re
import signal
import socket
import subprocess
import time
import urllib.request
from pathlib import Path

import pytest

from support.demo import Demo, accepts, nothing_left
from support.shop import SixPorts, program, run_to_end
from support.weir_process import SLOWER, _check_sanitizers, _environment


@pytest.fixture
def six():
    claimed = SixPorts()
    yield claimed.first
    claimed.release()


# The story, judged by the demo. All three ways to play it are mostly waiting, so they run at once.


VARIANTS = ((), ("--no-breaker",), ("--no-defaults",))


@pytest.fixture(scope="module")
def played(tmp_path_factory):
    playing = {}
    for variant in VARIANTS:
        directory, claimed = tmp_path_factory.mktemp("outage"), SixPorts()
        command = [program("weir-demo"), "--scenario", "outage", "--port-base", str(claimed.first), *variant]
        playing[variant] = directory, claimed, subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
            env={**_environment(directory, None), "TMPDIR": str(directory)})
    ended = {}
    for variant, (directory, claimed, process) in playing.items():
        out, err = process.communicate(timeout=60 * SLOWER)
        nothing_left(claimed.first, directory)
        claimed.release()
        _check_sanitizers(directory)
        rows = re.findall(r"^(pass|FAIL)  (.*)$", out, re.M)
        assert len(rows) >= 15, out + err
        ended[variant] = process.returncode, out, [what for verdict, what in rows if verdict == "FAIL"]
    return ended


@pytest.mark.longest(90)
def test_the_story_goes_as_told(played):
    code, out, failed = played[()]
    assert code == 0 and failed == [], out
    assert re.search(r"circuit favorites OPEN: 5 failures within 10 s; favorite_items is null until a probe succeeds; "
                     r"next probe in [45](\.\d)? s", out), out
    for state in ("OPEN", "half-open", "closed"):
        for circuit in ("favorites", "products"):
            assert len(re.findall(rf"circuit {circuit} {state}", out)) == 1


def test_without_the_breaker_the_story_fails(played):
    code, out, failed = played[("--no-breaker",)]
    assert code == 1, out
    assert any("the circuit is open" in what for what in failed)
    assert any("pages cost favorites nothing" in what for what in failed)
    assert any("503 with Retry-After" in what for what in failed)
    assert "circuit: none" in out and "still open" not in out and not re.search(r"^FAIL .*(, |then |  )$", out, re.M), out
    # What has nothing to do with the breaker is as before.
    assert not any("all well" in what or "inventory slow" in what or "products late" in what for what in failed), failed


def test_without_the_defaults_the_story_fails(played):
    code, out, failed = played[("--no-defaults",)]
    assert code == 1, out
    assert any("favorite_items is null" in what for what in failed)
    assert any("null for the slow products" in what for what in failed)
    assert "circuit favorites OPEN: 5 failures within 10 s; the page is 503 with Retry-After until" in out, out
    assert not any("all well" in what or "products late" in what for what in failed), failed


# With someone watching.


class ShopDemo(Demo):
    def page(self):
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.first + 4}/products/all?user=1", timeout=5) as answer:
                return json.loads(answer.read())
        except urllib.error.HTTPError as error:
            return error.code


@pytest.fixture
def demo(tmp_path, six):
    made = []

    def make(*arguments, **more):
        made.append(ShopDemo(tmp_path, "shop", six, *arguments, **more))
        return made[-1]

    yield make
    for one in made:
        one.clean_up()


def test_keys_stop_slow_and_load_the_shop_and_quit_it(demo, six, tmp_path):
    it = demo()
    it.expect(rf"The shop is open: http://127.0.0.1:{six + 4}/products/all")
    curls = [it.expect(r"  curl -si? '?(http://\S+?)'?\n")[1] for _ in range(3)]
    for url in curls:
        with urllib.request.urlopen(url, timeout=5) as answer:
            assert answer.status == 200
    it.expect(r"Keys: ")
    assert it.page()["favorite_items"] == 3

    it.press("3")
    it.expect(r"favorites stopped: exit 0")
    for _ in range(4):
        assert it.page()["favorite_items"] is None
    it.expect(r"circuit favorites OPEN: 5 failures within 10 s; favorite_items is null until a probe succeeds; "
              r"next probe in [45](\.\d)? s")
    it.press("3")
    it.expect(r"favorites started")
    it.press("l")
    it.expect(r"load on")
    it.expect(r"load: [1-9]\d* pages/s, 0 failed, [1-9]\d* partial")
    it.expect(r"circuit favorites half-open")
    it.expect(r"circuit favorites closed")
    it.expect(r"load: [1-9]\d* pages/s, 0 failed, 0 partial")
    it.press("l")
    it.expect(r"load off")

    it.press("s")
    it.expect(r"inventory takes 2 to 5 s now")
    assert [p["inventory"] for p in it.page()["products"]] == [None] * 5
    it.press("s")
    it.expect(r"inventory is as usual")

    it.press("h")
    it.expect(r"Keys: ")
    it.press("q")
    assert it.wait() == 0
    nothing_left(six, tmp_path)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_without_a_terminal_it_runs_until_a_signal(demo, six, tmp_path, number):
    it = demo(terminal=False)
    it.expect(r"Running until SIGINT or SIGTERM")
    assert len(it.page()["products"]) == 5
    os.kill(it.pid, number)
    assert it.wait() == 0
    nothing_left(six, tmp_path)


def test_ports_can_be_taken_over_at_once_by_the_next(demo, six):
    for _ in range(2):
        it = demo(terminal=False)
        it.expect(r"Running until")
        it.page()
        os.kill(it.pid, signal.SIGTERM)
        assert it.wait() == 0


def test_nothing_outlives_a_demo_that_is_killed(demo, six):
    it = demo(terminal=False)
    it.expect(r"Running until")
    os.kill(it.pid, signal.SIGKILL)
    it.wait()
    end = time.monotonic() + 3
    while any(accepts(six + n) for n in range(6)):
        assert time.monotonic() < end
        time.sleep(0.02)


def test_a_service_that_dies_by_itself_is_told(demo, six, tmp_path):
    it = demo(terminal=False)
    it.expect(r"Running until")
    children = Path(f"/proc/{it.pid}/task/{it.pid}/children").read_text().split()
    cart = next(int(c) for c in children if b"cart" in Path(f"/proc/{c}/cmdline").read_bytes().split(b"\0"))
    os.kill(cart, signal.SIGKILL)
    it.expect(r"cart ENDED BY ITSELF: signal 9 \(Killed\)")
    assert it.page()["cart_items"] is None


def test_a_taken_port_is_one_clear_line(tmp_path, six):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", six + 4))
        taken.listen()
        done = run_to_end(tmp_path, "weir-demo", "shop", "--port-base", six)
    assert done.returncode == 1
    assert len(done.stderr.splitlines()) == 1
    assert f"127.0.0.1:{six + 4}" in done.stderr and "the gateway" in done.stderr and "--port-base" in done.stderr
    assert not any(accepts(six + n) for n in range(4))


@pytest.mark.parametrize("arguments", [["shops"], ["shop", "--scenario", "x"], ["shop", "--port-base", "70000"], ["--x"]])
def test_wrong_usage_is_exit_2(tmp_path, arguments):
    done = run_to_end(tmp_path, "weir-demo", *arguments)
    assert done.returncode == 2 and done.stderr, done
