"""Counts as a database: what Great Expectations reads, in place of any table with text in it."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from tasks.methods.gate.tables import batches

ROWS, SHARDS, KNOWN, PLANTED, GROUPS, REVIEW, KINDS = (
    "rows",
    "shards",
    "known",
    "planted",
    "groups",
    "review",
    "kinds",
)
"""The tables: findings by row, one line a shard, known values by row, one line a planted kind, groups by row, one line
of a review, one line a kind that the policy promises to mask."""


def write_database(
    path: Path,
    rows: Path,
    shards: Sequence[Mapping[str, Any]],
    *,
    known: Path | None = None,
    groups: Path | None = None,
    planted: Iterable[Mapping[str, Any]] = (),
    review: Mapping[str, Any] | None = None,
    kinds: Mapping[str, bool] | None = None,
) -> None:
    """Write an SQLite file with all tables, in streams; those of evidence that wasn't asked for are left out or empty.

    Args:
        path: the file to make; it must not exist.
        rows: the gate's own detectors' counts by row, in Parquet.
        shards: one mapping a shard, all with the same keys.
        known: known values' counts by row, in Parquet.
        groups: sizes of groups by row, in Parquet.
        planted: of each kind ``entity``, ``planted``, ``through`` and the ``bound`` that decides.
        review: ``rows_read``, ``leaking`` and ``bound``.
        kinds: whether the gate has a detector of its own for a kind.
    """
    with closing(sqlite3.connect(path)) as database, database:
        # A file that is read once and deleted: no journal is needed to undo what was written.
        database.execute("pragma journal_mode = off")
        database.execute("pragma synchronous = off")
        for table, source in ((ROWS, rows), (KNOWN, known), (GROUPS, groups)):
            if source is not None:
                _copy(database, table, source)
        keys = list(shards[0]) if shards else ["shard"]
        _table(database, SHARDS, [_quoted(key) for key in keys], ([shard[key] for key in keys] for shard in shards))
        whole = "integer not null"
        _table(
            database,
            PLANTED,
            ["entity text not null", f"planted {whole}", f"through {whole}", "bound real not null"],
            ([line["entity"], line["planted"], line["through"], line["bound"]] for line in planted),
        )
        _table(
            database,
            REVIEW,
            [f"rows_read {whole}", f"leaking {whole}", "bound real not null"],
            [[review["rows_read"], review["leaking"], review["bound"]]] if review is not None else [],
        )
        _table(
            database,
            KINDS,
            ["entity text not null", f"detector {whole}"],
            ([entity, int(seen)] for entity, seen in (kinds or {}).items()),
        )


def _copy(database: sqlite3.Connection, table: str, source: Path) -> None:
    names = pq.read_schema(source).names
    columns = [f"{_quoted(name)} integer not null" for name in names]
    rows = (
        row
        for batch in batches(source, 16_384)
        for row in zip(*(batch.column(name).to_pylist() for name in names), strict=True)
    )
    _table(database, table, columns, rows)


def _table(database: sqlite3.Connection, table: str, columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    database.execute(f"create table {table} ({', '.join(columns)})")
    database.executemany(f"insert into {table} values ({', '.join('?' * len(columns))})", rows)


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
