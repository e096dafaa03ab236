#!/usr/bin/env python3
"""Writes the traces of ../traces, or checks that they are still what the originals do.

    python3 -m venv build/originals && build/originals/bin/pip install pybreaker==1.4.1 circuitbreaker==2.1.3 aiomisc==18.0.37
    build/originals/bin/python test/conformance/generate/generate.py [--check]
"""

import json
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))

import originals  # noqa: E402
import own  # noqa: E402
import random_calls  # noqa: E402
import scripts  # noqa: E402

TRACES = Path(__file__).resolve().parents[1] / "traces"
HOW = {"S": "success", "F": "failure", "I": "ignored"}


def record(name, title, options, script, draw=0.5):
    made = originals.make(name, options, draw)
    steps = []
    for word in script.split():
        how, at = HOW[word[0]], float(word[2:])
        made.move_to(at)
        step = {"at": at, "call": how}
        step["admitted"] = made.call(how)
        step["state"] = made.seen
        # aiomisc looks at its counts with the next call, ours with the verdict.
        if name != "aiomisc":
            step["after"] = made.state()
            if step["after"] == "closed":
                step["failures"] = made.failures()
        steps.append(step)
    line = {"name": title, "source": originals.source(name), "options": {"profile": name, **options}, "draw": draw, "steps": steps}
    if made.transitions is not None:
        line["transitions"] = made.transitions
    return line


def files():
    yield "pybreaker.jsonl", [record("pybreaker", *row) for row in scripts.PYBREAKER]
    yield "fabfuel.jsonl", [record("fabfuel", *row) for row in scripts.FABFUEL]
    yield "aiomisc.jsonl", [record("aiomisc", title, options, script, draw) for title, options, draw, script in scripts.AIOMISC]
    yield "others.jsonl", own.others()
    yield "own.jsonl", own.own()
    lines = []
    for name, options, run in random_calls.runs():
        digest = random_calls.digest_of(originals.make(name, options), run)
        lines.append({"source": originals.source(name), "options": options, **run, "digest": digest})
    yield "random.jsonl", lines


def main():
    wrong = 0
    for name, lines in files():
        text = "".join(json.dumps(line) + "\n" for line in lines)
        path = TRACES / name
        if "--check" not in sys.argv:
            path.write_text(text)
            print(f"{name}: {len(lines)} lines")
        elif path.read_text() != text:
            wrong += 1
            print(f"{name}: is not what the originals do")
        else:
            print(f"{name}: {len(lines)} lines, as recorded")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
