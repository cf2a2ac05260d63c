"""The report's plots: rows of inline SVG whose shapes stretch with the page and whose letters don't.

Every row is a grid of a label, a track and a figure. The track's coordinates are percentages, so that the labels stay
as large on a telephone as on a wall.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

_TOPS = (0.01, 0.02, 0.05, 0.1, 0.25, 0.5, 1.0)
_TICKS = {
    0.01: (0.001, 0.005),
    0.02: (0.005, 0.01),
    0.05: (0.01, 0.02),
    0.1: (0.01, 0.02, 0.05),
    0.25: (0.01, 0.05, 0.1),
    0.5: (0.01, 0.05, 0.1, 0.25),
    1.0: (0.01, 0.05, 0.1, 0.25, 0.5),
}

STYLE = """
.plot{margin:.6rem 0 1rem}.row{display:grid;grid-template-columns:15rem 1fr 15rem;gap:.1rem .8rem;align-items:center}
.row svg{width:100%;display:block;overflow:visible}.row .label{overflow-wrap:anywhere}.row .figure{color:var(--soft);
font-variant-numeric:tabular-nums}svg text{fill:var(--soft);font:12px system-ui,sans-serif}
@media(max-width:680px){.row{grid-template-columns:1fr auto}.row svg{grid-column:1/-1;grid-row:2}
.row{margin-bottom:.45rem}}
"""


@dataclass(frozen=True)
class Bar:
    """A share of something.

    Attributes:
        label: what of.
        share: between 0 and 1.
        figure: the same in words, beside the bar.
        limit: the largest share that is allowed, where there is one.
        bad: whether it is over it.
    """

    label: str
    share: float
    figure: str = ""
    limit: float | None = None
    bad: bool = False


@dataclass(frozen=True)
class Interval:
    """A share that is known with an upper bound, before and after something was done.

    Attributes:
        label: what of.
        share: what was counted.
        bound: the upper bound.
        figure: the same in words.
        after: share and bound after it was done, where that was judged.
        limit: the largest bound that is allowed.
        bad: whether the bound is over it.
    """

    label: str
    share: float
    bound: float
    figure: str = ""
    after: tuple[float, float] | None = None
    limit: float | None = None
    bad: bool = False


def bars(rows: Sequence[Bar], caption: str) -> str:
    """Shares as bars on a square-root scale, an upright mark at each limit."""
    top = _top([*(row.share for row in rows), *(row.limit or 0.0 for row in rows)])
    lines = [
        _row(row.label, _bar(row.share, top, _style(row.bad)) + _mark(row.limit, top), row.figure, row.bad)
        for row in rows
    ]
    return _figure(lines, top, caption)


def intervals(rows: Sequence[Interval], caption: str) -> str:
    """Shares as points, each with a line from it to its upper bound; what it is afterwards stands below, hollow."""
    top = _top([max(row.bound, row.limit or 0.0, *(row.after or (0.0,))) for row in rows])
    lines = []
    for row in rows:
        shapes = _whisker(row.share, row.bound, top, 8, _style(row.bad), filled=True)
        if row.after is not None:
            shapes += _whisker(*row.after, top, 19, "after", filled=False)
        height = 18 if row.after is None else 26
        lines.append(_row(row.label, shapes + _mark(row.limit, top, height), row.figure, row.bad, height))
    return _figure(lines, top, caption)


def _figure(lines: Sequence[str], top: float, caption: str) -> str:
    ticks = [0.0, *_TICKS[top], top]
    marks = "".join(
        f'<line x1="{_x(tick, top)}" x2="{_x(tick, top)}" y1="0" y2="4" stroke="var(--soft)"/>'
        f'<text x="{_x(tick, top)}" y="16" text-anchor="{_anchor(tick, top)}">{_percent(tick)}</text>'
        for tick in ticks
    )
    axis = _row("", f'<line x1="0" x2="100%" y1="0" y2="0" stroke="var(--line)"/>{marks}', "", False, 20)
    return (
        f'<figure class="plot">{"".join(lines)}{axis}<figcaption class="soft">{escape(caption)} The scale is that of '
        "square roots, so that small shares can be seen.</figcaption></figure>"
    )


def _row(label: str, shapes: str, figure: str, bad: bool, height: int = 18) -> str:
    style, sign = (" bad", "\u2717 ") if bad else ("", "")  # not by colour alone
    return (
        f'<div class="row"><span class="label">{escape(label)}</span><svg height="{height}" aria-hidden="true">{shapes}'
        f'</svg><span class="figure{style}">{sign}{escape(figure)}</span></div>'
    )


def _bar(share: float, top: float, style: str) -> str:
    if not share:
        return ""
    return f'<rect x="0" y="3" width="{_x(share, top)}" height="12" rx="2" fill="var(--{style})"/>'


def _whisker(share: float, bound: float, top: float, y: int, style: str, filled: bool) -> str:
    fill = f"var(--{style})" if filled else "var(--paper)"
    return (
        f'<line x1="{_x(share, top)}" x2="{_x(bound, top)}" y1="{y}" y2="{y}" stroke="var(--{style})" '
        f'stroke-width="3"/><line x1="{_x(bound, top)}" x2="{_x(bound, top)}" y1="{y - 5}" y2="{y + 5}" '
        f'stroke="var(--{style})" stroke-width="2"/><circle cx="{_x(share, top)}" cy="{y}" r="4" fill="{fill}" '
        f'stroke="var(--{style})" stroke-width="2"/>'
    )


def _mark(limit: float | None, top: float, height: int = 18) -> str:
    if limit is None:
        return ""
    x = _x(limit, top)
    return f'<line x1="{x}" x2="{x}" y1="0" y2="{height}" stroke="var(--ink)" stroke-width="2"/>'


def _x(share: float, top: float) -> str:
    return f"{100 * math.sqrt(min(share, top) / top):.2f}%"


def _anchor(tick: float, top: float) -> str:
    return "start" if tick == 0 else "end" if tick == top else "middle"


def _percent(share: float) -> str:
    return f"{100 * share:g} %"


def _style(bad: bool) -> str:
    return "bad" if bad else "ok"


def _top(shares: Sequence[float]) -> float:
    """The smallest round share at the scale's end that holds all of them."""
    return next((top for top in _TOPS if top >= max(shares, default=0.0)), 1.0)
