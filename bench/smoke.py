"""`bench/run --self-test`: the unit tests, then each contender that is installed answers for a second.
What is asked: that all start, that their answers are equal, that reports come out whole. Nothing is
asked of the speed."""

from __future__ import annotations

import json
import os
import sys
import tempfile
import time
import unittest
from pathlib import Path
from xml.etree import ElementTree

from bench import machine, native, page, results
from bench.campaign import Campaign, Pace, choose_cores, say
from bench.ports import Ports
from bench.procs import Supervisor
from bench.report import files
from bench.stand import await_listener, get
from bench.suites import SUITES
from bench.tools import BUILD, ROOT, Tools


def _unit_tests() -> bool:
    found = unittest.defaultTestLoader.discover(
        str(ROOT / "bench"), pattern="test_*.py", top_level_dir=str(ROOT)
    )
    return unittest.TextTestRunner(stream=sys.stderr, verbosity=1).run(found).wasSuccessful()


def _stub_serves_the_model(tools: Tools, supervisor: Supervisor, core: int) -> bool:
    port = Ports().free()
    stub = supervisor.start([str(tools.stub), str(port)], core, BUILD / "run" / "stub.log")
    await_listener(port, stub)
    expected = {"/products?n=3": page.products(3), "/products?n=100": page.products(100)}
    expected |= {
        f"/products/{number}/inventory": {"inventory": page.inventory(number)}
        for number in range(1, 101)
    }
    expected |= {f"/users/{user}/cart": page.cart(user) for user in (1, 2, 3)}
    expected |= {f"/users/{user}/favorites": page.favorites(user) for user in (1, 2, 3)}
    wrong = [path for path, value in expected.items() if json.loads(get(port, path)[1]) != value]
    plain = get(port, "/plain") == (200, page.PLAIN.encode())
    absent = get(port, "/nothing")[0] == 404
    supervisor.stop(stub)
    if wrong or not plain or not absent:
        say(f"the stub's answers are not those of page.py: {wrong or 'plain or 404'}")
        return False
    return True


def _reports_are_whole(document: dict) -> bool:
    with tempfile.TemporaryDirectory() as folder:
        files.write(document, Path(folder))
        again = files.read_last(Path(folder))
        picture = ElementTree.parse(Path(folder) / "latest.svg").getroot()
        words = (Path(folder) / "latest.txt").read_text("utf-8")
    titles = [suite["title"] for suite in document["suites"].values()]
    return again == document and picture.tag.endswith("svg") and all(t in words for t in titles)


def run(chosen) -> int:
    if not _unit_tests():
        return 1
    tools = Tools(chosen.weir.resolve())
    if not tools.weir.exists() and "weir" not in chosen.skip:
        say(f"{tools.weir} is not there: ./run build makes it, --weir PATH names another")
        return 1
    native.build(tools)
    cores = choose_cores()
    os.sched_setaffinity(0, {cores.load})
    supervisor = Supervisor(cores.load)
    pace = Pace(
        rounds=1,
        tolerance=chosen.tolerance,
        first_warmup=0.1,
        warmup=0.1,
        seconds=1.0,
        judge_disturbance=False,
    )
    measured = {}
    try:
        if not _stub_serves_the_model(tools, supervisor, cores.load):
            return 1
        campaign = Campaign(tools, cores, pace, supervisor)
        for suite in SUITES:
            if not chosen.only or suite.name in chosen.only:
                measured[suite.name] = campaign.run(suite, set(chosen.skip))
    finally:
        supervisor.stop_all()
    document = results.document(
        machine.describe(tools, cores.system, cores.load),
        machine.versions(tools),
        {"rounds": 1, "tolerance": 1.0, "quick": True},
        time.strftime("%Y-%m-%d %H:%M %Z"),
        measured,
    )
    if not _reports_are_whole(document):
        say("the report did not come out whole")
        return 1
    unfinished = [name for name, suite in measured.items() if suite["contenders"] and not suite["rounds"]]
    if unfinished:
        say("wrong answers under load in " + ", ".join(unfinished))
        return 1
    contenders = sum(len(suite["contenders"]) for suite in measured.values())
    say(f"self-test: {contenders} contenders answered equally, the report is whole")
    return 0
