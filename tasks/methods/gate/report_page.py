"""The gate's report as a page: one file that loads nothing, in light and dark, from a telephone's width up."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape
from typing import Any

from tasks.methods.gate import report_plots as plots
from tasks.methods.gate import report_sections as sections
from tasks.methods.gate.report_html import listed, style_of, table, within

_STYLE = (
    """
:root{color-scheme:light dark;--ink:#1d2433;--soft:#5b6576;--paper:#fff;--line:#d9dee7;--ok:#2f7d5b;--bad:#c0392b;
--after:#3f6fb5}
@media(prefers-color-scheme:dark){:root{--ink:#e6e9ef;--soft:#a3acbb;--paper:#14181f;--line:#333b48;--ok:#58b98c;
--bad:#ff7b6b;--after:#8fb4ec}}
*{box-sizing:border-box}body{font:15px/1.5 system-ui,sans-serif;color:var(--ink);background:var(--paper);
max-width:62rem;margin:1.5rem auto;padding:0 1rem}
h1{font-size:1.5rem;margin:0}h2{font-size:1.15rem;margin:2.2rem 0 .4rem}p{margin:.4rem 0}
.verdict{font-weight:600;font-size:1.1rem}.ok{color:var(--ok)}.bad,.row .figure.bad{color:var(--bad)}
.soft,figcaption{color:var(--soft);font-size:.9rem}ul.said{margin:.4rem 0;padding-left:1.2rem}
.wide{overflow-x:auto}table{border-collapse:collapse;width:100%}th,td{text-align:left;vertical-align:top;
padding:.3rem .6rem .3rem 0;border-bottom:1px solid var(--line)}td.n,th.n{text-align:right;white-space:nowrap;
font-variant-numeric:tabular-nums}figure{margin:0}summary{cursor:pointer;color:var(--soft)}
"""
    + plots.STYLE
)

_FIRST = 6
"""Reasons that are shown at once."""


def as_html(report: Mapping[str, Any], title: str = "Leak gate", seconds: Mapping[str, float] | None = None) -> str:
    """The report for people.

    Args:
        report: as :func:`tasks.methods.gate.report.as_json` makes it.
        title: the page's.
        seconds: how long each kind of evidence took.
    """
    verdict, *said = report["sentences"]
    failed = len(report["why"])
    why = [f'<li class="bad">{escape(text)}</li>' for text in said[:failed]]
    more = "".join(why[_FIRST:])
    more = f'<details><summary>{failed - _FIRST:,} more</summary><ul class="said">{more}</ul></details>' if more else ""
    rest = listed(said[failed:])
    policy = f"policy {escape(report['policy'])}; " if report["policy"] else ""
    parts = [
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" '
        f'content="width=device-width,initial-scale=1"><title>{escape(title)}</title><style>{_STYLE}</style></head>',
        f"<body><h1>{escape(title)}</h1>",
        f'<p class="verdict {style_of(report)}">{escape(verdict)}</p><ul class="said">{"".join(why[:_FIRST])}</ul>'
        f"{more}{rest}",
        f'<p class="soft">{policy}a row with a finding of the gate\'s own detectors: '
        f"{escape(report['on_finding'])}. This page holds counts, no values; the ids of flagged records are in "
        "report.json.</p>",
        sections.independent_detectors(report),
        sections.known_values(report),
        sections.planted_values(report),
        sections.persons_sample(report),
        sections.small_groups(report),
        _not_looked_for(report),
        _shape(report),
        _seconds(seconds),
        "</body></html>\n",
    ]
    return "".join(parts)


def _not_looked_for(report: Mapping[str, Any]) -> str:
    asked = {
        "known": "values known from elsewhere in the run",
        "planted": "planted values, so no share of what masking misses is known",
        "review": "a person's sample of rows",
        "groups": "groups of rows with the same quasi-identifiers",
    }
    left = [text for key, text in asked.items() if not report[key]]
    unlimited = [str(kind) for kind in (report["planted"] or {}).get("not_planted", [])]
    lines = [
        ("Kinds without an independent detector", report["no_independent_evidence"]),
        ("Kinds of which nothing was planted", unlimited),
        ("Columns that the policy keeps as they are", report["columns_kept_by_policy"]),
        ("Evidence that was not asked for, or not here", [*report["not_checked"], *left]),
    ]
    items = [f"{label}: {'; '.join(dict.fromkeys(map(str, found))) or 'none'}." for label, found in lines]
    return f"<h2>What was not looked for</h2>{listed(items)}"


def _shape(report: Mapping[str, Any]) -> str:
    rows = [(line["name"], within(line)) for line in report["shape"]]
    return f"<h2>The table</h2>{table(('Expected', 'Holds'), rows)}"


def _seconds(seconds: Mapping[str, float] | None) -> str:
    if not seconds:
        return ""
    rows = [(name, f"{spent:,.1f} s") for name, spent in seconds.items()]
    return f"<h2>Time by kind of evidence</h2>{table(('', 'Time|n'), rows)}"
