#!/usr/bin/env python3
"""Includes follow the arrow of src/CMakeLists.txt: a layer uses those it DEPENDS on, and theirs.

    python3 test/checks/layers.py
"""

import re
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
# Who is above all layers may use all of them.
ABOVE = ("apps", "systems", "bench", "test")


def declared(text=None):
    """{layer: the layers it may include}, from the lines weir_layer(NAME DEPENDS …)."""
    text = text if text is not None else (ROOT / "src/CMakeLists.txt").read_text()
    direct = {}
    for call in re.findall(r"weir_layer\(([^)]*)\)", text):
        words = call.split()
        depends, where = [], None
        for word in words[1:]:
            if word in ("DEPENDS", "LIBRARIES", "INTERFACE"):
                where = word
            elif where == "DEPENDS":
                depends.append(word)
        direct[words[0]] = depends
    allowed = {}

    def reach(layer, path=()):
        if layer in path:
            raise SystemExit(f"layers: a circle: {' -> '.join((*path, layer))}")
        if layer not in allowed:
            allowed[layer] = {layer}
            for below in direct.get(layer, []):
                if below not in direct:
                    raise SystemExit(f"layers: {layer} depends on {below}, which is not declared")
                allowed[layer] |= reach(below, (*path, layer))
        return allowed[layer]

    for layer in direct:
        reach(layer)
    return allowed


def layer_of(path, layers):
    """"gateway/run/call.hpp" → "gateway/run"; the longest that fits."""
    parts = path.split("/")
    for end in range(len(parts) - 1, 0, -1):
        if "/".join(parts[:end]) in layers:
            return "/".join(parts[:end])
    return None


def includes(path):
    for number, line in enumerate(path.read_text().splitlines(), 1):
        if match := re.match(r'\s*#\s*include\s*(["<])([^">]+)[">]', line):
            yield number, match[1], match[2]


def problems(root=ROOT, allowed=None):
    allowed = allowed or declared()
    found = []
    for tree in ("include/weir", "src"):
        base = root / tree
        for path in sorted([*base.rglob("*.hpp"), *base.rglob("*.cpp")]):
            inside = path.relative_to(base).as_posix()
            own = layer_of(inside, allowed)
            where = path.relative_to(root)
            if own is None:
                # include/weir/circuit_breaker.hpp and the like are the library's face.
                if tree == "include/weir" and "/" not in inside:
                    continue
                found.append(f"{where}: in no layer of src/CMakeLists.txt")
                continue
            for number, quote, name in includes(path):
                if not name.startswith("weir/"):
                    if quote == '"' and not (path.parent / name).exists() and not (base / own / name).exists():
                        found.append(f'{where}:{number}: "{name}" is not beside it; write "weir/<layer>/…" or <…>')
                    continue
                other = layer_of(name[len("weir/"):], allowed)
                if other is None:
                    found.append(f"{where}:{number}: {name} is in no layer")
                elif other not in allowed[own]:
                    found.append(f"{where}:{number}: {own} may not include {other} ({name})")
    # The core stands on the standard library alone.
    for layer in ("base", "resilience"):
        for tree in ("include/weir", "src"):
            for path in sorted((root / tree / layer).rglob("*.[ch]pp")):
                for number, quote, name in includes(path):
                    if quote == "<" and ("/" in name and not name.startswith("sys/") or name.endswith(".h") and "/" not in name
                                         and name not in ALLOWED_C):
                        found.append(f"{path.relative_to(root)}:{number}: <{name}> in {layer}, which has the standard library alone")
    return found


# Of the system, not of a library.
ALLOWED_C = {"cxxabi.h", "unistd.h", "pthread.h", "time.h", "errno.h", "sched.h", "fcntl.h"}


def main():
    found = problems()
    for line in found:
        print(line)
    print(f"layers: {len(found)} problems" if found else f"layers: all includes follow the arrow ({len(declared())} layers)")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
