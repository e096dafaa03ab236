#!/usr/bin/env python3
"""The house's small rules, as far as a reader of text can hold them.

    python3 test/checks/style.py [--lengths]
"""

import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
CODE = (".cpp", ".hpp", ".py", ".sh", ".js")
LONGEST = 400


def files():
    listed = subprocess.run(["git", "ls-files", "--cached", "--others", "--exclude-standard"], cwd=ROOT, capture_output=True, text=True)
    for name in listed.stdout.splitlines():
        path = ROOT / name
        if path.is_file() and not re.search(r"(^|/)(vendor|third_party)/", name):
            yield name, path


def text_of(path):
    try:
        return path.read_text()
    except UnicodeDecodeError:
        return ""


def is_no_text(path):
    """As git tells it: a NUL near the beginning."""
    with path.open("rb") as file:
        return b"\0" in file.read(8000)


def without_comments(text):
    text = re.sub(r"/\*.*?\*/", lambda m: "\n" * m[0].count("\n"), text, flags=re.S)
    return re.sub(r"//[^\n]*", "", text)


# Only these two may ask the machine for the time or for chance.
CLOCK = "src/base/clock.cpp"
CHANCE = "src/base/random.cpp"

# (which files, what must not be in them, why)
RULES = [
    (r"^test/unit/.*\.(cpp|hpp)$", r"sleep_for|sleep_until|\busleep\s*\(|\bnanosleep\s*\(|\bsleep\s*\(\s*\d",
     "no sleeps in unit tests: move the clock by hand"),
    (r"^(src|include)/(?!base/clock\.cpp).*\.(cpp|hpp)$", r"steady_clock::now|system_clock::now|CLOCK_MONOTONIC|\bgettimeofday\b", "time has one door: base/clock.cpp"),
    (r"^(src|include)/(?!base/random\.cpp).*\.(cpp|hpp)$", r"std::random_device|std::mt19937|\brand\(\)", "chance has one door: base/random.cpp"),
    (r"\.(cpp|hpp)$", r"co_await[^;]*\{", "no brace inside a co_await expression: g++ 12 miscompiles it; name the value first"),
    (r"\.(cpp|hpp)$", r"#include\s*<(format|expected)>|std::move_only_function", "not there in C++20 mode of g++ 12"),
]
TEXT_RULES = [
    (r"\.(cpp|hpp|py|sh|js|md|yaml|cmake|txt)$", r"\b(TODO|FIXME|XXX|HACK)\b|not (?:yet )?implemented yet", "no promises in the tree"),
    (r"^test/.*\.(cpp|py)$", r"GTEST_SKIP|DISABLED_|pytest\.skip|mark\.skip|mark\.xfail|@unittest\.skip", "no skipped or disabled tests"),
    (r".", r"(?<![\w.])/(home|root|Users)/\w+/", "no paths of one machine"),
]
OWN = ("test/checks/style.py", "test/checks/test_checks.py")


def own_place(text, root=ROOT):
    """Where `text` names the folder that this tree lies in. A path that only ends like it, as
    "$work/root/usr" does for a tree in /root, is another."""
    parent = str(root.parent)
    return re.search(r"(?<![\w.}])" + re.escape(parent) + "/", text) if len(parent) > 3 else None


def problems():
    found = []
    for name, path in files():
        if name in OWN:
            continue
        text = text_of(path)
        if is_no_text(path):
            found.append(f"{name}:1: no text: what a program left behind does not belong here")
        bare = without_comments(text) if name.endswith((".cpp", ".hpp")) else text
        for rules, body in ((RULES, bare), (TEXT_RULES, text)):
            for which, wrong, why in rules:
                if re.search(which, name):
                    for match in re.finditer(wrong, body):
                        line = body.count("\n", 0, match.start()) + 1
                        found.append(f"{name}:{line}: {match[0]!r}: {why}")
        # Where the tree lies on this machine is nobody's business.
        if match := own_place(text):
            found.append(f"{name}:{text.count(chr(10), 0, match.start()) + 1}: {match[0]!r}: no paths of one machine")
        if name.endswith(".hpp") and "#pragma once" not in text:
            found.append(f"{name}:1: no #pragma once")
        if name.endswith(CODE + (".md", ".yaml")):
            for number, line in enumerate(text.split("\n"), 1):
                if line.endswith("\r") or (line != line.rstrip() and not name.endswith(".md")):
                    found.append(f"{name}:{number}: white space at the end of the line")
    return found


def lengths():
    """(lines, name) of the code files, the longest first."""
    return sorted(((text_of(path).count("\n"), name) for name, path in files() if name.endswith(CODE)), reverse=True)


def main():
    found = problems()
    for line in found:
        print(line)
    rows = lengths()
    long = [row for row in rows if row[0] > LONGEST]
    if "--lengths" in sys.argv or long:
        print(f"style: over {LONGEST} lines (has each one job?):")
        for count, name in long[:20]:
            print(f"  {count:5} {name}")
    if rows:
        middle = sorted(r[0] for r in rows)[len(rows) // 2]
        print(f"style: {len(rows)} code files, {middle} lines in the middle")
    print(f"style: {len(found)} problems" if found else "style: all rules hold")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
