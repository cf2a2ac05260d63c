"""Pieces of the gate's pages. Everything that is given to them is escaped."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from html import escape
from typing import Any


def listed(items: Iterable[str]) -> str:
    """Sentences as a list."""
    return f'<ul class="said">{"".join(f"<li>{escape(item)}</li>" for item in items)}</ul>'


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table that scrolls by itself; a head that ends in ``|n`` is that of figures."""
    figures = [cell.endswith("|n") for cell in head]
    cells = zip(head, figures, strict=True)
    names = "".join(f"<th{_right(figure)}>{escape(cell.removesuffix('|n'))}</th>" for cell, figure in cells)
    lines = "".join(
        "<tr>"
        + "".join(f"<td{_right(figure)}>{escape(cell)}</td>" for cell, figure in zip(row, figures, strict=True))
        + "</tr>"
        for row in rows
    )
    return f'<div class="wide"><table><tr>{names}</tr>{lines}</table></div>'


def _right(figure: bool) -> str:
    return ' class="n"' if figure else ""


def name_of(line: Mapping[str, Any]) -> str:
    """A line's kind, in words."""
    return str(line["name"] or "any kind")


def within(line: Mapping[str, Any]) -> str:
    """Whether a line holds."""
    return "yes" if line["passed"] else "no"


def style_of(line: Mapping[str, Any]) -> str:
    """The class of what holds, or doesn't."""
    return "ok" if line["passed"] else "bad"
