"""The curves of a training run as a page for the sealed zone: losses of training rows, clipping, and ε so far."""

from __future__ import annotations

import html
from collections.abc import Sequence

_WIDTH, _HEIGHT, _LEFT, _TOP, _POINTS = 720, 180, 56, 24, 600
NOT_PRIVATE = (
    "Not private: losses and clipping are exact figures of training records, outside the guarantee. They stay in the "
    "sealed zone."
)


def as_html(
    losses: Sequence[float | None], clipped: Sequence[float | None], epsilons: Sequence[float], title: str
) -> str:
    """A self-contained page with one curve each, by step.

    Args:
        losses: mean loss of each step's rows; ``None`` where its batch was empty.
        clipped: share of units whose gradient was clipped, likewise.
        epsilons: ε spent after each step.
        title: what was trained, without a private value.
    """
    plots = [
        _plot("Mean training loss of the step's batch (not private)", losses, None),
        _plot("Share of units whose gradient was clipped (not private)", clipped, 1.0),
        _plot("ε spent", epsilons, None),
    ]
    return (
        '<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">'
        f"<title>{html.escape(title)}</title><style>:root{{color-scheme:light dark;--ink:#1b2733;--line:#2668a8;"
        "--soft:#b9c2cb}@media(prefers-color-scheme:dark){:root{--ink:#e6ebf0;--line:#7fb4ea;--soft:#51606e}}"
        "body{font:15px/1.5 system-ui,sans-serif;max-width:50rem;margin:2rem auto;padding:0 1rem;color:var(--ink)}"
        "svg{width:100%;height:auto}svg text{fill:var(--ink);font:12px system-ui,sans-serif}"
        "svg path{fill:none;stroke:var(--line);stroke-width:1.5}svg line{stroke:var(--soft)}</style>"
        f"<h1>{html.escape(title)}</h1><p><strong>{NOT_PRIVATE}</strong></p>{''.join(plots)}</html>"
    )


def _plot(name: str, values: Sequence[float | None], top: float | None) -> str:
    """One curve from 0 up; steps without a value are left out, long runs are drawn by every n-th step."""
    every = max(1, len(values) // _POINTS)
    points = [(step + 1, value) for step, value in enumerate(values) if value is not None and step % every == 0]
    highest = top or max((value for _, value in points), default=1.0) or 1.0
    steps = max(len(values), 1)

    def place(step: int, value: float) -> str:
        return f"{_LEFT + _WIDTH * step / steps:.1f},{_TOP + _HEIGHT * (1 - value / highest):.1f}"

    path = "M" + "L".join(place(*point) for point in points) if points else ""
    bottom, right = _TOP + _HEIGHT, _LEFT + _WIDTH
    return (
        f'<figure><figcaption>{html.escape(name)}</figcaption><svg viewBox="0 0 {right + 12} {bottom + 28}" role="img" '
        f'aria-label="{html.escape(name)} by step">'
        f'<line x1="{_LEFT}" y1="{bottom}" x2="{right}" y2="{bottom}"/>'
        f'<line x1="{_LEFT}" y1="{_TOP}" x2="{_LEFT}" y2="{bottom}"/><path d="{path}"/>'
        f'<text x="{_LEFT - 6}" y="{_TOP + 4}" text-anchor="end">{highest:.3g}</text>'
        f'<text x="{_LEFT - 6}" y="{bottom}" text-anchor="end">0</text>'
        f'<text x="{right}" y="{bottom + 18}" text-anchor="end">step {steps:,}</text></svg></figure>'
    )
