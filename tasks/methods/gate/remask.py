"""Masking a row again with what the gate found in it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import groupby
from pathlib import Path
from typing import Any, BinaryIO

import pyarrow as pa
import pyarrow.parquet as pq

from tasks.core.errors import AirlockError
from tasks.methods.gate.tables import TableWriter, batches

Place = tuple[int, int, str]
"""Start, end and kind of a finding in a masked cell."""


def replace(text: str, places: Iterable[Place], tag: Callable[[str], str]) -> str:
    """The text with every finding replaced by its kind's tag; findings that share a character become one.

    The tag stands in place of the value whatever the policy's operator is: a hash or a surrogate needs a key that the
    gate doesn't hold.

    >>> replace("call 555 now", [(5, 8, "PHONE_NUMBER")], lambda kind: f"<{kind}>")
    'call <PHONE_NUMBER> now'
    """
    pieces, done = [], 0
    for start, end, kind in _merged(places):
        pieces += [text[done:start], tag(kind)]
        done = end
    return "".join([*pieces, text[done:]])


def _merged(places: Iterable[Place]) -> list[Place]:
    merged: list[Place] = []
    for start, end, kind in sorted(places):
        if merged and start < merged[-1][1]:
            low, high, first = merged[-1]
            merged[-1] = (low, max(high, end), first)
        else:
            merged.append((start, end, kind))
    return merged


class Findings:
    """The table of findings, handed out row by row in the order of the masked shards.

    Args:
        path: ``findings.parquet`` of the evidence.
    """

    def __init__(self, path: Path) -> None:
        self._groups = groupby(self._rows(path), key=lambda row: row["record_id"])
        self._next: tuple[int, list[dict[str, Any]]] | None = None
        self._advance()

    @staticmethod
    def _rows(path: Path) -> Iterator[dict[str, Any]]:
        for batch in batches(path, 8192, ["record_id", "column", "entity", "start", "end"]):
            yield from batch.to_pylist()

    def _advance(self) -> None:
        group = next(self._groups, None)
        self._next = (group[0], list(group[1])) if group else None

    def of(self, record_id: int) -> dict[str, list[Place]]:
        """The findings in a record, by column. Records must be asked for in the order of the shards, each once."""
        if self._next is None or self._next[0] != record_id:
            return {}
        columns: dict[str, list[Place]] = {}
        for row in self._next[1]:
            columns.setdefault(row["column"], []).append((row["start"], row["end"], row["entity"]))
        self._advance()
        return columns

    def finish(self) -> None:
        """Make sure that every finding was handed out.

        Raises:
            AirlockError: where some belong to no row that was asked for.
        """
        if self._next is not None:
            raise AirlockError("leakcheck: findings are left that belong to no row of the masked shards")


def write_remasked(source: Path, sink: BinaryIO, findings: Findings, tag: Callable[[str], str]) -> tuple[int, int]:
    """Copy a masked shard with its findings masked.

    Returns:
        rows written, and how many of them were changed.

    Formal guarantees:
        A row's cells in the table are a function of its masked cells and of the findings in that row alone.
    """
    changed = 0
    with TableWriter(sink, pq.read_schema(source)) as table:
        for batch in batches(source, 8192):
            by_row = [findings.of(record_id) for record_id in batch.column("record_id").to_pylist()]
            changed += sum(map(bool, by_row))
            table.write(_remasked(batch, by_row, tag) if any(by_row) else batch)
        return table.rows, changed


def _remasked(
    batch: pa.RecordBatch, by_row: Sequence[dict[str, list[Place]]], tag: Callable[[str], str]
) -> pa.RecordBatch:
    touched = {column for row in by_row for column in row}
    arrays = []
    for field, array in zip(batch.schema, batch.columns, strict=True):
        if field.name in touched:
            cells = array.to_pylist()
            for i, row in enumerate(by_row):
                if places := row.get(field.name):
                    # A number or a date has no room for a tag.
                    cells[i] = replace(cells[i], places, tag) if isinstance(cells[i], str) else None
            array = pa.array(cells, field.type)
        arrays.append(array)
    return pa.RecordBatch.from_arrays(arrays, schema=batch.schema)
