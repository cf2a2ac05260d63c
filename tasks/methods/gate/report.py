"""The gate's report: what people and programs read. Counts, kinds, places of records; never a value."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from html import escape
from typing import Any

from tasks.methods.gate.verdict import Line, Verdict

_STYLE = """
:root{color-scheme:light dark;--ink:#1d2433;--soft:#667085;--paper:#fff;
--line:#d9dee7;--ok:#2f7d5b;--bad:#c0392b;--cap:#8a6d1d}
@media(prefers-color-scheme:dark){:root{--ink:#e6e9ef;--soft:#98a2b3;--paper:#14181f;
--line:#333b48;--ok:#58b98c;--bad:#ff7b6b;
--cap:#e0bd5b}}
body{font:15px/1.5 system-ui,sans-serif;color:var(--ink);background:var(--paper);max-width:60rem;
margin:2rem auto;padding:0 1rem}
h1{font-size:1.5rem;margin:0}h2{font-size:1.1rem;margin:2rem 0 .5rem}
.verdict{font-weight:600}.ok{color:var(--ok)}.bad{color:var(--bad)}
table{border-collapse:collapse;width:100%}th,td{text-align:left;padding:.3rem .6rem;border-bottom:1px solid var(--line)}
td.n,th.n{text-align:right;font-variant-numeric:tabular-nums}.soft{color:var(--soft)}svg{width:100%;height:auto}
svg text{fill:var(--ink);font:12px system-ui,sans-serif}
"""


def sentence(line: Line, rows: int, where: str) -> str:
    """Why the gate is shut, in one sentence.

    Args:
        line: an expectation that doesn't hold.
        rows: rows in all.
        where: where the report lies.
    """
    if line.limit is None:
        return (
            f"leak gate: the masked table is not what masking promised (it should hold that {line.name}): "
            f"run mask again; the report is {where}"
        )
    what = line.name or "a finding of any kind"
    return (
        f"leak gate: {what} is still in {line.found:,} of {rows:,} rows, and the limit is {line.allowed:,} rows "
        f"({line.limit:.2%}): mend the masking policy, or raise its limit if these are false alarms; the "
        f"report is {where}"
    )


def as_json(
    verdict: Verdict,
    evidence: Mapping[str, Any],
    on_finding: str,
    records: Sequence[int],
) -> dict[str, Any]:
    """The report for programs.

    Args:
        verdict: the decision.
        evidence: ``evidence.json``: detectors, kinds without one, columns left out, findings by detector.
        on_finding: what is done with a row that has a finding.
        records: record ids with a finding, for those who may see the raw zone.
    """
    return {
        "passed": verdict.passed,
        "rows": verdict.rows,
        "on_finding": on_finding,
        "entities": [
            {**asdict(line), "share": line.found / verdict.rows if verdict.rows else 0.0} for line in verdict.entities
        ],
        "shape": [{"name": line.name, "passed": line.passed} for line in verdict.shape],
        "no_independent_evidence": evidence["no_independent_evidence"],
        "columns_kept_by_policy": evidence["columns_kept_by_policy"],
        "found_by": evidence["found_by"],
        "detectors": evidence["detectors"],
        "flagged_records": list(records),
    }


def as_html(report: Mapping[str, Any], title: str = "Leak gate") -> str:
    """The report for people: one file that loads nothing, in light and dark."""
    passed = report["passed"]
    word, style = ("open", "ok") if passed else ("shut", "bad")
    lines = "".join(_row(line, report["found_by"]) for line in report["entities"])
    shape = "".join(
        f'<tr><td>{escape(line["name"])}</td><td class="{_style(line)}">{_yes(line["passed"])}</td></tr>'
        for line in report["shape"]
    )
    unseen = ", ".join(map(escape, report["no_independent_evidence"])) or "none"
    kept = ", ".join(map(escape, report["columns_kept_by_policy"])) or "none"
    detectors = ", ".join(escape(str(d["name"])) for d in report["detectors"])
    return (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8">'
        f'<meta name="viewport" content="width=device-width">'
        f"<title>{escape(title)}</title><style>{_STYLE}</style></head><body><h1>{escape(title)}</h1>"
        f'<p class="verdict {style}">The gate is {word}.</p><p class="soft">{report["rows"]:,} masked rows; '
        f"a row with a finding: {escape(report['on_finding'])}; detectors: {detectors}.</p>"
        f"<h2>Rows with a finding, by kind, against the limit</h2>{_plot(report['entities'])}"
        '<table><tr><th>Kind</th><th class="n">Rows</th><th class="n">Share</th><th class="n">Limit</th>'
        "<th>Found by</th>"
        f"<th>Within</th></tr>{lines}</table><h2>The table</h2><table>{shape}</table>"
        f"<h2>What was not looked for</h2><p>Kinds without an independent detector: {unseen}.</p>"
        f"<p>Columns that the policy keeps as they are: {kept}.</p></body></html>\n"
    )


def _row(line: Mapping[str, Any], found_by: Mapping[str, Mapping[str, int]]) -> str:
    by = ", ".join(f"{escape(name)} {count:,}" for name, count in sorted(found_by.get(line["name"], {}).items()))
    return (
        f'<tr><td>{escape(line["name"] or "any kind")}</td><td class="n">{line["found"]:,}</td>'
        f'<td class="n">{line["share"]:.2%}</td><td class="n">{line["limit"]:.2%}</td><td class="soft">{by}</td>'
        f'<td class="{_style(line)}">{_yes(line["passed"])}</td></tr>'
    )


def _style(line: Mapping[str, Any]) -> str:
    return "ok" if line["passed"] else "bad"


def _yes(passed: bool) -> str:
    return "yes" if passed else "no"


def _plot(lines: Sequence[Mapping[str, Any]]) -> str:
    """Bars of the share of rows by kind, a mark at each limit."""
    top = max([0.01, *(line["share"] for line in lines), *(line["limit"] for line in lines)])
    left, width, step = 200, 520, 22
    parts = []
    for k, line in enumerate(lines):
        y = k * step
        bar, cap = width * line["share"] / top, left + width * line["limit"] / top
        parts.append(
            f'<text x="{left - 8}" y="{y + 15}" text-anchor="end">{escape(line["name"] or "any kind")}</text>'
            f'<rect x="{left}" y="{y + 4}" width="{max(bar, 0.5):.1f}" height="14" fill="var(--{_style(line)})"/>'
            f'<line x1="{cap:.1f}" x2="{cap:.1f}" y1="{y + 1}" y2="{y + 21}" stroke="var(--cap)" stroke-width="2"/>'
            f'<text x="{left + max(bar, 0.5) + 6:.1f}" y="{y + 15}">{line["share"]:.2%}</text>'
        )
    height = len(lines) * step + 4
    return (
        f'<svg viewBox="0 0 {left + width + 80} {height}" role="img" '
        f'aria-label="Share of rows with a finding by kind; the upright line is the limit">{"".join(parts)}</svg>'
    )
