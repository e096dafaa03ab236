"""Markdown tables whose columns also line up in a terminal."""

from __future__ import annotations

from typing import Sequence


def table(head: Sequence[str], rows: Sequence[Sequence[str]], right: Sequence[int] = ()) -> str:
    widths = [max(len(row[i]) for row in [head, *rows]) for i in range(len(head))]

    def line(cells: Sequence[str]) -> str:
        padded = (
            cell.rjust(width) if i in right else cell.ljust(width)
            for i, (cell, width) in enumerate(zip(cells, widths))
        )
        return "| " + " | ".join(padded) + " |"

    rule = ("-" * (width - 1) + (":" if i in right else "-") for i, width in enumerate(widths))
    return "\n".join([line(head), "| " + " | ".join(rule) + " |", *map(line, rows)])


def number(value: float) -> str:
    """Three digits that mean something, thousands marked."""
    if value >= 100:
        return f"{value:,.0f}"
    return f"{value:.1f}" if value >= 10 else f"{value:.2f}"


def ratio(value: float) -> str:
    return f"{value:.3f}" if value >= 0.1 else f"{value:.4f}"
