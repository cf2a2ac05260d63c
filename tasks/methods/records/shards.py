"""Cutting records into shards, and the tables that ingest writes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any, BinaryIO, Self

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq

from tasks.methods.records.columns import Column, Reject
from tasks.methods.records.read import ROW

MOST_SHARDS = 500
ROW_BITS = 40
"""``record_id`` is ``file ordinal << 40 | row``."""

QUARANTINE_SCHEMA = pa.schema(
    [
        pa.field("file", pa.int32(), nullable=False),
        pa.field("row", pa.int64(), nullable=False),
        pa.field("line", pa.int64()),
        pa.field("offset", pa.int64()),
        pa.field("length", pa.int64()),
        pa.field("column", pa.string()),
        pa.field("reason", pa.string(), nullable=False),
    ]
)
UNITS_SCHEMA = pa.schema(
    [pa.field("unit_id", pa.string(), nullable=False), pa.field("person", pa.string(), nullable=False)]
)

_ARROW_TYPES: dict[str, pa.DataType] = {
    "string": pa.string(),
    "integer": pa.int64(),
    "number": pa.float64(),
    "boolean": pa.bool_(),
    "date": pa.date32(),
    "datetime": pa.timestamp("us", "UTC"),
}


@dataclass(frozen=True)
class Cut:
    """Where shards are cut: after ``size`` records (those set aside count too), and after each ``group`` of files.

    The place of a cut depends on a record's position alone: a changed cell, even one that gets its row set aside,
    changes no shard but its own.
    """

    size: int
    group: int


def plan_cut(records: Sequence[int], size: int, most: int = MOST_SHARDS) -> Cut:
    """Choose the cut.

    Args:
        records: by file, at least as many as it has.
        size: records a shard that are wished for; raised where that gives too many shards.
        most: shards at most. With more files than this, consecutive files share shards.

    >>> plan_cut([10, 3], 4)
    Cut(size=4, group=1)
    >>> plan_cut([10, 3], 4, most=3)
    Cut(size=5, group=1)
    >>> plan_cut([1, 1, 1, 1], 4, most=2)
    Cut(size=4, group=2)
    """
    group = -(-len(records) // most)
    totals = [sum(records[i : i + group]) for i in range(0, len(records), group)]
    low, high = size, max(size, *totals)
    while low < high:
        middle = (low + high) // 2
        if sum(-(-total // middle) for total in totals) <= most:
            high = middle
        else:
            low = middle + 1
    return Cut(low, group)


def parquet_writer(sink: BinaryIO, schema: pa.Schema) -> pq.ParquetWriter:
    """A Parquet writer whose bytes depend on the rows alone; its statistics would repeat values in the footer."""
    return pq.ParquetWriter(sink, schema, compression="zstd", write_statistics=False, store_schema=False)


def shard_schema(columns: Sequence[Column]) -> pa.Schema:
    """The columns of a shard: ``record_id``, ``unit_id``, ``split``, then the declared ones."""
    return pa.schema(
        [
            pa.field("record_id", pa.int64(), nullable=False),
            pa.field("unit_id", pa.string()),
            pa.field("split", pa.string(), nullable=False),
            *(pa.field(column.name, _ARROW_TYPES[column.type]) for column in columns),
        ]
    )


class ShardWriter:
    """Writes rows, in order, to ``shards/00000.parquet`` and on; a shard with no row is not written.

    Args:
        open_file: opens a payload file by name.
        columns: the declared columns that shards hold.
        cut: where shards end.

    Attributes:
        rows: rows by shard.
    """

    def __init__(self, open_file: Callable[[str], Any], columns: Sequence[Column], cut: Cut) -> None:
        self._open_file, self._cut = open_file, cut
        self._schema = shard_schema(columns)
        self._place: tuple[int, int] | None = None
        self._stack = ExitStack()
        self._writer: pq.ParquetWriter | None = None
        self._group, self._before, self._file, self._in_file = -1, 0, -1, 0
        self.rows: list[int] = []

    def begin_file(self, ordinal: int) -> None:
        """Say that the rows to come are of this file."""
        group = ordinal // self._cut.group
        self._before = self._before + self._in_file if group == self._group else 0
        self._group, self._file, self._in_file = group, ordinal, 0

    def write(self, rows: pl.DataFrame, records: int) -> None:
        """Write typed rows with ``unit_id`` and ``split``.

        Args:
            rows: the rows that are kept.
            records: how many records of the file came so far, those set aside among them.
        """
        self._in_file = records
        if rows.is_empty():
            return
        minted = rows.with_columns(
            record_id=pl.lit(self._file << ROW_BITS, dtype=pl.Int64) + pl.col(ROW),
            **{"\0shard": (pl.col(ROW) + self._before) // self._cut.size},
        )
        for (number,), part in minted.partition_by("\0shard", as_dict=True, maintain_order=True).items():
            place = (self._group, int(number))
            if place != self._place:
                self._next(place)
            assert self._writer is not None
            self._writer.write_table(part.select(self._schema.names).to_arrow().cast(self._schema))
            self.rows[-1] += len(part)

    def _next(self, place: tuple[int, int]) -> None:
        self.close()
        self._place = place
        sink = self._stack.enter_context(self._open_file(shard_name(len(self.rows))))
        self._writer = self._stack.enter_context(parquet_writer(sink, self._schema))
        self.rows.append(0)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Finish the shard that is open."""
        self._stack.close()
        self._stack = ExitStack()
        self._writer = None


def shard_name(number: int) -> str:
    """The payload file of a shard.

    >>> shard_name(3)
    'shards/00003.parquet'
    """
    return f"shards/{number:05d}.parquet"


def quarantine_table(ordinal: int, rejects: Sequence[Reject]) -> pa.Table:
    """Rejects of one file as rows of the quarantine: positions, columns and reasons, no cell."""
    names = QUARANTINE_SCHEMA.names[1:]
    columns = {name: [getattr(reject, name) for reject in rejects] for name in names}
    return pa.table({"file": [ordinal] * len(rejects), **columns}, schema=QUARANTINE_SCHEMA)
