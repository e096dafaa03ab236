#!/usr/bin/env python3
"""The Dockerfiles and compose files of systems/, as far as they can be judged without an engine: they
parse, what they copy is there or is built, what they run exists, ports fit what listens, what is built with
is installed and what was linked with is there when it runs.

    python3 test/checks/containers.py
"""

import re
import shlex
import sys
from pathlib import Path

import yaml

ROOT = Path(__file__).resolve().parents[2]
INSTRUCTIONS = {"FROM", "RUN", "COPY", "WORKDIR", "USER", "ENV", "EXPOSE", "CMD", "ENTRYPOINT", "ARG"}

HEADERS_ALONE = {"libcli11-dev"}


def packages_to_build_with(root):
    """Those of ./run; its compiler's cache is no need of a build."""
    return set(re.search(r'build_packages="([^"]*)"', (root / "run").read_text())[1].split()) - {"ccache"}


def installed(rest):
    """The packages that a RUN installs."""
    made = re.search(r"apt-get install ([^&]*)", rest)
    return {w for w in made[1].split() if not w.startswith("-")} if made else set()


def packages(root, path):
    """What a Dockerfile's stages leave out."""
    name, found = path.relative_to(root), []
    stages = []
    for line, word, rest in instructions(path.read_text()):
        if word == "FROM":
            stages.append(set())
        elif word == "RUN" and stages:
            stages[-1] |= installed(rest)
            if "cmake --preset" in rest:
                found += [f"{name}:{line}: {p} is not installed to build with" for p in sorted(packages_to_build_with(root) - stages[-1])]
        elif word == "COPY" and rest.split()[0] == "." and "build" not in ignored(root):
            found.append(f"{name}:{line}: .dockerignore lets a build's leavings into the image")
    built_with = {p for stage in stages[:-1] for p in stage if p.endswith("-dev")} - HEADERS_ALONE
    for stem in sorted(p[: -len("-dev")] for p in built_with):
        if stages and not any(p.startswith((stem, "lib" + stem)) for p in stages[-1]):
            found.append(f"{name}: nothing of {stem} is there when it runs")
    return found


def ignored(root):
    file = root / ".dockerignore"
    return [line for line in file.read_text().splitlines() if not line.startswith("#")] if file.exists() else []


def targets(root):
    """The executables that the CMake files name."""
    return {name for path in [*root.glob("apps/*/CMakeLists.txt"), *root.glob("systems/*/CMakeLists.txt")]
            for name in re.findall(r"add_executable\(([\w-]+)", path.read_text())}


def instructions(text):
    """(line, instruction, the rest) with continued lines joined."""
    joined, number = "", 0
    for at, line in enumerate(text.splitlines(), 1):
        if not joined:
            number = at
        if line.lstrip().startswith("#") or not line.strip():
            continue
        joined += line.rstrip("\\") + " " if line.endswith("\\") else line
        if not line.endswith("\\"):
            word, _, rest = joined.strip().partition(" ")
            yield number, word, rest
            joined = ""


def dockerfile(root, path):
    """(problems, the files that the last stage has)."""
    name = path.relative_to(root)
    found, has, stages, built = [], set(), set(), set()
    first = True
    for line, word, rest in instructions(path.read_text()):
        if word not in INSTRUCTIONS:
            found.append(f"{name}:{line}: {word} is no instruction")
        if first and word not in ("FROM", "ARG"):
            found.append(f"{name}:{line}: FROM comes first")
        first = False
        if word == "FROM":
            if stage := re.search(r" AS (\w+)$", rest):
                stages.add(stage[1])
            has = set()
        if word == "RUN" and (made := re.search(r"--target ([\w -]+)", rest)):
            built |= set(made[1].split())
            for target in built - targets(root):
                found.append(f"{name}:{line}: no target is called {target}")
        if word == "COPY":
            *sources, to = [w for w in shlex.split(rest) if not w.startswith("--")]
            stage = re.search(r"--from=(\w+)", rest)
            if stage and stage[1] not in stages:
                found.append(f"{name}:{line}: no stage is called {stage[1]}")
            for source in sources:
                if stage:
                    if Path(source).name not in built:
                        found.append(f"{name}:{line}: {Path(source).name} is not built before")
                elif not (root / source).exists():
                    found.append(f"{name}:{line}: {source} is not there")
                has.add(str(Path(to) / Path(source).name) if to.endswith("/") else to)
    return found, has


def compose(root, path):
    name = path.relative_to(root)
    try:
        document = yaml.safe_load(path.read_text())
    except yaml.YAMLError as why:
        return [f"{name}: {why}"]
    found = []
    services = document.get("services") or {}
    if not services:
        found.append(f"{name}: no services")
    for service, what in services.items():
        build = what.get("build", {})
        context = (path.parent / build.get("context", ".")).resolve()
        file = context / build.get("dockerfile", "Dockerfile")
        if not file.is_file():
            found.append(f"{name}: {service}: {build.get('dockerfile')} is not there")
            continue
        has = dockerfile(root, file)[1]
        command = what.get("command", [])
        if command and not any(f.startswith("/usr/") and Path(f).name == command[0] for f in has):
            found.append(f"{name}: {service}: the image has no program {command[0]}")
        for word in command[1:]:
            if str(word).startswith("/etc/") and word not in has:
                found.append(f"{name}: {service}: the image has no file {word}")
        for other in what.get("depends_on", []):
            if other not in services:
                found.append(f"{name}: {service}: depends on {other}, which is not there")
        inside = {str(p).split(":")[-1] for p in what.get("ports", [])}
        for word in command:
            if (at := re.fullmatch(r"0\.0\.0\.0:(\d+)", str(word))) and at[1] not in inside:
                found.append(f"{name}: {service}: listens on {at[1]}, which is not published")
        for variable, value in (what.get("environment") or {}).items():
            configuration = "".join(f.read_text() for f in path.parent.glob("*.yaml"))
            if f"${{{variable}" not in configuration:
                found.append(f"{name}: {service}: nobody reads {variable}")
            if variable.endswith("_HOST") and value not in services and value != "0.0.0.0":
                found.append(f"{name}: {service}: {variable}: no service is called {value}")
    return found


def problems(root=ROOT):
    found = []
    for path in sorted(root.glob("systems/*/Dockerfile")):
        found += dockerfile(root, path)[0] + packages(root, path)
    for path in sorted(root.glob("systems/*/docker-compose.yml")):
        found += compose(root, path)
    return found


def main():
    found = problems()
    for line in found:
        print(line)
    print(f"containers: {len(found)} problems" if found else "containers: what they name is there (no engine was asked)")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
