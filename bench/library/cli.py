"""`./run bench library`: exit 0 measured, 1 nothing to write, 2 usage. How fast anything is is a
finding, no failure."""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import time

from bench import machine
from bench.library import comparison, programs, report
from bench.library.comparison import say
from bench.report.files import OUT
from bench.tools import Tools

EXAMPLES = """\
examples:
  ./run bench library               seven rounds beside Go, Java and Python: about ten minutes
  ./run bench library --quick       a look, with what is installed already
  ./run bench library --write-docs  puts the last result into docs/library/benchmark.md
"""
QUICK = programs.Pace(seconds=0.1, warm_ups=8)
USUAL = programs.Pace(seconds=0.4, warm_ups=5)


def parse(words: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="./run bench library",
        description="What the library costs a call, by itself and beside other libraries.",
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add = parser.add_argument
    add("--quick", action="store_true", help="one short round, and nothing is installed")
    add("--rounds", type=int, metavar="N", help="beside the others (7)")
    add("--no-install", action="store_true", help="leave out what is missing, install nothing")
    add(
        "--patience",
        type=float,
        default=60.0,
        metavar="SECONDS",
        help="to wait for a quiet machine before each round (60)",
    )
    add("--write-docs", action="store_true", help="put the last result into the page, measure nothing")
    options = parser.parse_args(words)
    if options.rounds is not None and options.rounds < 1:
        parser.error("--rounds must be 1 or more")
    return options


def _machine() -> dict[str, str]:
    cores = sorted(os.sched_getaffinity(0))[:2]
    about = machine.describe(Tools(programs.WEIR), cores[0], cores[-1])
    about["priority"] = f"nice {os.nice(0)}"
    about["pinned"] = f"one thread to core {cores[0]}, two to cores {', '.join(map(str, cores))}"
    return about


def _versions() -> dict[str, str]:
    ours = machine.versions(Tools(programs.WEIR))
    found = {name: ours[name] for name in ("weir's source", "weir's compiler") if name in ours}
    for program in programs.PROGRAMS:
        if program.present():
            found |= program.versions()
    return found


def _measure(options: argparse.Namespace) -> int:
    if not (options.quick or options.no_install):
        programs.install()
    if not options.quick:
        comparison.wait_for_quiet(sorted(os.sched_getaffinity(0))[:2], options.patience)
    own = subprocess.run(
        [str(programs.WEIR), *(["--quick"] if options.quick else [])],
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    ).stdout
    print(own, flush=True)
    if options.quick:
        rounds, left_out = comparison.run(options.rounds or 1, QUICK)
    else:
        rounds, left_out = comparison.run(options.rounds or 7, USUAL, options.patience)
    document = {
        "when": time.strftime("%Y-%m-%d %H:%M %Z"),
        "quick": options.quick,
        "machine": _machine(),
        "versions": _versions(),
        "own": own,
        "groups": comparison.results(rounds),
        "left_out": left_out,
        "rounds": rounds,
    }
    print(report.comparison(document))
    say("written: " + ", ".join(str(path) for path in report.write(document)))
    return 0


def _write_docs() -> int:
    path = OUT / "library.json"
    if not path.exists():
        say(f"{path} is not there: measure first (./run bench library)")
        return 1
    document = json.loads(path.read_text("utf-8"))
    document["groups"] = comparison.results(document["rounds"])
    if reason := report.unfit_for_docs(document):
        say(f"the last result is not for the documentation: {reason}")
        return 1
    say(f"written: {report.write_docs(document)}")
    return 0


def main(words: list[str]) -> int:
    options = parse(words)
    try:
        return _write_docs() if options.write_docs else _measure(options)
    except KeyboardInterrupt:
        say("bench library: interrupted")
        return 130


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
