#!/usr/bin/env python3
"""Each public header compiles alone, first and only in its translation unit.

    python3 test/checks/self_contained_headers.py [COMPILER]
"""

import os
import shutil
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
FLAGS = ["-std=c++20", "-fsyntax-only", "-Wall", "-Wextra", "-Wpedantic", "-Werror", "-x", "c++"]


def flags_of(package):
    if shutil.which("pkg-config") is None:
        return []
    return subprocess.run(["pkg-config", "--cflags", package], capture_output=True, text=True).stdout.split()


def compile_alone(compiler, flags, header, directory):
    name = header.relative_to(ROOT / "include").as_posix()
    unit = Path(directory) / (name.replace("/", "_") + ".cpp")
    # Twice: the guard holds as well.
    unit.write_text(f'#include "{name}"\n#include "{name}"\n')
    done = subprocess.run([compiler, *flags, str(unit)], capture_output=True, text=True)
    return name, done.stderr if done.returncode else None


def problems(compiler):
    flags = FLAGS + ["-I", str(ROOT / "include")] + flags_of("libfyaml") + flags_of("libcares")
    headers = sorted((ROOT / "include").rglob("*.hpp"))
    with tempfile.TemporaryDirectory(prefix="weir-headers-") as directory:
        with ThreadPoolExecutor(2) as pool:
            done = list(pool.map(lambda h: compile_alone(compiler, flags, h, directory), headers))
    return len(headers), [(name, why) for name, why in done if why is not None]


def main():
    compiler = sys.argv[1] if len(sys.argv) > 1 else os.environ.get("CXX", "g++")
    count, found = problems(compiler)
    for name, why in found:
        print(f"{name} does not compile alone:\n{why}")
    print(f"headers: {len(found)} of {count} do not compile alone" if found else f"headers: all {count} compile alone")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
