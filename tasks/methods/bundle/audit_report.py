"""What of an audit goes with the model: bounds, rates and counts; never a record, a canary or a curve of scores."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

FORMAT = "airlock/audit/1"
NAME, PAGE = "audit_report.json", "audit_report.html"


def as_json(report: Mapping[str, Any]) -> dict[str, Any]:
    """The audit's report for others.

    Args:
        report: the audit stage's own.
    """
    found: dict[str, Any] = {"format": FORMAT, "claim": report["claim"], "model": report["model"]}
    for part in ("canaries", "exposure", "extraction", "membership"):
        if part in report:
            found[part] = dict(report[part])
    if "membership" in found:
        attacks = found["membership"]["attacks"]
        # Every step of a curve is one record's score.
        found["membership"]["attacks"] = {
            name: {key: value for key, value in one.items() if key != "roc"} for name, one in attacks.items()
        }
    return found


def audited(report: Mapping[str, Any] | None) -> bool:
    """Whether anything was attacked."""
    return report is not None and bool(
        report.get("canaries", {}).get("deciding") or report.get("membership", {}).get("attacks")
    )


def for_card(report: Mapping[str, Any]) -> dict[str, Any]:
    """What the privacy card says of it."""
    from tasks.methods.attack.page import power

    said: dict[str, Any] = {"canaries": None, "membership": None}
    canaries = report.get("canaries", {})
    if deciding := canaries.get("deciding"):
        said["canaries"] = {
            "number": canaries["canaries"],
            "repeats": canaries["repeats"],
            "bound": deciding["bound"],
            "significance": deciding["significance"],
            "epsilon_lower_bound": deciding["epsilon_lower_bound"],
            "power": power(deciding, canaries["claim"]),
        }
    attacks = report.get("membership", {}).get("attacks", {})
    if attacks.get("calibrated"):
        said["membership"] = {"auc": attacks["calibrated"]["auc"]}
    return said


def outside(report: Mapping[str, Any]) -> list[str]:
    """Its figures of real records, by name."""
    names = {"membership": "rates of the membership attacks", "extraction": "how many records come back word for word"}
    return [name for part, name in names.items() if part in report]


def as_html(name: str, report: Mapping[str, Any]) -> str:
    """The page for others."""
    from tasks.methods.attack.page import as_html as page

    return page(f"Audit of {name}", report, [])
