"""What was masked, how, and what masking misses of values that were invented to measure it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

from tasks.methods.bundle.page import bars, document, listed, table

FORMAT = "airlock/masking-report/1"


def as_json(
    *, policy: str, standard: str, lines: Sequence[Mapping[str, str]], leak_check: Mapping[str, Any]
) -> dict[str, Any]:
    """The report.

    Args:
        policy: its name.
        standard: the standard that it follows, or empty.
        lines: the policy's lines: ``kind``, ``operator`` and ``reason``.
        leak_check: what of the gate's report may leave (:mod:`tasks.methods.gate.shared`).
    """
    return {
        "format": FORMAT,
        "policy": policy,
        "standard": standard,
        "lines": [dict(line) for line in lines],
        "measured_on": "invented values, planted among the records and removed before training",
        "planted": leak_check["planted"],
        "outside_the_guarantee": [],
    }


def as_html(report: Mapping[str, Any]) -> str:
    """The page."""
    planted = report["planted"]
    rows = [(line["kind"], line["operator"], line["reason"]) for line in report["lines"]]
    standard = f" It follows {report['standard']}." if report["standard"] else ""
    body = [
        f'<p class="soft">Policy {escape(report["policy"])}.{escape(standard)} No count of anybody\'s rows is on this '
        "page.</p>",
        "<h2>What masking misses</h2>",
        _planted(planted) if planted else "<p>Nothing was planted, so no share of what masking misses is known.</p>",
        "<h2>What becomes of each kind</h2>",
        table(("kind", "operator", "why"), rows),
    ]
    return document("Masking report", body)


def _planted(planted: Mapping[str, Any]) -> str:
    kinds = sorted((one for one in planted["kinds"] if one["of"]), key=lambda one: (-one["bound"], one["name"]))
    if not kinds:
        return "<p>Nothing was planted, so no share of what masking misses is known.</p>"
    largest = max([one["bound"] for one in kinds] + [one["limit"] or 0 for one in kinds if (one["limit"] or 0) < 0.5])
    shares = [
        (f"{one['name']} ({one['found']}/{one['of']})", one["bound"], one["limit"], f"≤ {one['bound']:.1%}")
        for one in kinds
    ]
    left = f"No values can be made of {', '.join(planted['not_planted'])}." if planted["not_planted"] else ""
    return (
        "<p>Values were invented, planted in sentences among the records, and masked like all others. In brackets how "
        "many came through, of how many; the bar is the largest share that this many allow with 95 % confidence, "
        "the line the policy's limit.</p>" + bars(shares, largest) + (listed([left]) if left else "")
    )
