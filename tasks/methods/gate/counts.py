"""Counts as a database: what Great Expectations reads, in place of any table with text in it."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from tasks.methods.gate.tables import batches

ROWS, SHARDS = "rows", "shards"
"""The tables: counts by row, and one line a shard."""


def write_database(path: Path, rows: Path, shards: Sequence[Mapping[str, Any]]) -> None:
    """Write an SQLite file with both tables, in streams.

    Args:
        path: the file to make; it must not exist.
        rows: the evidence's counts by row, in Parquet.
        shards: one mapping a shard, all with the same keys.
    """
    names = pq.read_schema(rows).names
    with sqlite3.connect(path) as database:
        database.execute(f"create table {ROWS} ({', '.join(f'{_quoted(name)} integer not null' for name in names)})")
        insert = f"insert into {ROWS} values ({', '.join('?' * len(names))})"
        for batch in batches(rows, 16_384):
            columns = [batch.column(name).to_pylist() for name in names]
            database.executemany(insert, zip(*columns, strict=True))
        keys = list(shards[0]) if shards else ["shard"]
        database.execute(f"create table {SHARDS} ({', '.join(_quoted(key) for key in keys)})")
        database.executemany(
            f"insert into {SHARDS} values ({', '.join('?' * len(keys))})",
            [[shard[key] for key in keys] for shard in shards],
        )
    database.close()


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
