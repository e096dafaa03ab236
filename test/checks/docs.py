#!/usr/bin/env python3
"""What the documents say exists: links resolve, quoted files and commands are there, quoted
configurations are those of examples/ or are checked by the binary.

    python3 test/checks/docs.py
"""

import re
import subprocess
import sys
from pathlib import Path
from urllib.parse import unquote

ROOT = Path(__file__).resolve().parents[2]


def documents():
    listed = subprocess.run(["git", "ls-files", "--cached", "--others", "--exclude-standard", "*.md"], cwd=ROOT, capture_output=True, text=True)
    for name in sorted(listed.stdout.splitlines()):
        if (ROOT / name).is_file() and "third_party/" not in name and "vendor/" not in name:
            yield name, (ROOT / name).read_text()


def anchor(heading):
    """As code hosts make them."""
    text = re.sub(r"[`*_]|\[([^\]]*)\]\([^)]*\)", lambda m: m[1] or "", heading.strip().lower())
    return re.sub(r"\s", "-", re.sub(r"[^\w\s-]", "", text))


def anchors(text):
    prose = re.sub(r"```.*?```", "", text, flags=re.S)
    seen, out = {}, set()
    for heading in re.findall(r"^#+\s+(.+?)\s*$", prose, re.M):
        name = anchor(heading)
        count = seen.get(name, 0)
        seen[name] = count + 1
        out.add(name if count == 0 else f"{name}-{count}")
    out |= set(re.findall(r'<a (?:id|name)="([^"]+)"', text))
    return out


def links(text):
    prose = re.sub(r"```.*?```", lambda m: "\n" * m[0].count("\n"), text, flags=re.S)
    prose = re.sub(r"`[^`\n]*`", "", prose)
    for match in re.finditer(r"!?\[[^\]]*\]\(<?([^)\s>]+)>?(?:\s+\"[^\"]*\")?\)", prose):
        yield prose.count("\n", 0, match.start()) + 1, match[1]


def blocks(text, *languages):
    for match in re.finditer(r"^```(\w*)[^\n]*\n(.*?)^```", text, re.S | re.M):
        if match[1] in languages:
            yield text.count("\n", 0, match.start()) + 2, match[2]


def run_commands():
    """The words that ./run knows."""
    script = ROOT / "run"
    if not script.exists():
        return set()
    return set(re.findall(r"^\s{2}([a-z]+)(?: \|[^)]*)?\)", script.read_text(), re.M))


def weir_commands():
    """The commands of the binary: one file for each."""
    return {path.stem for path in (ROOT / "apps/weir/commands").glob("*.cpp")} if (ROOT / "apps/weir/commands").exists() else set()


def tested_commands():
    """Those that some test of the binary runs."""
    words = set()
    for path in [*(ROOT / "test").rglob("*.py"), *(ROOT / "systems").rglob("*.py")]:
        text = path.read_text()
        words |= set(re.findall(r"(?:command|run_weir)\((?:\w+, )?\"(\w+)\"", text))
        # As an element of an argument list: [binary(), "serve", …]
        words |= set(re.findall(r"binary\(\)\)?, \"(\w+)\"", text))
        if '"demo"' in text:
            words.add("demo")
    return words


def problems():
    found = []
    known_run, known_weir, tested = run_commands(), weir_commands(), tested_commands()
    for name, text in documents():
        here = (ROOT / name).parent
        for line, target in links(text):
            if re.match(r"[a-z][a-z0-9+.-]*:", target):
                continue
            path, _, fragment = target.partition("#")
            other = (here / unquote(path)).resolve() if path else ROOT / name
            if not other.exists():
                found.append(f"{name}:{line}: {target} is not there")
            elif fragment and other.suffix == ".md" and fragment not in anchors(other.read_text()):
                found.append(f"{name}:{line}: {path or name} has no heading #{fragment}")
        # Commands in code blocks and in back-quotes.
        for match in re.finditer(r"(?<![\w/.-])\./run +([a-z]+)", text):
            if known_run and match[1] not in known_run:
                found.append(f"{name}:{text.count(chr(10), 0, match.start()) + 1}: ./run {match[1]}: there is no such command")
        for line, block in blocks(text, "sh", "bash", "console", "shell", ""):
            for offset, row in enumerate(block.splitlines()):
                if match := re.match(r"(?:\$ )?(?:build/release/bin/)?weir +([a-z]+)\b", row.strip()):
                    if known_weir and match[1] not in known_weir:
                        found.append(f"{name}:{line + offset}: weir {match[1]}: there is no such command")
                    elif known_weir and match[1] not in tested:
                        found.append(f"{name}:{line + offset}: weir {match[1]}: no test runs it")
        # Files of the tree named in back-quotes.
        for match in re.finditer(r"`((?:src|include|test|examples|docs|systems|apps|bench|deploy|cmake)/[\w./-]+\.\w+)`", text):
            # X stands for any name.
            if not (ROOT / match[1]).exists() and not re.search(r"/X[._]", match[1]) and name != "CHANGELOG.md":
                found.append(f"{name}:{text.count(chr(10), 0, match.start()) + 1}: {match[1]} is not there")
    return found


def dedented(text):
    return "\n".join(line.strip() for line in text.strip().splitlines())


def example_quotes():
    """Blocks that say which file they quote: <!-- examples/01-proxy.yaml --> before the block. The
    block must be the file's text without its first comment, or a part of it; of C++, whatever its
    indentation."""
    found = []
    for name, text in documents():
        for match in re.finditer(r"<!-- ((?:examples|test)/[\w./-]+) -->\s*\n```(yaml|cpp)\n(.*?)^```", text, re.S | re.M):
            path = ROOT / match[1]
            line = text.count("\n", 0, match.start()) + 1
            same = (lambda t: t.strip()) if match[2] == "yaml" else dedented
            if not path.exists():
                found.append(f"{name}:{line}: {match[1]} is not there")
            elif same(match[3]) not in same(path.read_text()):
                found.append(f"{name}:{line}: differs from {match[1]}")
    return found


def main():
    found = problems() + example_quotes()
    for line in found:
        print(line)
    count = len(list(documents()))
    print(f"docs: {len(found)} problems" if found else f"docs: links and commands of {count} documents hold")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
