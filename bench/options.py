from __future__ import annotations

import argparse
from pathlib import Path

from bench.suites import SUITES
from bench.tools import ROOT

EXAMPLES = """\
examples:
  ./run bench                       everything, nine rounds: about 12 minutes on a quiet machine
  ./run bench --quick               three short rounds: a look, not a result
  ./run bench --only proxy          one suite
  ./run bench --only shop3 --skip aiohttp --skip aiohttp_new_session
  ./run bench --write-docs          puts the last measured result into docs/benchmark.md
"""


def parse(words: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="./run bench",
        description="Measures weir beside its peers, in interleaved rounds on pinned cores.",
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add = parser.add_argument
    add("--quick", action="store_true", help="3 rounds of 1 s")
    add("--rounds", type=int, metavar="N", help="undisturbed rounds of each suite (9)")
    add("--only", action="append", choices=[s.name for s in SUITES], help="this suite; repeatable")
    add("--skip", action="append", default=[], metavar="NAME", help="leave a contender out; repeatable")
    add(
        "--weir",
        type=Path,
        default=ROOT / "build/release/bin/weir",
        metavar="PATH",
        help="the binary to measure (build/release/bin/weir)",
    )
    add(
        "--tolerance",
        type=float,
        default=0.05,
        metavar="SHARE",
        help="of a core that others may take before a round is put aside (0.05)",
    )
    add("--no-install", action="store_true", help="leave out what is missing, install nothing")
    add("--write-docs", action="store_true", help="put the last result into docs/benchmark.md, measure nothing")
    add("--self-test", action="store_true", help="unit tests, and a second with each contender that is here")
    options = parser.parse_args(words)
    if options.rounds is not None and options.rounds < 1:
        parser.error("--rounds must be 1 or more")
    if options.tolerance <= 0:
        parser.error("--tolerance is a share of a core, 0.05 for 5 %")
    known = dict.fromkeys(contender.name for suite in SUITES for contender in suite.contenders())
    for name in options.skip:
        if name not in known:
            parser.error(f"--skip {name}: no contender is called so; there are {', '.join(known)}")
    options.wanted = options.rounds or (3 if options.quick else 9)
    return options
