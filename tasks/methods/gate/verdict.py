"""The verdict: limits against evidence, by a Great Expectations checkpoint over counts.

Great Expectations sees tables of counts by row, by shard and by kind, all without a value of anybody: even a result
format that quotes what failed could quote counts only. Values are excluded from results all the same.
"""

from __future__ import annotations

import sqlite3
from dataclasses import replace
from pathlib import Path
from typing import Any

from tasks.methods.gate import asked, counts
from tasks.methods.gate.checkpoint import Asked, run
from tasks.methods.gate.decision import (
    GROUPS,
    INDEPENDENT,
    KNOWN,
    PLANTED,
    REVIEW,
    SHAPE,
    GroupLimits,
    Limits,
    Line,
    Verdict,
    allowed_rows,
)

__all__ = [
    "GROUPS", "INDEPENDENT", "KNOWN", "PLANTED", "REVIEW", "SHAPE",
    "GroupLimits", "Limits", "Line", "Verdict", "allowed_rows", "judge",
]  # fmt: skip


def judge(database: Path, rows: int, columns: str, limits: Limits, docs: Path | None = None) -> Verdict:
    """Run the checkpoint.

    Args:
        database: the SQLite file of :func:`tasks.methods.gate.counts.write_database`.
        rows: how many rows the masked shards' references promise.
        columns: the declared columns in one line.
        limits: what the evidence is held against.
        docs: a folder for Data Docs.

    Raises:
        RuntimeError: where an expectation couldn't be evaluated. A gate that couldn't look is shut.

    Formal guarantees:
        The gate is open only where every kind of evidence that ``limits`` names is there, saw every row once, and
        holds: evidence that lacks a kind, or is empty, shuts it.
    """
    parts = (
        list(asked.independent(rows, limits)),
        list(asked.shape(rows, columns, limits)),
        list(asked.others(rows, limits)),
    )
    results = iter(run(database, [one for part in (parts[1], parts[0], parts[2]) for one in part], docs))
    shape = tuple(_answer(one, next(results)) for one in parts[1])
    entities = tuple(_answer(one, next(results)) for one in parts[0])
    others = [_answer(one, next(results)) for one in parts[2]]
    with sqlite3.connect(database) as connection:
        lines = tuple(_with_counts(connection, line) for line in others)
    connection.close()
    return Verdict(rows, entities, shape, lines)


def _answer(one: Asked, result: Any) -> Line:
    passed, value = bool(result.success), result.result.get("observed_value")
    if one.line.evidence in (PLANTED, REVIEW):
        return replace(one.line, passed=passed, bound=None if value is None else float(value))
    return replace(one.line, passed=passed, found=int(result.result.get("unexpected_count", value) or 0))


def _with_counts(connection: sqlite3.Connection, line: Line) -> Line:
    """What a bound was computed from."""
    if line.evidence == PLANTED:
        query = f"select through, planted from {counts.PLANTED} where entity = ?"
        row = connection.execute(query, [line.name]).fetchone()
    elif line.evidence == REVIEW:
        row = connection.execute(f"select leaking, rows_read from {counts.REVIEW}").fetchone()
    else:
        return line
    return replace(line, found=row[0], of=row[1]) if row else line
