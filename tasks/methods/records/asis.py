"""Every record of one file as it stands, in order: for commands that answer row by row.

Ingest normalises text and sets aside what doesn't fit; here offsets must be those of the file's own text, and row 7
of the answer is row 7 of the file. Framing is that of ingest.
"""

from __future__ import annotations

import json
import posixpath
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
from fsspec.implementations.local import LocalFileSystem

from tasks.core.errors import UserError
from tasks.methods.records.columns import BROKEN_JSON, DUPLICATE_KEY, FIELD_COUNT, NOT_AN_OBJECT, REASONS
from tasks.methods.records.lines import frame_lines
from tasks.methods.records.rfc4180 import frame_records
from tasks.methods.records.sources import ENDINGS, Source
from tasks.methods.records.stream import open_source
from tasks.methods.records.window import Window

LIMIT = 1 << 28
"""Longest record, in bytes."""

_PARQUET_ROWS = 256


@dataclass(frozen=True, slots=True)
class Row:
    """One record.

    Attributes:
        number: its ordinal in the file, from 0; records that can't be read count too.
        cells: by column: JSON's own values, strings from CSV and TSV; ``None`` where the record can't be read.
        reason: empty, or one of :data:`~tasks.methods.records.columns.REASONS`.
    """

    number: int
    cells: dict[str, Any] | None
    reason: str = ""


def local_source(path: str | Path) -> Source:
    """The file of a path.

    Raises:
        UserError: where there is none, or its ending tells no format.
    """
    path = Path(path)
    ending = posixpath.splitext(path.name.lower().removesuffix(".gz"))[1]
    if not path.is_file():
        raise UserError(f"{path}: there is no such file")
    if ending not in ENDINGS:
        raise UserError(f"{path.name}: its ending tells no format; there are {' '.join(ENDINGS)}, text also with .gz")
    return Source(0, path.name, str(path.absolute()), ENDINGS[ending], LocalFileSystem())


def column_names(source: Source) -> list[str] | None:
    """The columns that the file's header or schema tells; ``None`` in JSON Lines, which has neither.

    Raises:
        UserError: where the header can't be read.
    """
    if source.format == "parquet":
        with _parquet(source) as file:
            return list(file.schema_arrow.names)
    if source.format == "jsonl":
        return None
    with open_source(source) as stream:
        return _header(Window(stream, source.name), source)[0]


def read_rows(source: Source, columns: Sequence[str] | None = None, limit: int = LIMIT) -> Iterator[Row]:
    """Every record in the order of the file. An empty line is no record.

    Memory is bounded by the longest record.

    Args:
        columns: the columns to read; all by default. One that a JSON object lacks is not among its cells.
        limit: longest record in bytes.

    Raises:
        UserError: where the file is damaged, or has no such column.
    """
    names = column_names(source)
    if missing := [name for name in columns or () if names is not None and name not in names]:
        raise UserError(
            f"{source.name}: has no column {', '.join(map(repr, missing))}; it has {len(names or ())} columns"
        )
    if source.format == "parquet":
        yield from _parquet_rows(source, columns)
        return
    with open_source(source) as stream:
        window = Window(stream, source.name)
        yield from (
            _objects(window, columns, limit) if source.format == "jsonl" else _lists(window, source, columns, limit)
        )


class _RepeatedKeyError(Exception):
    pass


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise _RepeatedKeyError
    return found


def _objects(window: Window, columns: Sequence[str] | None, limit: int) -> Iterator[Row]:
    decoder = json.JSONDecoder(object_pairs_hook=_object)
    for number, frame in enumerate(frame_lines(window, limit)):
        reason, found = frame.reason, None
        if not reason:
            try:
                found = decoder.decode(frame.value)
            except _RepeatedKeyError:
                reason = DUPLICATE_KEY
            except (ValueError, RecursionError):
                reason = BROKEN_JSON
        if reason:
            yield Row(number, None, reason)
        elif not isinstance(found, dict):
            yield Row(number, None, NOT_AN_OBJECT)
        else:
            yield Row(number, found if columns is None else {name: found[name] for name in columns if name in found})


def _lists(window: Window, source: Source, columns: Sequence[str] | None, limit: int) -> Iterator[Row]:
    header, frames = _header(window, source, limit)
    for number, frame in enumerate(frames):
        if frame.reason:
            yield Row(number, None, frame.reason)
        elif len(frame.value) != len(header):
            yield Row(number, None, FIELD_COUNT)
        else:
            cells = dict(zip(header, frame.value, strict=True))
            yield Row(number, cells if columns is None else {name: cells[name] for name in columns})


def _header(window: Window, source: Source, limit: int = LIMIT) -> tuple[list[str], Iterator[Any]]:
    frames = frame_records(window, "\t" if source.format == "tsv" else ",", limit)
    first = next(frames, None)
    if first is None:
        raise UserError(f"{source.name}: the file is empty")
    if first.reason:
        raise UserError(f"{source.name}: line {first.line}: the header can't be read: {REASONS[first.reason]}")
    if len(set(first.value)) < len(first.value):
        raise UserError(f"{source.name}: line 1: the header has a column more than once")
    return list(first.value), frames


def _parquet(source: Source) -> pq.ParquetFile:
    try:
        return pq.ParquetFile(source.path)
    except (pa.ArrowException, OSError):
        raise UserError(f"{source.name}: isn't a Parquet file, or is damaged") from None


def _parquet_rows(source: Source, columns: Sequence[str] | None) -> Iterator[Row]:
    number = 0
    with _parquet(source) as file:
        batches = file.iter_batches(
            _PARQUET_ROWS, columns=None if columns is None else list(columns), use_threads=False
        )
        while True:
            try:
                batch = next(batches, None)
                rows = batch.to_pylist() if batch is not None else []
            except (pa.ArrowException, OSError, UnicodeDecodeError):
                raise UserError(f"{source.name}: row {number + 1:,} or one soon after it can't be read") from None
            if batch is None:
                return
            for cells in rows:
                yield Row(number, cells)
                number += 1
