"""A data set's ε over time as an SVG file that reads on light and dark backgrounds."""

from __future__ import annotations

import calendar
import html
import math
import time
from collections.abc import Sequence

from tasks.command.ledger_figures import Step

_WIDTH, _HEIGHT, _LEFT, _TOP = 720, 300, 60, 40
_STYLE = (
    "svg{--ink:#1b2733;--counted:#2668a8;--tight:#1a7f4b;--budget:#b3261e;--soft:#b9c2cb;color-scheme:light dark}"
    "@media(prefers-color-scheme:dark){svg{--ink:#e6ebf0;--counted:#7fb4ea;--tight:#6fd39b;--budget:#ff8a80;"
    "--soft:#51606e}}text{fill:var(--ink);font:12px system-ui,sans-serif}.title{font-size:14px;font-weight:600}"
    "path,line{fill:none;stroke-width:1.5}.axis{stroke:var(--soft)}.counted{stroke:var(--counted)}"
    ".tight{stroke:var(--tight);stroke-dasharray:2 3}.budget{stroke:var(--budget);stroke-dasharray:6 4}"
    "circle{fill:var(--counted)}"
)


def as_svg(name: str, budget: float, delta: float, steps: Sequence[Step], at_most: int = 2000) -> str:
    """Draw ε after each charge as stairs, the tight figure beside what counts, and the budget.

    Args:
        name: the data set.
        budget: ε of its budget.
        delta: δ of its budget.
        steps: its charges, oldest first.
        at_most: points drawn of longer histories.
    """
    every = math.ceil(len(steps) / at_most) if steps else 1
    steps = [step for place, step in enumerate(steps) if place % every == 0 or place == len(steps) - 1]
    times = [_seconds(step.entry.created) for step in steps]
    first, last = (times[0], times[-1]) if times else (0.0, 1.0)
    span = (last - first) or 1.0
    highest = 1.1 * max(budget, *(step.counted for step in steps)) if steps else 1.1 * budget
    right, bottom = _LEFT + _WIDTH, _TOP + _HEIGHT

    def x(moment: float) -> float:
        # The first charge has a step of its own to rise by.
        return _LEFT + _WIDTH * (0.04 + 0.92 * (moment - first) / span)

    def y(epsilon: float) -> float:
        return bottom - _HEIGHT * epsilon / highest

    def stairs(figures: Sequence[float | None]) -> str:
        parts, height, period = [f"M{_LEFT},{bottom}"], 0.0, steps[0].period if steps else ""
        for moment, figure, step in zip(times, figures, steps, strict=True):
            if step.period != period:
                height, period = 0.0, step.period
                parts.append(f"M{x(moment):.1f},{bottom}")
            if figure is None:
                continue
            parts.append(f"L{x(moment):.1f},{y(height):.1f}L{x(moment):.1f},{y(figure):.1f}")
            height = figure
        return "".join([*parts, f"L{right},{y(height):.1f}"])

    marks = "".join(
        f'<circle cx="{x(moment):.1f}" cy="{y(step.counted):.1f}" r="2.5"><title>'
        f"{html.escape(f'{step.entry.created} {step.entry.run_id} ({step.entry.state}): ε {step.counted:.3g}')}"
        "</title></circle>"
        for moment, step in zip(times, steps, strict=True)
    )
    ticks = "".join(
        f'<line class="axis" x1="{_LEFT - 4}" y1="{y(value):.1f}" x2="{_LEFT}" y2="{y(value):.1f}"/>'
        f'<text x="{_LEFT - 8}" y="{y(value) + 4:.1f}" text-anchor="end">{value:.3g}</text>'
        for value in (0.0, budget / 2, budget)
    )
    dates = "".join(
        f'<text x="{place:.1f}" y="{bottom + 18}" text-anchor="{anchor}">{_day(moment)}</text>'
        for place, moment, anchor in ((x(first), first, "start"), (x(last), last, "end"))
        if times and (anchor == "start" or _day(first) != _day(last))
    )
    title = html.escape(f"ε spent on {name} at δ = {delta:g}")
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {right + 90} {bottom + 32}" role="img">'
        f"<title>{title}</title><style>{_STYLE}</style>"
        f'<text class="title" x="{_LEFT}" y="22">{title}</text>'
        f'<line class="axis" x1="{_LEFT}" y1="{bottom}" x2="{right}" y2="{bottom}"/>'
        f'<line class="axis" x1="{_LEFT}" y1="{_TOP}" x2="{_LEFT}" y2="{bottom}"/>{ticks}{dates}'
        f'<line class="budget" x1="{_LEFT}" y1="{y(budget):.1f}" x2="{right}" y2="{y(budget):.1f}"/>'
        f'<text x="{right + 6}" y="{y(budget) + 4:.1f}">budget {budget:g}</text>'
        f'<path class="tight" d="{stairs([step.tight for step in steps])}"/>'
        f'<path class="counted" d="{stairs([step.counted for step in steps])}"/>{marks}'
        f'<text x="{right}" y="22" text-anchor="end">solid: what counts; dotted: tight</text></svg>\n'
    )


def _seconds(created: str) -> float:
    return float(calendar.timegm(time.strptime(created, "%Y-%m-%dT%H:%M:%SZ")))


def _day(moment: float) -> str:
    return time.strftime("%Y-%m-%d", time.gmtime(moment))
