"""The scratch database of a look: values, words and hits on disk, so that memory does not grow with the rows."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

_CACHE_KIB = 4096

_TABLES = """
CREATE TABLE value (form TEXT, entity TEXT, times INT, lower INT, PRIMARY KEY (form, entity)) WITHOUT ROWID;
CREATE TABLE word (word TEXT PRIMARY KEY, lower INT, other INT) WITHOUT ROWID;
CREATE TABLE pattern (
    form TEXT, number INT, entity TEXT, exact INT, times INT, lower INT, PRIMARY KEY (form, number, entity)
) WITHOUT ROWID;
CREATE TABLE wanted (
    id INTEGER PRIMARY KEY, form TEXT, how TEXT, entity TEXT, times INT, times_lower INT, lower INT, other INT
);
CREATE TABLE hit (
    place INT, field INT, start INT, stop INT, id INT, written INT, PRIMARY KEY (place, field, start, stop, id)
) WITHOUT ROWID;
"""

ADD_VALUE = (
    "INSERT INTO value VALUES (?, ?, ?, ?) ON CONFLICT DO UPDATE SET "
    "times = times + excluded.times, lower = lower + excluded.lower"
)
ADD_WORD = (
    "INSERT INTO word VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET "
    "lower = lower + excluded.lower, other = other + excluded.other"
)
ADD_PATTERN = (
    "INSERT INTO pattern VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET "
    "exact = max(exact, excluded.exact), times = times + excluded.times, lower = lower + excluded.lower"
)
ADD_WANTED = "INSERT INTO wanted VALUES (NULL, ?, ?, ?, ?, ?, 0, 0)"
ADD_HIT = "INSERT OR IGNORE INTO hit VALUES (?, ?, ?, ?, ?, ?)"
COUNT_HITS = "UPDATE wanted SET lower = lower + ?, other = other + ? WHERE id = ?"


@contextmanager
def database(folder: Path) -> Iterator[sqlite3.Connection]:
    """A fresh database in a folder of the raw zone: it holds values. It is deleted at the end.

    It keeps no journal, and what SQLite sets aside stays in memory: no value is written anywhere else.
    """
    path = folder / "known-values.sqlite"
    path.unlink(missing_ok=True)
    connection = sqlite3.connect(path, isolation_level=None)
    try:
        for pragma in ("journal_mode = OFF", "synchronous = OFF", "temp_store = MEMORY", f"cache_size = -{_CACHE_KIB}"):
            connection.execute(f"PRAGMA {pragma}")
        connection.executescript(_TABLES)
        yield connection
    finally:
        connection.close()
        path.unlink(missing_ok=True)


def add(connection: sqlite3.Connection, statement: str, rows: Iterable[tuple[object, ...]]) -> None:
    """Run a statement for each row, as one transaction."""
    connection.execute("BEGIN")
    connection.executemany(statement, rows)
    connection.execute("COMMIT")


def stream(
    connection: sqlite3.Connection, query: str, parameters: tuple[object, ...] = (), rows: int = 4096
) -> Iterator[list[tuple[Any, ...]]]:
    """The rows of a query, some at a time."""
    cursor = connection.execute(query, parameters)
    while found := cursor.fetchmany(rows):
        yield found
