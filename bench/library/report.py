"""The tables, and what stands of them in docs/library/benchmark.md."""

from __future__ import annotations

import json
from pathlib import Path

from bench.arithmetic import median
from bench.report.files import OUT, with_results
from bench.report.tables import number, table
from bench.tools import ROOT

PAGE = ROOT / "docs" / "library" / "benchmark.md"
LEAST_ROUNDS = 5


def _ratio(value: float) -> str:
    return f"{value:.2f}" if value >= 0.1 else f"{value:.3f}"


def group_table(group: dict) -> str:
    rows = []
    for key, row in group["rows"].items():
        spread = f"{number(row['low'])} – {number(row['high'])}"
        if "ratio" in row:
            ratios = [_ratio(row["ratio"]), f"{_ratio(row['ratio_low'])} – {_ratio(row['ratio_high'])}"]
        else:
            ratios = ["", ""]
        rows.append([row["title"], number(row["ns"]), spread, *ratios])
    head = ["", "ns", "rounds", "ratio", "middle half"]
    if not group["ours"]:
        return table(head[:3], [row[:3] for row in rows], right=(1,))
    return table(head, rows, right=(1, 3))


def heading(group: dict) -> str:
    return group["title"] + (", two threads at once" if group["threads"] == 2 else "")


def slower_than(groups: list[dict]) -> list[str]:
    """Where another is faster than ours in the same group, or where the rounds do not tell."""
    found = []
    for group in groups:
        for row in group["rows"].values():
            if row.get("ratio_high", 0) <= 1 or row["title"].startswith("weir"):
                continue
            if row["ratio_low"] > 1:
                found.append(f"{heading(group)}: {row['title']} takes {1 / row['ratio']:.0%} of weir's time")
            else:
                found.append(f"{heading(group)}: {row['title']} takes as long, as far as the rounds tell")
    return found


def foreign_line(rounds: list[dict]) -> str:
    shares = [(share, i + 1, who) for i, each in enumerate(rounds) for who, share in each["foreign"].items()]
    worst, at, who = max(shares)
    middle = median([share for share, _, _ in shares])
    return (
        f"Others used {middle:.0%} of a core of ours in the median of all runs, and at most {worst:.0%} "
        f"(round {at}: {who})."
    )


def comparison(document: dict) -> str:
    parts = [
        "ns for a call on one thread: the median of the rounds, their lowest and highest. Ratio: the first "
        "row's time to this one's, formed within each round; under 1 weir is faster."
    ]
    titled = None
    for group in document["groups"]:
        note = f"\n\n{group['note']}" if group["note"] and group["title"] != titled else ""
        parts.append(f"#### {heading(group)}\n\n{group_table(group)}{note}")
        titled = group["title"]
    slower = slower_than(document["groups"])
    if slower:
        parts.append("#### Where another is as fast or faster\n\n" + "\n".join(f"- {line}" for line in slower))
    notes = [f"- left out: {reason}" for reason in document["left_out"]]
    notes.append("- " + foreign_line(document["rounds"]))
    parts.append("\n".join(notes))
    return "\n\n".join(parts)


def machine(document: dict) -> str:
    rows = [[*pair] for pair in {**document["machine"], **document["versions"]}.items()]
    return table(["machine and versions", ""], rows)


def render(document: dict) -> str:
    count = len(document["rounds"])
    parts = [
        f"Measured {document['when']}, {count} rounds. Nothing was put aside.",
        machine(document),
        "### The library by itself\n\n```\n" + document["own"].strip() + "\n```",
        "### Beside other libraries\n\n" + comparison(document),
    ]
    return "\n\n".join(parts) + "\n"


def write(document: dict, folder: Path = OUT) -> list[Path]:
    folder.mkdir(parents=True, exist_ok=True)
    paths = [folder / "library.json", folder / "library.txt"]
    paths[0].write_text(json.dumps(document, indent=1, ensure_ascii=False) + "\n", "utf-8")
    paths[1].write_text(render(document), "utf-8")
    return paths


def unfit_for_docs(document: dict) -> str | None:
    if document["quick"]:
        return "it was a quick look"
    if len(document["rounds"]) < LEAST_ROUNDS:
        return f"it has {len(document['rounds'])} rounds, {LEAST_ROUNDS} are wanted"
    if document["left_out"]:
        return "it lacks " + "; ".join(document["left_out"])
    return None


def write_docs(document: dict, page: Path = PAGE) -> Path:
    results = "## Figures\n\n" + render(document)
    page.write_text(with_results(page.read_text("utf-8"), results), "utf-8")
    return page
