#!/usr/bin/env python3
"""Every type that the library's users see says what it is for: in its public headers a comment stands
before each class, struct, enum and concept of the namespace. (`./run docs` asks for more, and for
doxygen.)"""

import re
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
LAYERS = ("base", "resilience", "asio")
TYPE = re.compile(r"(?:class|struct|enum class|concept)\s+(?:\[\[\w+\]\]\s+)?(\w[\w:]*)")


def bare_types(text):
    """Names and lines of the types at the left margin that have no comment before them, but for those
    of a detail namespace. A declaration alone needs none."""
    inside_detail = False
    before = ""  # the line before the declaration, its template head left out
    for number, line in enumerate(text.splitlines(), 1):
        if re.match(r"namespace (?:[\w:]*::)?detail\b", line):
            inside_detail = True
        elif re.match(r"\}  // namespace (?:[\w:]*::)?detail\b", line):
            inside_detail = False
        found = TYPE.match(line)
        if found and not inside_detail and not line.rstrip().endswith(";") and not before.startswith("//"):
            # A specialization of what is described elsewhere.
            if not re.search(r"\w<.*>", line[found.end() - 1:].partition("{")[0].partition(" : ")[0]):
                yield found[1], number
        if not re.match(r"template <|  requires", line):
            before = line


def problems(root=ROOT):
    found = []
    for layer in LAYERS:
        for path in sorted((root / "include/weir" / layer).rglob("*.hpp")):
            for name, line in bare_types(path.read_text()):
                found.append(f"{path.relative_to(root)}:{line}: {name} has no comment")
    return found


def main():
    found = problems()
    for line in found:
        print(line)
    print(f"comments: {len(found)} types without" if found else "comments: every public type has one")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
