"""What of the gate's report may leave with a model: verdicts, limits, and figures of invented values alone.

Counts over people's rows stay in the report in the raw zone. That each verdict passed does depend on them; it is
the one thing here that does.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tasks.methods.gate.decision import KNOWN, PLANTED, REVIEW

FORMAT = "airlock/leak-check/1"


def as_json(report: Mapping[str, Any]) -> dict[str, Any]:
    """The part of :func:`tasks.methods.gate.report.as_json` that may leave."""
    lines = {kind: [one for one in report["others"] if one["evidence"] == kind] for kind in (KNOWN, PLANTED, REVIEW)}
    groups, planted = report["groups"], report["planted"]
    return {
        "format": FORMAT,
        "passed": bool(report["passed"]),
        "policy": report["policy"],
        "on_finding": report["on_finding"],
        "independent": {
            "detectors": sorted({str(one["name"]) for one in report["detectors"]}),
            "limits": {line["name"]: line["limit"] for line in report["entities"]},
            "passed": all(line["passed"] for line in report["entities"]),
            "kinds_without_a_second_detector": sorted(report["no_independent_evidence"]),
        },
        "known": _limited(lines[KNOWN]) if report["known"] else None,
        "planted": {
            "kinds": [
                {name: line[name] for name in ("name", "of", "found", "bound", "limit", "passed")}
                for line in lines[PLANTED]
            ],
            "not_planted": sorted(planted.get("not_planted", [])),
        }
        if planted
        else None,
        "review": _limited(lines[REVIEW]) if lines[REVIEW] else None,
        "groups": {name: groups[name] for name in ("k", "l") if name in groups} if groups else None,
        "not_checked": list(report["not_checked"]),
        "depends_on_rows": "that the gate passed, for each kind of evidence but planted values",
    }


def _limited(lines: list[Mapping[str, Any]]) -> dict[str, Any]:
    return {"limits": {line["name"]: line["limit"] for line in lines}, "passed": all(line["passed"] for line in lines)}
