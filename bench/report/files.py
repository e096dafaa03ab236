"""Where reports lie: bench/out (of this machine, not kept in the history) and docs (kept)."""

from __future__ import annotations

import json
from pathlib import Path

from bench.report import svg, text
from bench.tools import ROOT

OUT = ROOT / "bench" / "out"
PAGE = ROOT / "docs" / "benchmark.md"
PICTURE = ROOT / "docs" / "benchmark.svg"
BEGIN = "<!-- results:begin -->"
END = "<!-- results:end -->"


def write(document: dict, folder: Path = OUT) -> list[Path]:
    folder.mkdir(parents=True, exist_ok=True)
    contents = {
        "latest.json": json.dumps(document, indent=1, ensure_ascii=False) + "\n",
        "latest.txt": text.render(document),
        "latest.svg": svg.render(document),
    }
    for name, content in contents.items():
        (folder / name).write_text(content, "utf-8")
    return [folder / name for name in contents]


def read_last(folder: Path = OUT) -> dict:
    return json.loads((folder / "latest.json").read_text("utf-8"))


def with_results(page: str, results: str) -> str:
    """The page with what stands between the markers replaced."""
    if page.count(BEGIN) != 1 or page.count(END) != 1:
        raise ValueError(f"the page needs {BEGIN} and {END} once each")
    head, _, rest = page.partition(BEGIN)
    _, _, tail = rest.partition(END)
    return f"{head}{BEGIN}\n{results.strip()}\n{END}{tail}"


def write_docs(document: dict) -> list[Path]:
    results = f"## Results\n\n![weir beside its peers](benchmark.svg)\n\n{text.render(document)}"
    PAGE.write_text(with_results(PAGE.read_text("utf-8"), results), "utf-8")
    PICTURE.write_text(svg.render(document), "utf-8")
    return [PAGE, PICTURE]
