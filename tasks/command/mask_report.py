"""The report of ``airlock mask --out``: what was masked, how, and what that still tells. Counts only, no values."""

from __future__ import annotations

import html
from typing import Any

from tasks.core.policies import Policy

_STYLE = (
    "body{font:15px/1.45 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem;color:#1b1f24}"
    "table{border-collapse:collapse;width:100%;margin:.5rem 0 1.5rem}"
    "th,td{text-align:left;vertical-align:top;padding:.3rem .6rem;border-bottom:1px solid #d5dae0}"
    "td.n{text-align:right;font-variant-numeric:tabular-nums}.warn{border-left:4px solid #b35900;padding-left:.8rem}"
)


def kinds_table(policy: Policy, masked: dict[str, int], cells: dict[str, int]) -> list[dict[str, Any]]:
    """A line for each kind that was masked: counts, operator, what it discloses, and the policy's reason.

    Args:
        masked: spans in text by kind.
        cells: cells of structured columns by kind.
    """
    return [
        {
            "entity": entity,
            "in_text": masked.get(entity, 0),
            "cells": cells.get(entity, 0),
            "operator": rule.operator,
            "discloses": policy.disclosures[entity],
            "reason": rule.reason,
        }
        for entity, rule in policy.entities.items()
        if masked.get(entity) or cells.get(entity)
    ]


def as_html(report: dict[str, Any]) -> str:
    """The report as a page that needs nothing else."""
    warnings = "".join(f'<p class="warn">{html.escape(line)}</p>' for line in report["warnings"])
    counts = _table(
        ("", "rows"),
        [
            ("read", report["rows"]),
            ("written", report["rows_written"]),
            ("with something masked in text", report["rows_with_spans"]),
            *((f"set aside: {reason}", count) for reason, count in report["set_aside"].items()),
            ("with their number in place of an id that nobody declared", report["ids_replaced"]),
        ],
    )
    kinds = _table(
        ("kind", "in text", "cells", "operator", "a reader still learns", "why it is masked"),
        [(k["entity"], k["in_text"], k["cells"], k["operator"], k["discloses"], k["reason"]) for k in report["kinds"]],
    )
    columns = _table(
        ("column", "role", "kind", "what happened"),
        [(c["name"], c["role"], c["kind"] or "-", c["what"]) for c in report["columns"]],
    )
    return (
        f'<!doctype html><html lang="en"><meta charset="utf-8"><title>Masking report</title><style>{_STYLE}</style>'
        f"<h1>Masking report</h1><p>Policy <b>{html.escape(report['policy'])}</b> (SHA-256 "
        f"<code>{report['policy_sha256'][:16]}…</code>), language {html.escape(report['language'])}. "
        f"The gate's detectors added {report['remasked']:,} of {report['spans']:,} masked places. "
        "This page holds counts, no values.</p>"
        f"{warnings}<h2>Rows</h2>{counts}<h2>Kinds</h2>{kinds}<h2>Columns</h2>{columns}</html>\n"
    )


def _table(head: tuple[str, ...], rows: list[tuple[Any, ...]]) -> str:
    lines = ["<table><tr>" + "".join(f"<th>{html.escape(cell)}</th>" for cell in head) + "</tr>"]
    for row in rows:
        cells = (
            f'<td class="n">{cell:,}</td>' if isinstance(cell, int) else f"<td>{html.escape(str(cell))}</td>"
            for cell in row
        )
        lines.append("<tr>" + "".join(cells) + "</tr>")
    return "".join(lines) + "</table>"
