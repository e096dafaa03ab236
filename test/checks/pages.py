#!/usr/bin/env python3
"""Pages that list what the code has list all of it, and nothing else: metrics, causes, options and exit
codes, paths of the admin listener. Each page has its way there from README.md, and README.ru.md and the
systems' Russian pages show the same commands, outputs and links as the English ones. (The keys of the
configuration: test/unit/gateway/config/docs_test.cpp.)

    python3 test/checks/pages.py
"""

import re
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
CYRILLIC = re.compile(r"[а-яё]", re.I)


def between(text, name):
    """The first cells of the rows of a table that stands between <!-- name: begin --> and its end."""
    found = re.search(rf"<!-- {name}: begin -->\n(.*?)<!-- {name}: end -->", text, re.S)
    return re.findall(r"^\| `([^`]+)` \|([^\n]*)", found[1], re.M) if found else []


def differences(page, what, said, known):
    """Lines for what one of both has alone, and for what is said twice."""
    found = [f"{page}: {what} {name} is not in the code" for name in sorted(set(said) - set(known))]
    found += [f"{page}: {what} {name} is missing" for name in sorted(set(known) - set(said))]
    return found + [f"{page}: {what} {name} is told twice" for name in sorted({n for n in said if list(said).count(n) > 1})]


def metrics(root):
    """Those of the code, as {name: kind}."""
    text = "".join(p.read_text() for p in sorted((root / "src/gateway/admin").glob("metrics*.cpp")))
    constants = dict(re.findall(r'string_view (\w+_name) = "(\w+)"', text))
    known = {constants.get(name, name).strip('"'): {"durations": "histogram"}.get(kind, kind)
             for kind, name in re.findall(r"out\.(gauge|counter|durations)\(\s*(\"\w+\"|\w+_name)", text)}
    # One function of metrics_caches.cpp takes the name.
    known.update({name: "counter" for name in re.findall(r'\bcount\("(\w+)"', text)})
    return known


def about_metrics(root):
    page = root / "docs/operations.md"
    rows = between(page.read_text(), "metrics")
    known = metrics(root)
    found = differences("docs/operations.md", "the metric", [name for name, _ in rows], known)
    return found + [f"docs/operations.md: {name} is a {known[name]}" for name, rest in rows
                    if name in known and rest.split("|")[0].strip() != known[name]]


def about_causes(root):
    enum = re.search(r"enum class cause[^{]*\{(.*?)\};", (root / "include/weir/gateway/reply/cause.hpp").read_text(), re.S)[1]
    known = set(re.findall(r"\w+", re.sub(r"//[^\n]*", "", enum))) - {"none"}
    said = [name for name, _ in between((root / "docs/troubleshooting.md").read_text(), "causes")]
    return differences("docs/troubleshooting.md", "the cause", said, known)


def options_of(text, command):
    """The options that main.cpp gives a command."""
    body = re.search(rf"void add_{command}\(.*?\n\}}\n", text, re.S)
    return re.findall(r'add_(?:option|flag)\("(--[\w-]+)"', body[0]) if body else []


def about_options(root):
    main = (root / "apps/weir/main.cpp").read_text()
    page = (root / "docs/operations.md").read_text()
    said = re.findall(r"^\| `(--[\w-]+)` \|", page, re.M)
    found = differences("docs/operations.md", "the option", said, options_of(main, "serve"))
    manual = (root / "deploy/weir.1").read_text().replace("\\-", "-")
    commands = re.findall(r'add_subcommand\("(\w+)"', main)
    known = {o for command in commands for o in options_of(main, command)}
    found += differences("deploy/weir.1", "the option", sorted(set(re.findall(r"(?<![\w-])--[a-z][\w-]*", manual)) - {"--help"}), known)
    found += [f"deploy/weir.1: weir {c} is missing" for c in commands if not re.search(rf'^\.B[IR]? "?{c} ?"? ', manual, re.M) and f".B {c}\n" not in manual]
    registration = (root / "systems/common/registration.cpp").read_text()
    found += differences("docs/discovery.md", "the option", re.findall(r"^\| `(--[\w-]+)` \|", (root / "docs/discovery.md").read_text(), re.M),
                         re.findall(r'add_(?:option|duration)\((?:app, )?"(--[\w-]+)"', registration))
    codes = re.findall(r"exit_\w+ = (\d+);", (root / "apps/weir/exit_codes.hpp").read_text())
    return found + differences("docs/operations.md", "the exit code", re.findall(r"^\| (\d+) \|(?=.*\n)", section(page, "Exit codes"), re.M), codes)


def section(text, heading):
    return re.search(rf"^## {heading}\n(.*?)(?=^## |\Z)", text, re.S | re.M)[1]


def about_admin(root):
    code = (root / "src/gateway/admin/admin.cpp").read_text()
    known = set(re.findall(r'"(/[a-z]+)"', re.search(r"known :\s*\{(.*?)\}", code, re.S)[1])) | {"/circuits/NAME/ACTION"}
    page = (root / "docs/operations.md").read_text()
    said = re.findall(r"^\| `(?:GET|POST) (/\S*)` \|", section(page, "The admin listener"), re.M)
    found = differences("docs/operations.md", "the path", said, known)
    actions = re.findall(r'action == "([\w-]+)"', code)
    return found + differences("docs/operations.md", "the action", re.findall(r"^\| `([\w-]+)` \|", section(page, "A circuit by hand"), re.M), actions)


def about_the_unit(root):
    """What deploy/weir.service runs, and for how long it waits."""
    unit = dict(re.findall(r"^(\w+)=(.*)$", (root / "deploy/weir.service").read_text(), re.M))
    found = []
    codes = dict(re.findall(r"(exit_\w+) = (\d+);", (root / "apps/weir/exit_codes.hpp").read_text()))
    if unit.get("RestartPreventExitStatus") != codes["exit_configuration"]:
        found.append("deploy/weir.service: RestartPreventExitStatus is not the code of a wrong configuration")
    drain = re.search(r"^### Drain\n(.*?)^### ", (root / "docs/configuration.md").read_text(), re.S | re.M)[1]
    waits = sum(int(s) for s in re.findall(r"^\| `\w+` \| duration[^|]* \| (\d+)s \|", drain, re.M))
    if int(unit.get("TimeoutStopSec", "0")) <= waits + 2:
        found.append(f"deploy/weir.service: TimeoutStopSec leaves no room for {waits} s of drain and two for Consul")
    if "notify" != unit.get("Type"):
        found.append("deploy/weir.service: weir notifies systemd, so Type is notify")
    return found


def about_ways(root):
    """Every page is linked from README.md, those of the library from their own list."""
    library = (root / "docs/library/README.md").read_text()
    found = []
    for page in sorted((root / "docs").glob("*.md")):
        readme = "README.ru.md" if page.name.endswith(".ru.md") else "README.md"
        if f"(docs/{page.name})" not in (root / readme).read_text():
            found.append(f"{readme}: nobody finds docs/{page.name}")
    examples = (root / "examples/README.md").read_text()
    found += [f"examples/README.md: nobody finds {p.name}" for p in sorted((root / "examples").glob("*.yaml")) if f"({p.name})" not in examples]
    return found + [f"docs/library/README.md: nobody finds {p.name}" for p in sorted((root / "docs/library").glob("*.md"))
                    if p.name != "README.md" and f"({p.name}" not in library]


def shown(text):
    """What a page shows as it is: lines of blocks, without comments, which are in the page's language."""
    fenced = [row for block in re.findall(r"^```\w*\n(.*?)^```", text, re.S | re.M) for row in block.splitlines()]
    indented = [row[4:] for row in text.splitlines() if row.startswith("    ")]
    rows = [re.sub(r"(?:^|\s)#\s.*$", "", row).rstrip() for row in [*fenced, *indented]]
    return [row for row in rows if row]


def targets(text):
    """Where a page links to, those of two languages taken for one, and without the link to the other language."""
    made = [re.sub(r"\.ru\.md", ".md", t) for t in re.findall(r"\]\(([^)\s]+)\)", re.sub(r"```.*?```", "", text, flags=re.S))]
    return sorted(t for t in made if t != "README.md")


def skeleton(text):
    """Headings by their level, and rows of tables."""
    prose = re.sub(r"```.*?```", "", text, flags=re.S)
    return [len(h) for h in re.findall(r"^(#+) ", prose, re.M)], len(re.findall(r"^\|", prose, re.M))


def about_languages(root):
    found = []
    for russian in sorted([root / "README.ru.md", *root.glob("docs/*.ru.md"), *root.glob("systems/*/README.ru.md")]):
        name = russian.relative_to(root)
        ours, theirs = russian.read_text(), russian.with_name(russian.name.replace(".ru.md", ".md")).read_text()
        # A line in Russian stands for one in English.
        mine, other = shown(ours), shown(theirs)
        in_russian = [row for row in mine if CYRILLIC.search(row)]
        found += [f"{name}: not in the English page: {row[:100]}" for row in mine if row not in other and row not in in_russian]
        found += [f"{name}: not in the Russian page: {row[:100]}" for row in other if row not in mine][len(in_russian):]
        found += differences(str(name), "the link", sorted(set(targets(ours))), set(targets(theirs)))
        if skeleton(ours) != skeleton(theirs):
            found.append(f"{name}: headings or rows of tables are not those of the English page")
    return found


def fields(root):
    """{struct: [its fields, in order]} of the library's options."""
    made = {}
    for header in sorted((root / "include/weir/resilience").rglob("*.hpp")):
        for name, body in re.findall(r"^struct (\w+) \{\n(.*?)^\};", header.read_text(), re.S | re.M):
            made[name] = re.findall(r"^  (?!friend|using|return)[\w:<>(), &*]+? (\w+) = [^;]+;", body, re.M)
    return made


def about_library_options(root):
    """The tables of docs/library: a table whose head names a struct of options has a row, or a part of one, for
    each of its fields; a rule in braces has them in their order."""
    known, found, seen = fields(root), [], 0
    for page in sorted((root / "docs/library").glob("*.md")):
        name, text = f"docs/library/{page.name}", page.read_text()
        for head, rows in re.findall(r"^\| `(\w+)` \| default \| \|\n\|[- |]+\|\n((?:\|.*\n?)+)", text, re.M):
            struct = head if head in known else f"{head}_options"
            if struct not in known:
                found.append(f"{name}: no struct is called {head}")
                continue
            seen += 1
            said = [n for row in rows.splitlines() for n in re.findall(r"`(\w+)`", row.split("|")[1])]
            found += differences(name, f"the field of {struct}", said, known[struct])
        for rule, inside in re.findall(r"^\| `(\w+)\{([\w, ]+)\}`", text, re.M):
            if known.get(rule) != inside.split(", "):
                found.append(f"{name}: {rule} has {', '.join(known.get(rule, ['no such struct']))}")
    return found + ([] if seen > 9 else [f"docs/library: only {seen} tables of options were found"])


ALL = [about_metrics, about_library_options, about_causes, about_options, about_admin, about_the_unit, about_ways, about_languages]


def problems(root=ROOT):
    return [line for check in ALL for line in check(root)]


def main():
    found = problems()
    for line in found:
        print(line)
    print(f"pages: {len(found)} problems" if found else "pages: they list what the code has, in both languages")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
