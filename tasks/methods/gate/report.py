"""The gate's report: what people and programs read. Counts, kinds, places of records; never a value."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from itertools import islice
from typing import Any

from tasks.methods.gate.decision import Verdict
from tasks.methods.gate.planted_words import sentence_all
from tasks.methods.gate.report_page import as_html
from tasks.methods.gate.review import ReviewBound
from tasks.methods.gate.why import why

__all__ = ["as_html", "as_json", "refusal", "sentences"]

SHOWN = 10_000
"""Record ids of each kind of evidence in the report; the evidence's tables have them all."""

_THEN = {
    "remask": "the clean table has its tag in their place",
    "keep": "they stay as they are",
    "quarantine": "these rows are left out of the clean table",
}


def refusal(verdict: Verdict, where: str) -> str:
    """The sentence of a shut gate: of the first thing that doesn't hold, and how many more there are.

    Args:
        verdict: a decision that didn't pass.
        where: where the report lies.
    """
    first, *more = verdict.failures
    text = f"leak gate: {why(first)}"
    if more:
        text += f"; {_count(len(more), 'more expectation does', 'more expectations do')} not hold"
    return f"{text}; the report is {where}"


def as_json(
    verdict: Verdict,
    evidence: Mapping[str, Any],
    on_finding: str,
    records: Iterable[int],
    *,
    policy: str = "",
    known: Mapping[str, Any] | None = None,
    planted: Mapping[str, Any] | None = None,
    review: Mapping[str, Any] | None = None,
    groups: Mapping[str, Any] | None = None,
    records_by: Mapping[str, Iterable[int]] | None = None,
    not_checked: Sequence[str] = (),
) -> dict[str, Any]:
    """The report for programs.

    Args:
        verdict: the decision.
        evidence: ``evidence.json``: detectors, kinds without one, columns left out, findings by detector.
        on_finding: what is done with a row that has a finding.
        records: record ids with a finding of the gate's own detectors, for those who may see the raw zone;
            the report lists the first :data:`SHOWN` and counts all, here and in ``records_by``.
        policy: its name.
        known: ``known.json``; none of this and the next three: not asked for.
        planted: ``planted.json``.
        review: the numbers of a :class:`~tasks.methods.gate.review.ReviewBound`.
        groups: ``groups.json`` and what :func:`~tasks.methods.gate.groups.below` says of it.
        records_by: record ids by further kinds of evidence: ``known``, ``groups``.
        not_checked: kinds of evidence that the policy asks for and that were not looked for here, each with why.
    """
    flagged = {"independent": records, **(records_by or {})}
    listed = {name: _counted(ids) for name, ids in sorted(flagged.items())}
    report: dict[str, Any] = {
        "passed": verdict.passed,
        "policy": policy,
        "rows": verdict.rows,
        "on_finding": on_finding,
        "why": [why(line) for line in verdict.failures],
        "entities": [
            {**asdict(line), "share": line.found / verdict.rows if verdict.rows else 0.0} for line in verdict.entities
        ],
        "others": [asdict(line) for line in verdict.others],
        "shape": [{"name": line.name, "passed": line.passed} for line in verdict.shape],
        "no_independent_evidence": evidence["no_independent_evidence"],
        "columns_kept_by_policy": evidence["columns_kept_by_policy"],
        "found_by": evidence["found_by"],
        "detectors": evidence["detectors"],
        "known": known,
        "planted": planted,
        "review": review,
        "groups": groups,
        "not_checked": list(not_checked),
        "rows_flagged": {name: count for name, (_, count) in listed.items()},
        "flagged_records": listed["independent"][0],
        "flagged_by": {name: ids for name, (ids, _) in listed.items() if name != "independent"},
    }
    return {"sentences": sentences(report), **report}


def _counted(records: Iterable[int]) -> tuple[list[int], int]:
    """The first of the record ids, and how many there are."""
    ids = iter(records)
    first = list(islice(ids, SHOWN))
    return first, len(first) + sum(1 for _ in ids)


def sentences(report: Mapping[str, Any]) -> list[str]:
    """What a reader sees first: the verdict, what decided it, and what each kind of evidence says.

    Args:
        report: as :func:`as_json` makes it.
    """
    rows = report["rows"]
    said = [_verdict(report), *map(_ended, report["why"])]
    found = report["rows_flagged"]["independent"]
    then = f"; {_THEN[report['on_finding']]}" if found and report["passed"] else ""
    said.append(f"The gate's own detectors find something in {_share(found, rows)} masked rows{then}.")
    if report["known"] is not None:
        count = report["rows_flagged"]["known"]
        said.append(f"Values that were masked elsewhere still stand in {_share(count, rows)} rows.")
    if report["planted"]:
        said.append(_ended(sentence_all(report["planted"])))
        if report["on_finding"] == "remask" and report["planted"]["kinds"]:
            said.append(_ended(sentence_all(report["planted"], after_remask=True)))
    if report["review"]:
        said.append(ReviewBound(**report["review"]).sentence())
    said += [_groups(line) for line in report["others"] if line["evidence"] == "groups" and line["passed"]]
    return said + [f"Not looked for here, though the policy asks for it: {what}." for what in report["not_checked"]]


def _verdict(report: Mapping[str, Any]) -> str:
    asked = [*report["shape"], *report["entities"], *report["others"]]
    if report["passed"]:
        return f"The gate is open: in {report['rows']:,} masked rows all {len(asked)} expectations hold."
    failed = sum(not line["passed"] for line in asked)
    return (
        f"The gate is shut: in {report['rows']:,} masked rows "
        f"{_count(failed, 'expectation does', 'expectations do')} not hold, of {len(asked)}."
    )


def _groups(line: Mapping[str, Any]) -> str:
    return f"{line['name']}: {_share(line['found'], line['of'])} rows are below it, which is within the limit."


def _share(count: int, of: int) -> str:
    if not count or not of:
        return f"{count:,} of {of:,}"
    share = 100 * count / of
    return f"{count:,} of {of:,} ({f'{share:.1f}' if share >= 0.1 else 'less than 0.1'} %)"


def _count(number: int, one: str, several: str) -> str:
    return f"{number:,} {one if number == 1 else several}"


def _ended(text: str) -> str:
    text = text if text[1:2] == "-" else text[:1].upper() + text[1:]
    return text if text.endswith(".") else f"{text}."
