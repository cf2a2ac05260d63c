"""Parquet, read in batches under the same cell rules as text."""

from __future__ import annotations

import gzip
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, cast

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pyarrow.types as pt

from tasks.core.errors import UserError
from tasks.methods.records.cells import POLARS_TYPES, normal_text
from tasks.methods.records.columns import CellType, Column
from tasks.methods.records.sources import Source
from tasks.methods.records.stream import open_source

_BATCH_BYTES = 16 << 20
_DAMAGED = "isn't a Parquet file, or is damaged"


def count_rows(source: Source) -> int:
    """The number of rows that a Parquet file's footer tells.

    Raises:
        UserError: where it isn't Parquet.
    """
    try:
        with source.fs.open(source.path, "rb") as raw:
            packed = raw.read(2) == b"\x1f\x8b"
            raw.seek(0)
            plain: Any = gzip.GzipFile(fileobj=raw) if packed else raw
            return int(pq.ParquetFile(plain).metadata.num_rows)
    except (pa.ArrowException, OSError, EOFError):
        raise UserError(f"{source.name}: {_DAMAGED}") from None


def spool(source: Source, target: Path) -> str:
    """Copy a source, uncompressed, to a local file, which Parquet's random access needs.

    Returns:
        the SHA-256 in hex of the file in the store.
    """
    with open_source(source) as stream, open(target, "wb") as out:
        while piece := stream.read():
            out.write(piece)
        return stream.sha256()


def read_batches(
    path: Path, name: str, columns: Sequence[Column], rows: int
) -> Iterator[list[tuple[pl.Series, pl.Series]]]:
    """Read the declared columns of a local Parquet file.

    Args:
        path: the file.
        name: what messages call it.
        columns: the declared columns.
        rows: at most this many rows a batch; fewer where rows are large.

    Yields:
        for each declared column the typed cells, and which of them don't fit.

    Raises:
        UserError: where a column is missing or of another type, or the file is damaged.
    """
    try:
        file = pq.ParquetFile(path)
        schema = file.schema_arrow
    except (pa.ArrowException, OSError):
        raise UserError(f"{name}: {_DAMAGED}") from None
    with file:
        _check_schema(schema, name, columns)
        size = sum(file.metadata.row_group(i).total_byte_size for i in range(file.num_row_groups))
        mean = max(1, size // max(1, file.metadata.num_rows))
        batches = file.iter_batches(
            batch_size=max(1, min(rows, _BATCH_BYTES // mean)),
            columns=[column.name for column in columns],
            use_threads=False,
        )
        while True:
            try:
                batch = next(batches, None)
            except (pa.ArrowException, OSError):
                raise UserError(f"{name}: {_DAMAGED}") from None
            if batch is None:
                return
            yield [_cells(batch.column(column.name), column.type) for column in columns]


def _check_schema(schema: pa.Schema, name: str, columns: Sequence[Column]) -> None:
    missing = [column.name for column in columns if not schema.get_all_field_indices(column.name)]
    if missing:
        raise UserError(f"{name}: has no column {', '.join(map(repr, missing))}, which ingest.columns declares")
    for column in columns:
        if len(schema.get_all_field_indices(column.name)) > 1:
            raise UserError(f"{name}: has two columns {column.name!r}")
        if not _is(schema.field(column.name).type, column.type):
            raise UserError(
                f"{name}: column {column.name!r} isn't of type {column.type} in the file; "
                "change ingest.columns or the file"
            )


def _is(found: pa.DataType, declared: CellType) -> bool:
    if pt.is_dictionary(found):
        return declared == "string" and _is(found.value_type, declared)
    if pt.is_null(found):
        return True
    match declared:
        case "string":
            return bool(pt.is_string(found) or pt.is_large_string(found) or pt.is_string_view(found))
        case "integer":
            return bool(pt.is_integer(found))
        case "number":
            return bool(pt.is_integer(found) or pt.is_floating(found) or pt.is_decimal(found))
        case "boolean":
            return bool(pt.is_boolean(found))
        case "date":
            return bool(pt.is_date(found))
        case "datetime":
            return bool(pt.is_timestamp(found))


def _cells(array: pa.Array, declared: CellType) -> tuple[pl.Series, pl.Series]:
    """Typed cells and which don't fit: integers beyond 64 bits, times finer than a microsecond, text not in UTF-8."""
    if declared == "string":
        array, unfit = _text(array)
        return normal_text(array), unfit
    found = cast(pl.Series, pl.from_arrow(array))
    wanted = POLARS_TYPES[declared]
    if declared == "datetime" and pt.is_timestamp(array.type):
        # Polars keeps the instant; a time without a zone is taken as UTC.
        zoned = found.dt.replace_time_zone("UTC") if array.type.tz is None else found.dt.convert_time_zone("UTC")
        values = zoned.dt.cast_time_unit("us")
        if array.type.unit == "ns":
            return values, (values.dt.cast_time_unit("ns") != zoned).fill_null(False)
        return values, pl.repeat(False, len(values), dtype=pl.Boolean, eager=True)
    values = found.cast(wanted, strict=False)
    return values, values.is_null() & found.is_not_null()


def _text(array: pa.Array) -> tuple[pl.Series, pl.Series]:
    none = pl.repeat(False, len(array), dtype=pl.Boolean, eager=True)
    if pt.is_null(array.type):
        return pl.Series([None] * len(array), dtype=pl.String), none
    if pt.is_dictionary(array.type):
        array = array.dictionary_decode()
    array = array.cast(pa.large_string())
    try:
        array.validate(full=True)
    except pa.ArrowInvalid:
        # Parquet doesn't enforce UTF-8, and what Polars does with other bytes is undefined.
        cells = array.cast(pa.large_binary()).to_pylist()
        texts = [_decoded(cell) for cell in cells]
        unfit = [cell is not None and text is None for cell, text in zip(cells, texts, strict=True)]
        return pl.Series(texts, dtype=pl.String), pl.Series(unfit, dtype=pl.Boolean)
    return cast(pl.Series, pl.from_arrow(array)), none


def _decoded(cell: bytes | None) -> str | None:
    try:
        return None if cell is None else cell.decode()
    except UnicodeDecodeError:
        return None
