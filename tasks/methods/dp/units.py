"""Whose privacy is counted: which rows of a table make up each unit, a record or a person."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from typing import Any, Protocol

import numpy as np

from tasks.core.errors import AirlockError


class Table(Protocol):
    """Rows that can be put into batches, such as token rows."""

    def __len__(self) -> int:
        """Number of rows."""

    def batches(self, rows: np.ndarray, size: int, draw: int = 0) -> Iterator[tuple[np.ndarray, Any]]:
        """Batches of about ``size`` rows: of single rows ``[n]``, or of whole units ``[units, k]`` padded with -1."""


class Units:
    """A table seen as units.

    Args:
        table: its rows.
        rows: int64 [units, k], the rows of each unit, -1 where one has fewer; ``None``: every row is a unit.

    Attributes:
        rows_per_unit: k.
    """

    def __init__(self, table: Table, rows: np.ndarray | None = None) -> None:
        self._table, self._rows = table, rows
        self.rows_per_unit = 1 if rows is None else int(rows.shape[1])

    def __len__(self) -> int:
        return len(self._table) if self._rows is None else len(self._rows)

    def batches(self, units: np.ndarray, size: int, draw: int = 0) -> Iterator[Any]:
        """Physical batches of the given units: k consecutive rows each, about ``size`` rows together.

        Args:
            units: int64 [n].
            draw: the step's number, for objectives that hide other tokens at every step.
        """
        rows = units if self._rows is None else self._rows[units]
        for _, batch in self._table.batches(rows, size, draw):
            yield batch


def by_person(records: Iterable[tuple[str | None, bytes]], k: int) -> np.ndarray:
    """The rows of each person, at most k of them.

    Args:
        records: of each row in the table's order, the person's keyed id and the row's content.
        k: most rows of a person that are used.

    Returns:
        int64 [people, min(k, most rows that anyone has)], padded with -1. People stand in the order of their first row.

    Formal guarantees:
        Which of a person's rows are used depends on that person's rows alone: the k whose content has the smallest
        SHA-256. Nobody else's rows, and neither position nor order in the table, move it.

    Raises:
        AirlockError: a row names nobody.
    """
    kept: dict[str, list[tuple[bytes, int]]] = {}
    for row, (person, content) in enumerate(records):
        if not person:
            raise AirlockError("the clean table has a row that names no person, although a person's column is declared")
        kept.setdefault(person, []).append((hashlib.sha256(content).digest(), row))
    chosen = [[row for _, row in sorted(rows)[:k]] for rows in kept.values()]
    width = max(map(len, chosen), default=1)
    table = np.full((len(chosen), width), -1, dtype=np.int64)
    for line, rows in zip(table, chosen, strict=True):
        line[: len(rows)] = rows
    return table


def canary_units(canaries: int, repeats: int, unit: str) -> int:
    """How many units so many canaries are, each standing ``repeats`` times: a person's rows are one unit together."""
    return canaries * (1 if unit == "person" else repeats)
