"""Sets that grow with the data, kept on disk so that memory does not."""

from __future__ import annotations

import hashlib
import secrets
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Self

import polars as pl

from tasks.methods.records.columns import REPEATED_VALUE, Reject
from tasks.methods.records.read import reject_at


def _database(path: Path) -> sqlite3.Connection:
    database = sqlite3.connect(path, isolation_level=None)
    # A crash costs the whole attempt anyway: nothing here need survive it.
    for pragma in ("journal_mode=OFF", "synchronous=OFF", "cache_size=-32768", "locking_mode=EXCLUSIVE"):
        database.execute(f"PRAGMA {pragma}")
    database.execute("BEGIN")
    return database


class UniqueColumns:
    """Sets aside the second and later rows with a value in a column declared unique; the first in reading order stays.

    Only rows kept so far count: a row set aside for something else, or for another unique column, claims no value.
    Null claims nothing. Values are held as 128-bit keyed BLAKE2b hashes in a file.

    Formal guarantees:
        None, and that matters: **which rows stay depends on other people's rows**, so with a column declared unique
        a person's rows can change what training sees of another's. Such a data set is outside of what epsilon covers
        end to end; :attr:`repeated` counts the rows, apart from all others, so that reports can say so.
    """

    def __init__(self, path: Path, columns: list[str]) -> None:
        self.columns, self.repeated = columns, 0
        self._key = secrets.token_bytes(32)
        self._database = _database(path)
        self._database.execute("CREATE TABLE seen (value BLOB PRIMARY KEY) WITHOUT ROWID")

    def sift(self, rows: pl.DataFrame) -> tuple[pl.DataFrame, list[Reject]]:
        """Split rows into those that stay and the rejects."""
        if not self.columns or rows.is_empty():
            return rows, []
        cells = [rows[column].cast(pl.String).to_list() for column in self.columns]
        keep, rejects = [], []
        for index, values in enumerate(zip(*cells, strict=True)):
            column = self._repeats(values)
            keep.append(column is None)
            if column is not None:
                rejects.append(reject_at(rows, index, column, REPEATED_VALUE))
        self.repeated += len(rejects)
        return (rows.filter(pl.Series(keep)) if rejects else rows), rejects

    def _repeats(self, values: tuple[str | None, ...]) -> str | None:
        hashes = [None if value is None else self._hash(i, value) for i, value in enumerate(values)]
        for column, digest in zip(self.columns, hashes, strict=True):
            if digest and self._database.execute("SELECT 1 FROM seen WHERE value = ?", (digest,)).fetchone():
                return column
        self._database.executemany("INSERT INTO seen VALUES (?)", [(digest,) for digest in hashes if digest])
        return None

    def _hash(self, column: int, value: str) -> bytes:
        return hashlib.blake2b(value.encode(), digest_size=16, key=self._key, salt=column.to_bytes(8, "big")).digest()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._database.close()


class UnitMap:
    """Unit id to the source's own id of the person. Belongs in the raw zone."""

    def __init__(self, path: Path) -> None:
        self._database = _database(path)
        self._database.execute("CREATE TABLE units (unit TEXT PRIMARY KEY, person TEXT NOT NULL) WITHOUT ROWID")

    def add(self, units: dict[str, str]) -> None:
        """Add persons; those known already are left as they are."""
        self._database.executemany("INSERT OR IGNORE INTO units VALUES (?, ?)", units.items())

    def batches(self, rows: int = 65_536) -> Iterator[list[tuple[str, str]]]:
        """All pairs, sorted by unit id."""
        found = self._database.execute("SELECT unit, person FROM units ORDER BY unit")
        while batch := found.fetchmany(rows):
            yield batch

    def __len__(self) -> int:
        return int(self._database.execute("SELECT count(*) FROM units").fetchone()[0])

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._database.close()
