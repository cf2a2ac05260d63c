"""Parquet in streams: bytes that depend on the rows alone, not on how they were batched on the way."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, BinaryIO, Self

import pyarrow as pa
import pyarrow.parquet as pq

GROUP_ROWS = 16_384
"""Rows of a row group."""


class TableWriter:
    """Writes batches as row groups of a fixed size.

    Args:
        sink: where the file goes; stays open.
        schema: the columns.
    """

    def __init__(self, sink: BinaryIO, schema: pa.Schema) -> None:
        self._schema = schema
        self._writer = pq.ParquetWriter(sink, schema, compression="zstd", version="2.6", write_page_index=False)
        self._held: list[pa.RecordBatch] = []
        self._rows = 0
        self.rows = 0

    def write(self, batch: pa.RecordBatch) -> None:
        """Add a batch."""
        if batch.num_rows:
            self._held.append(batch)
            self._rows += batch.num_rows
            self.rows += batch.num_rows
        while self._rows >= GROUP_ROWS:
            table = pa.Table.from_batches(self._held, self._schema).combine_chunks()
            self._group(table.slice(0, GROUP_ROWS))
            self._held = table.slice(GROUP_ROWS).to_batches()
            self._rows -= GROUP_ROWS

    def write_rows(self, rows: list[dict[str, object]]) -> None:
        """Add rows given as mappings."""
        if rows:
            self.write(pa.RecordBatch.from_pylist(rows, self._schema))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: object, *_: object) -> None:
        if kind is None and self._rows:
            self._group(pa.Table.from_batches(self._held, self._schema))
        self._writer.close()

    def _group(self, table: pa.Table) -> None:
        self._writer.write_table(table.combine_chunks(), row_group_size=GROUP_ROWS)


def batches(path: object, rows: int, columns: Iterable[str] | None = None) -> Iterator[pa.RecordBatch]:
    """The record batches of a Parquet file, ``rows`` at a time."""
    # Buffered ahead, a row group lies in memory whole; what is freed of it in such pieces is slow to be used again.
    with pq.ParquetFile(path, pre_buffer=False) as file:
        yield from file.iter_batches(batch_size=rows, columns=list(columns) if columns is not None else None)


_FAMILIES = (
    ("string", lambda t: pa.types.is_string(t) or pa.types.is_large_string(t) or pa.types.is_string_view(t)),
    ("integer", pa.types.is_integer),
    ("number", lambda t: pa.types.is_floating(t) or pa.types.is_decimal(t)),
    ("boolean", pa.types.is_boolean),
    ("date", pa.types.is_date),
    ("datetime", pa.types.is_timestamp),
)


def schema_text(schema: pa.Schema) -> str:
    """A table's columns in one line: names and the types that a configuration declares.

    >>> schema_text(pa.schema([("record_id", pa.int64()), ("note", pa.large_string())]))
    'record_id integer, note string'
    """
    return ", ".join(
        f"{field.name} {next((name for name, fits in _FAMILIES if fits(field.type)), str(field.type))}"
        for field in schema
    )


def cell_text(cell: Any) -> str:
    """A cell as a text; empty where there is none."""
    if cell is None or isinstance(cell, str):
        return cell or ""
    return cell.isoformat() if hasattr(cell, "isoformat") else str(cell)
