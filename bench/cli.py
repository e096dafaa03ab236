"""`bench/run`: exit 0 measured, 1 something failed or too few rounds were undisturbed, 2 usage.
Whether the targets are met is in the report, not in the exit code: it is a finding, no failure."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time

from bench import install, machine, native, options, results, smoke
from bench.campaign import Campaign, Pace, choose_cores, say
from bench.generator import MeasurementFailed
from bench.procs import Supervisor
from bench.report import files, text
from bench.stand import ContenderFailed
from bench.suites import SUITES
from bench.tools import Tools


def _measure(chosen) -> int:
    tools = Tools(chosen.weir.resolve())
    if not tools.weir.exists() and "weir" not in chosen.skip:
        say(f"{tools.weir} is not there: ./run build makes it, --weir PATH names another")
        return 1
    if not chosen.no_install:
        install.install_missing(tools)
    native.build(tools)
    tools = Tools(tools.weir)  # what was just installed is found anew

    cores = choose_cores()
    os.sched_setaffinity(0, {cores.load})
    pace = Pace(rounds=chosen.wanted, tolerance=chosen.tolerance)
    if chosen.quick:
        pace = Pace(rounds=chosen.wanted, tolerance=chosen.tolerance, first_warmup=1, seconds=1)
    supervisor = Supervisor(cores.load)
    measured = {}
    try:
        campaign = Campaign(tools, cores, pace, supervisor)
        for suite in SUITES:
            if not chosen.only or suite.name in chosen.only:
                measured[suite.name] = campaign.run(suite, set(chosen.skip))
    finally:
        supervisor.stop_all()

    document = results.document(
        machine.describe(tools, cores.system, cores.load),
        machine.versions(tools),
        {"rounds": chosen.wanted, "tolerance": chosen.tolerance, "quick": chosen.quick},
        time.strftime("%Y-%m-%d %H:%M %Z"),
        measured,
    )
    written = files.write(document)
    print(text.render(document))
    say("written: " + ", ".join(str(path) for path in written))
    short = [name for name, suite in measured.items() if len(suite["rounds"]) < chosen.wanted]
    if short:
        say("too few undisturbed rounds in " + ", ".join(short) + ": try again on a quieter machine")
    wrong = [name for name, suite in measured.items() if any(r["fault"] for r in suite["discarded"])]
    if wrong:
        say("wrong answers under load in " + ", ".join(wrong) + ": see the rounds put aside")
    return 1 if short or wrong else 0


def _write_docs() -> int:
    try:
        document = files.read_last()
    except FileNotFoundError as error:
        say(f"{error.filename} is not there: measure first (./run bench)")
        return 1
    if reason := results.unfit_for_docs(document):
        say(f"the last result is not for the documentation: {reason}")
        return 1
    say("written: " + ", ".join(str(path) for path in files.write_docs(document)))
    return 0


def main(words: list[str]) -> int:
    chosen = options.parse(words)
    if chosen.write_docs:
        return _write_docs()
    # A polite end: the finally clauses stop what was started.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    try:
        return smoke.run(chosen) if chosen.self_test else _measure(chosen)
    except (ContenderFailed, MeasurementFailed, subprocess.CalledProcessError, RuntimeError) as error:
        say(f"bench: {error}")
        return 1
    except KeyboardInterrupt:
        say("bench: interrupted")
        return 130


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
