"""`weir-demo presentations`, `offers` and `gists` with someone watching: what they print to try works, their
keys do what they say, they leave nothing behind."""

import json
import os
import re
import signal
import socket
import urllib.error
import urllib.request

import pytest

from support import ports
from support.demo import Demo, nothing_left
from support.services import run_to_end

PORTS = {"presentations": 4, "offers": 3, "gists": 2}


@pytest.fixture
def demo(tmp_path):
    made = []

    def make(system, **more):
        row = ports.Row(PORTS[system])
        made.append((row, Demo(tmp_path, system, row.first, **more)))
        return made[-1][1]

    yield make
    for row, one in made:
        one.clean_up()
        row.release()


def get(url, data=None):
    try:
        with urllib.request.urlopen(urllib.request.Request(url, data), timeout=5) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, ""


def leave(it, system):
    it.press("q")
    assert it.wait() == 0
    nothing_left(it.first, it.directory, PORTS[system])


@pytest.mark.parametrize("system", PORTS)
def test_what_it_prints_to_try_works_and_a_signal_ends_it(demo, system):
    it = demo(system, terminal=False)
    greeting = it.expect(r"(?s)To try, in another terminal:\n(.*?)\n\n.*Running until SIGINT or SIGTERM")[1]
    tried = re.findall(r"curl -si?(?: -d '(.*)')? (\S+)$", greeting, re.M)
    assert len(tried) >= 3 and len(tried) == greeting.count("curl"), greeting
    for data, url in tried:
        assert get(url, data.encode() or None)[0] == 200, url
    os.kill(it.pid, signal.SIGTERM)
    assert it.wait() == 0
    nothing_left(it.first, it.directory, PORTS[system])


def test_keys_of_the_presentations(demo):
    it = demo("presentations")
    it.expect(r"Keys: ")

    def author():
        return json.loads(get(f"http://127.0.0.1:{it.first + 2}/presentationsAndAuthor/First%20Presentation")[1])["last_name"]

    assert author() == "Moore"
    it.press("1")
    it.expect(r"authors stopped: exit 0")
    it.press("f")
    it.expect(r"authors is not there")
    assert author() == "temporary unavailable"
    it.press("1")
    it.expect(r"authors started")
    it.press("f")
    it.expect(r"authors stands still")
    assert author() == "temporary unavailable"
    it.press("f")
    it.expect(r"authors goes on")
    it.press("h")
    it.expect(r"Keys: ")
    it.press("f")
    it.expect(r"authors stands still")
    leave(it, "presentations")


def test_keys_of_the_offers(demo):
    it = demo("offers")
    it.expect(r"Keys: ")
    it.press("5")
    it.expect(r"the partner answers 500")
    assert "Cold" in get(f"http://127.0.0.1:{it.first + 1}/offer")[1]
    it.press("2")
    it.expect(r"the partner is well")
    assert "Hot" in get(f"http://127.0.0.1:{it.first + 1}/offer")[1]
    it.press("1")
    it.expect(r"partner stopped: exit 0")
    it.press("5")
    it.expect(r"the partner is not there to be told")
    for _ in range(3):
        get(f"http://127.0.0.1:{it.first + 1}/offer")
    it.expect(r"circuit partner: closed -> OPEN after 3 failures")
    leave(it, "offers")


def test_keys_of_the_gists(demo):
    it = demo("gists")
    it.expect(r"Keys: ")
    for key, said, status in (("5", "the API answers 500", 502), ("4", "the API answers 404", 502),
                              ("2", "the API is well", 200)):
        it.press(key)
        it.expect(said)
        assert get(f"http://127.0.0.1:{it.first}/")[0] == status
    it.press("1")
    it.expect(r"api stopped: exit 0")
    assert get(f"http://127.0.0.1:{it.first}/")[0] == 502
    leave(it, "gists")


@pytest.mark.parametrize("system", PORTS)
def test_a_taken_port_is_one_clear_line(tmp_path, system):
    row = ports.Row(PORTS[system])
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", row.first))
        taken.listen()
        done = run_to_end(tmp_path, "weir-demo", system, "--port-base", row.first)
    row.release()
    assert done.returncode == 1 and len(done.stderr.splitlines()) == 1, done
    assert f"127.0.0.1:{row.first}" in done.stderr and "--port-base" in done.stderr
