"""Airlock's pages in Airflow's UI, as pure functions from the index of runs to HTML.

Whatever comes from the index is escaped; there is no script, and the policy sent with each page (:data:`POLICY`)
allows none. A page shows counts, times and sentences, never text of a row.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from html import escape
from typing import Any
from urllib.parse import quote

from tasks.core.errors import EXIT_CODES

Steps = Sequence[Mapping[str, Any]]
"""Entries of one run as ``tasks.core.runs.steps`` gives them."""

_CSS = """
:root{color-scheme:light dark;--ink:#1c2733;--quiet:#5b6875;--line:#d7dde3;--paper:#fff;--bar:#4779c4;--old:#9db8de;
--bad:#b3261e}
@media (prefers-color-scheme:dark){:root{--ink:#e3e8ed;--quiet:#9aa7b4;--line:#3a4450;--paper:#14191f;--bar:#6f9fe6;
--old:#43618f;--bad:#ff8a80}}
body{font:15px/1.5 system-ui,sans-serif;color:var(--ink);background:var(--paper);margin:1.5rem;max-width:64rem}
h1{font-size:1.3rem;margin:0 0 .3rem}p{color:var(--quiet);margin:.2rem 0 1rem}a{color:var(--bar)}
table{border-collapse:collapse;width:100%}th,td{text-align:left;padding:.3rem .7rem .3rem 0;border-bottom:1px solid
var(--line);vertical-align:top}th{font-weight:600;color:var(--quiet)}td.n,th.n{text-align:right}
.bad{color:var(--bad)}.quiet{color:var(--quiet)}svg{width:100%;height:auto}svg text{fill:var(--ink);font:13px system-ui}
svg .built{fill:var(--bar)}svg .reused{fill:var(--old)}svg .failed{fill:var(--bad)}
"""

POLICY = (
    "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'self'; "
    f"style-src 'sha256-{base64.b64encode(hashlib.sha256(_CSS.encode()).digest()).decode()}'"
)
"""The ``Content-Security-Policy`` of every page: its one style sheet, and nothing else."""


def runs_page(runs: Mapping[str, Steps], link: str = "run?id=") -> str:
    """All runs, the latest first: how each ended, and what it took.

    Args:
        runs: the entries of each run by its id.
        link: what stands before a quoted run id in a link.
    """
    latest = sorted(runs.items(), key=lambda item: max((step["at"] for step in item[1]), default=0), reverse=True)
    rows = [
        [
            f'<a href="{escape(link + quote(run_id, safe=""))}">{escape(run_id)}</a>',
            escape(str(steps[-1].get("name", ""))) if steps else "",
            _how_run_ended(steps),
            _number(sum(step["seconds"] for step in steps), 1),
            escape(_when(max((step["at"] for step in steps), default=0))),
        ]
        for run_id, steps in latest
    ]
    if not rows:
        return _page("Airlock", "<p>No run has left an entry in this deployment's clean zone yet.</p>")
    return _page("Airlock", _table(("run", "model", "ended", "seconds", "last step"), rows, numbers={3}))


def run_page(run_id: str, steps: Steps) -> str:
    """One run: its stages with status, seconds and counts, and a bar of seconds by stage."""
    if not steps:
        return _page(run_id, "<p>No step of this run is in the index: it hasn't ended one yet, or isn't Airlock's.</p>")
    name, dataset = (escape(str(steps[-1].get(field, ""))) for field in ("name", "dataset"))
    rows = [
        [
            escape(_label(step)),
            _how_step_ended(step),
            _number(step["seconds"], 1),
            escape(", ".join(f"{name} {value}" for name, value in _counts(step))),
        ]
        for step in steps
    ]
    about = f"<p>Model {name}, data set {dataset}.</p>"
    return _page(run_id, about + _bars(steps) + _table(("stage", "ended", "seconds", "counts"), rows, numbers={2}))


def sorry_page(sentence: str) -> str:
    """A page that says in a sentence why there is nothing to show."""
    return _page("Airlock", f'<p class="bad">{escape(sentence)}</p>')


def _page(title: str, body: str) -> str:
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">'
        f"<title>{escape(title)}</title><style>{_CSS}</style></head><body><h1>{escape(title)}</h1>{body}</body></html>"
    )


def _table(head: Sequence[str], rows: Iterable[Sequence[str]], numbers: set[int]) -> str:
    def line(tag: str, cells: Sequence[str]) -> str:
        marked = [(' class="n"' if i in numbers else "", cell) for i, cell in enumerate(cells)]
        return "<tr>" + "".join(f"<{tag}{mark}>{cell}</{tag}>" for mark, cell in marked) + "</tr>"

    return f"<table>{line('th', head)}{''.join(line('td', row) for row in rows)}</table>"


def _bars(steps: Steps) -> str:
    """Seconds by stage as horizontal bars; a mapped stage's shards are summed."""
    totals: dict[str, float] = {}
    kinds: dict[str, str] = {}
    for step in steps:
        stage = str(step["stage"])
        totals[stage] = totals.get(stage, 0.0) + step["seconds"]
        kind = "failed" if step["exit_code"] else "reused" if step["reused"] else "built"
        kinds[stage] = min(kinds.get(stage, kind), kind, key=("failed", "built", "reused").index)
    longest = max(*totals.values(), 1e-9) if totals else 1.0
    drawn = []
    for i, (stage, seconds) in enumerate(totals.items()):
        y, width = 24 * i, max(round(560 * seconds / longest, 1), 1)
        drawn.append(
            f'<text x="0" y="{y + 15}">{escape(stage)}</text>'
            f'<rect class="{kinds[stage]}" x="100" y="{y + 3}" width="{width}" height="16" rx="2"/>'
            f'<text x="{106 + width}" y="{y + 15}">{_number(seconds, 1)} s</text>'
        )
    return (
        f'<svg viewBox="0 0 760 {24 * len(totals)}" role="img" aria-label="Seconds by stage">{"".join(drawn)}</svg>'
        '<p class="quiet">Seconds by stage; pale where every artifact was reused.</p>'
    )


def _label(step: Mapping[str, Any]) -> str:
    return str(step["stage"]) + (f" {step['shard']:05d}" if step["shard"] is not None else "")


def _how_step_ended(step: Mapping[str, Any]) -> str:
    code = int(step["exit_code"])
    if code == 0:
        return '<span class="quiet">reused</span>' if step["reused"] else "done"
    return f'<span class="bad">{escape(_meaning(code))}</span><br>{escape(str(step["message"]))}'


def _how_run_ended(steps: Steps) -> str:
    failed = [step for step in steps if step["exit_code"]]
    if failed:
        last = failed[-1]
        return f'<span class="bad">{escape(_label(last))}: {escape(_meaning(int(last["exit_code"])))}</span>'
    if any(step["stage"] == "export" for step in steps):
        return '<span class="quiet">reused</span>' if all(step["reused"] for step in steps) else "done"
    return f'<span class="quiet">{escape(_label(steps[-1]))} done</span>' if steps else ""


def _meaning(code: int) -> str:
    return EXIT_CODES.get(code, f"exit code {code}")


def _counts(step: Mapping[str, Any]) -> list[tuple[str, str]]:
    refs = [ref["counts"] for ref in step["refs"]]
    if len(refs) > 1:  # one reference a shard
        return [("shards", f"{len(refs):,}"), ("rows", f"{sum(int(counts.get('rows', 0)) for counts in refs):,}")]
    figures = dict(refs[0]) if refs else {}
    return [
        (name, _number(value)) for name, value in figures.items() if isinstance(value, int | float) and name != "shard"
    ]


def _number(value: float, digits: int | None = None) -> str:
    if digits is not None:
        return f"{value:,.{digits}f}"
    return f"{value:,}" if isinstance(value, int) else f"{value:.4g}"


def _when(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%d %H:%M UTC")
