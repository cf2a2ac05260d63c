"""Reading one source into typed batches and the records that were set aside."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from operator import itemgetter
from pathlib import Path
from typing import Any

import polars as pl

from tasks.core.errors import TryAgain, UserError
from tasks.methods.records import parquet
from tasks.methods.records.cells import first_faults, typed
from tasks.methods.records.columns import FIELD_COUNT, OVER_SIZE, REASONS, Column, Reject
from tasks.methods.records.jsonl import Cells, ObjectReader
from tasks.methods.records.lines import Frame, frame_lines
from tasks.methods.records.people import OptedOut
from tasks.methods.records.rfc4180 import frame_records
from tasks.methods.records.sources import Source
from tasks.methods.records.stream import fingerprint, open_source
from tasks.methods.records.window import CHUNK, Window

BATCH_ROWS = 8192
BATCH_BYTES = 16 << 20

ROW, LINE, OFFSET, LENGTH = "\0row", "\0line", "\0offset", "\0length"
"""Names of the columns that tell where a record stands; no name in a header is equal to them."""

_POSITION = {ROW: pl.Int64, LINE: pl.Int64, OFFSET: pl.Int64, LENGTH: pl.Int64}


@dataclass(frozen=True)
class Layout:
    """How text files are laid out.

    Attributes:
        delimiter: ``auto`` is a comma, in TSV a tab.
        quoting: ``rfc4180`` or ``none``.
        encoding: a Python name of a superset of ASCII.
        limit: longest record in bytes, without its line end.
        chunk: bytes read at a time; decides nothing.
    """

    delimiter: str = "auto"
    quoting: str = "rfc4180"
    encoding: str = "utf-8"
    limit: int = 1 << 20
    chunk: int = CHUNK


@dataclass(frozen=True)
class Batch:
    """Consecutive records of one file.

    Attributes:
        rows: the position columns and the declared columns, typed, of the records that are kept.
        rejects: the others, in order.
        size: bytes of the file behind this batch (0 in Parquet).
        opted_out: records left out as their person is on the opt-out list: neither rows nor rejects.
    """

    rows: pl.DataFrame
    rejects: list[Reject]
    size: int = 0
    opted_out: int = 0


def count_at_most(source: Source) -> tuple[str, int]:
    """Read a source once, for its SHA-256 in hex and an upper bound of its number of records.

    Raises:
        UserError: where the file is empty or damaged.
    """
    digest, lines = fingerprint(source)
    return digest, parquet.count_rows(source) if source.format == "parquet" else lines


def read_source(
    source: Source,
    columns: Sequence[Column],
    layout: Layout,
    sha256: str,
    scratch: Path,
    leave_out: OptedOut | None = None,
) -> Iterator[Batch]:
    """Read a source record by record.

    Every record is in some batch's rows, among its rejects or counted as opted out, once; rows are counted from 0 over
    all of them. An empty line is no record. A record in which nobody's id can be read is set aside by its position.

    Args:
        source: the file.
        columns: what to read of it.
        layout: how text is laid out.
        sha256: of the file, taken before.
        scratch: a folder for temporary files.
        leave_out: whose records are left out, before anything else is made of them.

    Raises:
        UserError: where the file has no header, no record, not every declared column, or a damaged gzip stream.
        TryAgain: where the file is not the one that was hashed.
    """
    if source.format == "parquet":
        batches = _read_parquet(source, columns, layout, sha256, scratch, leave_out)
    else:
        batches = _read_text(source, columns, layout, sha256, leave_out)
    empty = True
    for batch in batches:
        empty = empty and batch.rows.is_empty() and not batch.rejects and not batch.opted_out
        yield batch
    if empty:
        raise UserError(f"{source.name}: holds no record" + ("" if source.format == "jsonl" else " below its header"))


def _read_text(
    source: Source, columns: Sequence[Column], layout: Layout, sha256: str, leave_out: OptedOut | None
) -> Iterator[Batch]:
    with open_source(source) as stream:
        window = Window(stream, source.name, layout.encoding, layout.chunk)
        if source.format == "jsonl":
            reader = ObjectReader(columns)
            records = _objects(frame_lines(window, layout.limit), reader, columns, leave_out)
        else:
            reader = None
            records = _fields(_frames(window, source, layout), source.name, columns)
        yield from _batches(records, columns, leave_out)
        if stream.sha256() != sha256:
            raise TryAgain(f"{source.name}: changed while it was read; try again when its writer is done")
    if reader is not None and reader.unseen and reader.objects:
        names = ", ".join(repr(column.name) for column in columns if column.name in reader.unseen)
        raise UserError(f"{source.name}: no object has the key {names}, which ingest.columns declares")


def _frames(window: Window, source: Source, layout: Layout) -> Iterator[Frame]:
    delimiter = layout.delimiter
    if delimiter == "auto":
        delimiter = "\t" if source.format == "tsv" else ","
    if layout.quoting == "rfc4180":
        yield from frame_records(window, delimiter, layout.limit)
        return
    for frame in frame_lines(window, layout.limit):
        yield frame if frame.reason else frame._replace(value=frame.value.split(delimiter))


_OPTED_OUT = "opted_out"
_Record = tuple[Frame, Cells | None, str | None, str]
"""A frame; then its cells, or the column at fault (if one is) and the reason."""


def _objects(
    frames: Iterator[Frame], reader: ObjectReader, columns: Sequence[Column], leave_out: OptedOut | None
) -> Iterator[_Record]:
    kind = next((c.type for c in columns if leave_out and c.name == leave_out.column), None)
    for frame in frames:
        if frame.reason:
            yield frame, None, None, frame.reason
            continue
        cells, column, reason = reader.cells(frame.value)
        if cells is None and leave_out and kind:
            person = pl.Series([reader.cell(leave_out.column)], dtype=pl.String)
            if leave_out.among(typed(person, kind)[0])[0]:
                column, reason = None, _OPTED_OUT
        yield frame, cells, column, reason


def _fields(frames: Iterator[Frame], name: str, columns: Sequence[Column]) -> Iterator[_Record]:
    header = next(frames, None)
    if header is None:
        raise UserError(f"{name}: the file is empty")
    if header.reason:
        raise UserError(f"{name}: line {header.line}: the header can't be read: {REASONS[header.reason]}")
    places = _places(header.value, name, columns)
    width = len(header.value)
    # itemgetter of one place gives no tuple.
    pick: Any = itemgetter(*places) if len(places) > 1 else lambda fields: (fields[places[0]],)
    for frame in frames:
        if frame.reason:
            yield frame, None, None, frame.reason
        elif len(frame.value) != width:
            yield frame, None, None, FIELD_COUNT
        else:
            yield frame, pick(frame.value), None, ""


def _places(header: list[str], name: str, columns: Sequence[Column]) -> list[int]:
    # A header's other names are never shown: where it is missing, they are a person's row.
    missing = [column.name for column in columns if column.name not in header]
    if missing:
        loose = {field.strip().casefold() for field in header}
        near = [name for name in missing if name.strip().casefold() in loose]
        hint = f" ({', '.join(map(repr, near))} differs only in case or blanks)" if near else ""
        raise UserError(
            f"{name}: line 1: the header has no column {', '.join(map(repr, missing))}, which ingest.columns "
            f"declares{hint}; it has {len(header)} columns"
        )
    for column in columns:
        if header.count(column.name) > 1:
            raise UserError(f"{name}: line 1: the header has column {column.name!r} more than once")
    return [header.index(column.name) for column in columns]


def _batches(records: Iterator[_Record], columns: Sequence[Column], leave_out: OptedOut | None) -> Iterator[Batch]:
    positions: list[tuple[int, int, int, int]] = []
    cells: list[Any] = []
    rejects: list[Reject] = []
    size = gone = 0
    for row, (frame, found, column, reason) in enumerate(records):
        if found is None and reason == _OPTED_OUT:
            gone += 1
        elif found is None:
            rejects.append(Reject(row, frame.line, frame.offset, frame.length, column, reason))
        else:
            positions.append((row, frame.line, frame.offset, frame.length))
            cells.append(found)
        size += frame.length
        if len(cells) + len(rejects) + gone >= BATCH_ROWS or size >= BATCH_BYTES:
            yield _typed(positions, cells, rejects, columns, size, leave_out, gone)
            positions, cells, rejects, size, gone = [], [], [], 0, 0
    if cells or rejects or gone:
        yield _typed(positions, cells, rejects, columns, size, leave_out, gone)


def _typed(
    positions: list[tuple[int, int, int, int]],
    cells: list[Any],
    rejects: list[Reject],
    columns: Sequence[Column],
    size: int,
    leave_out: OptedOut | None,
    gone: int,
) -> Batch:
    across = list(zip(*cells, strict=True)) if cells else [()] * len(columns)
    parsed = [
        typed(pl.Series(values, dtype=pl.String), column.type) for column, values in zip(columns, across, strict=True)
    ]
    where = list(zip(*positions, strict=True)) if positions else [()] * 4
    frame = pl.DataFrame(dict(zip(_POSITION, where, strict=True)), schema=_POSITION)
    return _sift(frame, columns, parsed, rejects, {}, size, leave_out, gone)


def _sift(
    where: pl.DataFrame,
    columns: Sequence[Column],
    parsed: list[tuple[pl.Series, pl.Series]],
    rejects: list[Reject],
    faults: dict[int, tuple[str | None, str]],
    size: int,
    leave_out: OptedOut | None,
    gone: int = 0,
) -> Batch:
    """Set aside the rows with a fault: those in ``faults``, and those that a cell of theirs has."""
    if leave_out is not None:
        where, parsed, faults, more = _without(where, columns, parsed, faults, leave_out)
        gone += more
    found = first_faults([(column, *pair) for column, pair in zip(columns, parsed, strict=True)])
    found.update(faults)  # type: ignore[arg-type]
    rows = where.with_columns(*(pair[0].alias(column.name) for column, pair in zip(columns, parsed, strict=True)))
    if found:
        keep = pl.Series([True] * len(rows)).scatter(sorted(found), False)
        rejects = sorted(
            [*rejects, *(reject_at(where, index, *fault) for index, fault in found.items())],
            key=lambda reject: reject.row,
        )
        rows = rows.filter(keep)
    return Batch(rows, rejects, size, gone)


def _without(
    where: pl.DataFrame,
    columns: Sequence[Column],
    parsed: list[tuple[pl.Series, pl.Series]],
    faults: dict[int, tuple[str | None, str]],
    leave_out: OptedOut,
) -> tuple[pl.DataFrame, list[tuple[pl.Series, pl.Series]], dict[int, tuple[str | None, str]], int]:
    """The same without the rows of people on the opt-out list, and how many these are."""
    person = next(i for i, column in enumerate(columns) if column.name == leave_out.column)
    out = leave_out.among(parsed[person][0])
    if not out.any():
        return where, parsed, faults, 0
    kept = (~out).arg_true().to_list()
    place = {before: now for now, before in enumerate(kept)}
    return (
        where.filter(~out),
        [(values.filter(~out), unfit.filter(~out)) for values, unfit in parsed],
        {place[index]: fault for index, fault in faults.items() if index in place},
        int(out.sum()),
    )


def reject_at(rows: pl.DataFrame, index: int, column: str | None, reason: str) -> Reject:
    """Set aside the row at ``index`` of a batch."""
    row, line, offset, length = rows.select(list(_POSITION)).row(index)
    return Reject(row, line, offset, length, column, reason)


def _read_parquet(
    source: Source,
    columns: Sequence[Column],
    layout: Layout,
    sha256: str,
    scratch: Path,
    leave_out: OptedOut | None,
) -> Iterator[Batch]:
    copy = scratch / f"source-{source.ordinal}.parquet"
    try:
        if parquet.spool(source, copy) != sha256:
            raise TryAgain(f"{source.name}: changed while it was read; try again when its writer is done")
        row = 0
        for parsed in parquet.read_batches(copy, source.name, columns, BATCH_ROWS):
            count = len(parsed[0][0])
            nothing = [None] * count
            where = pl.DataFrame(
                {ROW: range(row, row + count), LINE: nothing, OFFSET: nothing, LENGTH: nothing}, schema=_POSITION
            )
            texts = [values.str.len_bytes().fill_null(0) for values, _ in parsed if values.dtype == pl.String]
            long = sum(texts[1:], texts[0]) > layout.limit if texts else pl.Series([False] * count)
            over: dict[int, tuple[str | None, str]] = dict.fromkeys(long.arg_true().to_list(), (None, OVER_SIZE))
            yield _sift(where, columns, parsed, [], over, 0, leave_out)
            row += count
    finally:
        copy.unlink(missing_ok=True)
