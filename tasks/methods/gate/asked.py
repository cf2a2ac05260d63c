"""What is expected of the evidence, kind by kind, in Great Expectations' words."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from tasks.methods.gate import counts
from tasks.methods.gate.checkpoint import Asked
from tasks.methods.gate.decision import (
    GROUPS,
    INDEPENDENT,
    KNOWN,
    PLANTED,
    REVIEW,
    GroupLimits,
    Limits,
    Line,
    allowed_rows,
    planted_needed,
)
from tasks.methods.gate.evidence import FOUND
from tasks.methods.gate.quiet import Column, gxe

CONSERVED, ONCE, SHARD_ROWS, TEXT_KEPT, COLUMNS = (
    "every row that masking promised has evidence",
    "every row has evidence once",
    "every shard holds the rows it promised",
    "no row lost its text",
    "every shard has the declared columns",
)
"""What is expected of the table's shape."""


def shape(rows: int, columns: str, limits: Limits) -> Iterator[Asked]:
    """The table is what masking promised, and every kind of evidence saw all of it."""
    yield from _all_rows(rows, counts.ROWS, "")
    equal = gxe.ExpectColumnPairValuesToBeEqual(column_A="rows", column_B="rows_promised")
    yield Asked(Line(SHARD_ROWS), equal, counts.SHARDS)
    kept = gxe.ExpectColumnSumToBeBetween(column="rows_without_text", min_value=0, max_value=0)
    yield Asked(Line(TEXT_KEPT), kept, counts.SHARDS)
    declared = gxe.ExpectColumnValuesToBeInSet(column="columns", value_set=[columns])
    yield Asked(Line(COLUMNS), declared, counts.SHARDS)
    if limits.known_values is not None:
        yield from _all_rows(rows, counts.KNOWN, KNOWN)
    if limits.groups is not None:
        yield from _all_rows(_grouped(rows, limits.groups), counts.GROUPS, GROUPS)


def independent(rows: int, limits: Limits) -> Iterator[Asked]:
    """Findings of the gate's own detectors."""
    for entity, limit in limits.independent.items():
        yield _found(entity, limit, rows, counts.ROWS, INDEPENDENT, "a finding")


def others(rows: int, limits: Limits) -> Iterator[Asked]:
    """The other kinds of evidence, those asked for."""
    for entity in limits.detectors_required:
        seen = gxe.ExpectColumnMinToBeBetween(
            column="detector",
            min_value=1,
            description=f"{entity}: the gate must have a detector of its own",
            **_only(entity),
        )
        yield Asked(Line(entity, evidence=INDEPENDENT), seen, counts.KINDS)
    for entity, limit in (limits.known_values or {}).items():
        yield _found(entity, limit, rows, counts.KNOWN, KNOWN, "a value that is known from elsewhere")
    for entity, limit in (limits.planted or {}).items():
        line = Line(entity, limit=limit, evidence=PLANTED, needed=planted_needed(limit, limits.confidence))
        what = f"{entity}: the upper bound of the share of planted values that came through is at most {limit}"
        yield _bound(line, counts.PLANTED, what, **_only(entity))
    if limits.groups is not None:
        yield from _groups(_grouped(rows, limits.groups), limits.groups)
    if limits.review is not None:
        line = Line("rows that leak", limit=limits.review, evidence=REVIEW)
        what = f"Review: the upper bound of the share of rows that leak is at most {limits.review}"
        yield _bound(line, counts.REVIEW, what)


def _all_rows(rows: int, table: str, evidence: str) -> Iterator[Asked]:
    of = f" of {evidence}" if evidence else ""
    equal = gxe.ExpectTableRowCountToEqual(value=rows)
    yield Asked(Line(CONSERVED + of, allowed=rows), equal, table)
    yield Asked(Line(ONCE + of), gxe.ExpectColumnValuesToBeUnique(column="record_id"), table)


def _found(entity: str, limit: float, rows: int, table: str, evidence: str, what: str) -> Asked:
    allowed = allowed_rows(limit, rows)
    expectation = gxe.ExpectColumnValuesToBeBetween(
        column=FOUND + entity if entity else "found",
        min_value=0,
        max_value=0,
        mostly=_mostly(allowed, rows),
        description=f"{entity or 'any kind'}: at most {allowed} of {rows} rows may hold {what}",
    )
    return Asked(Line(entity, limit=limit, allowed=allowed, evidence=evidence, of=rows), expectation, table)


def _grouped(rows: int, groups: GroupLimits) -> int:
    return rows if groups.rows is None else groups.rows


def _groups(rows: int, groups: GroupLimits) -> Iterator[Asked]:
    allowed = allowed_rows(groups.limit, rows)
    asked = [
        (f"k-anonymity (k = {groups.k})", "group_rows", groups.k, "rows with the same quasi-identifiers"),
        (f"l-diversity (l = {groups.l})", "group_values", groups.l, "sensitive values in their group"),
    ]
    for name, column, least, what in asked[: 2 if groups.l > 1 else 1]:
        expectation = gxe.ExpectColumnValuesToBeBetween(
            column=column,
            min_value=least,
            mostly=_mostly(allowed, rows),
            description=f"{name}: at most {allowed} of {rows} rows may have fewer than {least} {what}",
        )
        line = Line(name, limit=groups.limit, allowed=allowed, evidence=GROUPS, of=rows)
        yield Asked(line, expectation, counts.GROUPS)


def _bound(line: Line, table: str, what: str, **rest: Any) -> Asked:
    """An expectation that a bound is at most the line's limit. Where there is no bound at all, it doesn't hold."""
    expectation = gxe.ExpectColumnMaxToBeBetween(column="bound", max_value=line.limit, description=what, **rest)
    return Asked(line, expectation, table)


def _mostly(allowed: int, rows: int) -> float:
    """The very quotient that the library compares with, so no rounding decides."""
    return (rows - allowed) / rows if rows else 1.0


def _only(entity: str) -> dict[str, Any]:
    return {"row_condition": Column("entity") == entity}
