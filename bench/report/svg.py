"""The picture: how far each target is kept, and what each contender pays. Plain SVG, written by hand."""

from __future__ import annotations

from xml.sax.saxutils import escape

from bench.report.tables import number, ratio

WIDTH = 1100
LEFT = 450  # where bars begin
BAR = 400  # the longest bar
ROW = 26
INK, FAINT, PEER, OURS, OVER = "#1e293b", "#64748b", "#b6c2d1", "#0f766e", "#b91c1c"


class Canvas:
    def __init__(self) -> None:
        self._parts: list[str] = []
        self.y = 24

    def text(self, x: float, y: float, words: str, *, size=13, fill=INK, weight="normal", anchor="start"):
        self._parts.append(
            f'<text x="{x:.1f}" y="{y:.1f}" font-size="{size}" fill="{fill}" '
            f'font-weight="{weight}" text-anchor="{anchor}">{escape(words)}</text>'
        )

    def bar(self, x: float, y: float, width: float, fill: str) -> None:
        self._parts.append(
            f'<rect x="{x:.1f}" y="{y:.1f}" width="{max(width, 1.5):.1f}" height="14" rx="2" fill="{fill}"/>'
        )

    def line(self, x: float, top: float, bottom: float, colour: str, dashes: str = "") -> None:
        style = f' stroke-dasharray="{dashes}"' if dashes else ""
        self._parts.append(
            f'<line x1="{x:.1f}" y1="{top:.1f}" x2="{x:.1f}" y2="{bottom:.1f}" '
            f'stroke="{colour}" stroke-width="1.5"{style}/>'
        )

    def heading(self, words: str, aside: str = "") -> None:
        self.y += 18
        self.text(24, self.y, words, size=15, weight="bold")
        if aside:
            self.text(WIDTH - 24, self.y, aside, size=12, fill=FAINT, anchor="end")
        self.y += 14

    def finish(self) -> str:
        height = self.y + 16
        return (
            f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{height:.0f}" '
            f'viewBox="0 0 {WIDTH} {height:.0f}" '
            'font-family="Inter, Helvetica, Arial, DejaVu Sans, sans-serif">'
            f'<rect width="100%" height="100%" fill="#ffffff"/>{"".join(self._parts)}</svg>\n'
        )


SHORT = {
    "proxy": "proxy",
    "shop3": "shop, 3 products",
    "shop100": "shop, 100 products",
    "openloop": "shop, 1,500/s, p99",
    "open-circuit": "open circuit",
}


def _targets(canvas: Canvas, document: dict) -> None:
    rows = []
    for each in document["targets"]:
        if "ratio" in each:
            ours = each.get("our_title", "weir").removeprefix("weir").replace("pipelining: 16", "pipelined")
            label = f"{SHORT[each['suite']]}{ours} / {each['peer_title']}"
            words = f"{ratio(each['ratio'])} (target {each['limit_words']})"
            rows.append((label, each["ratio"] / each["limit"], words, each["met"]))
    memory = document["memory"]
    if "bytes" in memory:
        words = f"{memory['bytes'] / 1e6:.1f} MB (target ≤ {memory['limit'] / 1e6:.0f} MB)"
        rows.append(("memory", memory["bytes"] / memory["limit"], words, memory["met"]))
    if not rows:
        return
    canvas.heading("weir against its targets", "the line is the target; shorter is better")
    scale = BAR / max(1.25, *(share for _, share, _, _ in rows))
    top = canvas.y - 4
    for label, share, words, met in rows:
        canvas.text(LEFT - 12, canvas.y + 12, label, anchor="end")
        canvas.bar(LEFT, canvas.y, share * scale, OURS if met else OVER)
        canvas.text(LEFT + max(share, 1.0) * scale + 10, canvas.y + 12, words, size=12)
        canvas.y += ROW
    canvas.line(LEFT + scale, top, canvas.y - 6, INK, "4 3")


def _suite(canvas: Canvas, suite: dict) -> None:
    measured = {n: c for n, c in suite["contenders"].items() if "cpu_us" in c}
    if not measured:
        return
    metric = suite["shows"]
    unit = "p99, ms" if metric == "p99_us" else "CPU µs for each request"
    canvas.heading(suite["title"], unit)
    longest = max(each[metric] for each in measured.values())
    for name, each in measured.items():
        width = each[metric] / longest * BAR
        shown = f"{each[metric] / 1000:.2f}" if metric == "p99_us" else number(each[metric])
        canvas.text(LEFT - 12, canvas.y + 12, each["title"], anchor="end")
        canvas.bar(LEFT, canvas.y, width, OURS if name.startswith("weir") else PEER)
        canvas.text(LEFT + width + 10, canvas.y + 12, shown, size=12)
        if not suite["open_loop"]:
            rate = f"{number(each['per_second'])} requests/s"
            canvas.text(WIDTH - 24, canvas.y + 12, rate, size=12, fill=FAINT, anchor="end")
        canvas.y += ROW


def render(document: dict) -> str:
    canvas = Canvas()
    canvas.text(24, canvas.y, "weir beside its peers", size=19, weight="bold")
    canvas.y += 8
    _targets(canvas, document)
    for suite in document["suites"].values():
        _suite(canvas, suite)
    machine, rounds = document["machine"], document["options"]["rounds"]
    canvas.y += 18
    words = f"{machine['CPU']}, kernel {machine['kernel']}, {machine['system']}"
    canvas.text(24, canvas.y, words, size=11, fill=FAINT)
    canvas.y += 15
    words = f"{document['when']}; one core for each system; medians of {rounds} interleaved rounds"
    canvas.text(24, canvas.y, words, size=11, fill=FAINT)
    return canvas.finish()
