"""Shards as sources: the values their raw rows and spans give, and their masked cells with the raw ones beside them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from tasks.core.errors import AirlockError
from tasks.methods.gate.known.cells import Cells
from tasks.methods.gate.tables import batches, cell_text


@dataclass(frozen=True)
class KnownShard:
    """A shard before and after masking.

    Attributes:
        number: its number.
        raw: its raw rows.
        spans: what was masked in their text (places in the raw text); rows in the order of ``raw``, column by column.
        masked: its masked rows, in the order of ``raw``; some may have been set aside.
    """

    number: int
    raw: Path
    spans: Path | None
    masked: Path


@dataclass(frozen=True)
class KnownColumn:
    """A column.

    Attributes:
        name: its name.
        kind: the kind a structured column holds; empty for text.
        collected: whether its raw cells are values to look for: a structured column that the policy masks.
        searched: whether its masked cells are looked through.
    """

    name: str
    kind: str = ""
    collected: bool = False
    searched: bool = True


def values(
    shard: KnownShard, columns: Sequence[KnownColumn], entities: frozenset[str], batch_rows: int
) -> Iterator[list[tuple[str, str]]]:
    """Kind and value of what the raw shard's columns hold and of what was masked in its text, some rows at a time.

    Raises:
        AirlockError: where the spans are not those of these rows.
    """
    texts = [c.name for c in columns if not c.kind] if shard.spans is not None else []
    spans = {name: _Spans(_spans_of(shard, name, entities)) for name in texts}
    cells = [c for c in columns if c.collected and c.kind in entities]
    for batch in batches(shard.raw, batch_rows, ["record_id", *{*texts, *(c.name for c in cells)}]):
        found: list[tuple[str, str]] = []
        for column in cells:
            found += [(column.kind, text) for text in map(cell_text, batch.column(column.name).to_pylist()) if text]
        ids = batch.column("record_id").to_pylist()
        for name, cursor in spans.items():
            column_cells = batch.column(name)
            for row, record_id in enumerate(ids):
                if places := cursor.take(record_id):
                    text = column_cells[row].as_py() or ""
                    found += [(entity, text[start:end]) for start, end, entity in places]
        yield found
    if any(cursor.record_id is not None for cursor in spans.values()):
        raise AirlockError(f"leakcheck: the spans of shard {shard.number} are not those of its raw rows")


def cells(shard: KnownShard, columns: Sequence[KnownColumn], first: int, batch_rows: int) -> Iterator[Cells]:
    """The masked cells to look through.

    Args:
        shard: the shard.
        columns: all columns; a cell's column is its index among them.
        first: number of the shard's first row, counted through all shards.
        batch_rows: rows held at once.
    """
    schema = pq.read_schema(shard.masked)
    wanted = [(n, c.name) for n, c in enumerate(columns) if c.searched and c.name in schema.names]
    names = [name for n, name in wanted if _is_text(schema.field(name).type)]
    for masked, raw in _paired(shard, names, batch_rows):
        for n, name in wanted:
            if name in names:
                column = raw.column(name)
                yield Cells(first, n, masked.column(name).to_pylist(), partial(_cell, column))
        first += masked.num_rows


def _paired(shard: KnownShard, names: Sequence[str], batch_rows: int) -> Iterator[tuple[pa.RecordBatch, pa.Table]]:
    """Masked rows, and the raw rows they came from."""
    rows = batches(shard.raw, batch_rows, ["record_id", *names])
    held: pa.Table | None = None
    for masked in batches(shard.masked, batch_rows, ["record_id", *names]):
        ids = masked.column("record_id")
        while held is None or (at := pc.index_in(ids, held.column("record_id"))).null_count:
            batch = next(rows, None)
            if batch is None:
                raise AirlockError(f"leakcheck: masked shard {shard.number} holds rows that its raw shard lacks")
            more = pa.Table.from_batches([batch])
            held = more if held is None else pa.concat_tables([held, more])
        yield masked, held.take(at)
        held = held.slice(pc.max(at).as_py() + 1)


class _Spans:
    """The spans of one column, taken row by row."""

    def __init__(self, spans: Iterator[tuple[int, int, int, str]]) -> None:
        self._spans = spans
        self._next = next(spans, None)

    @property
    def record_id(self) -> int | None:
        """The record that the next span is of; ``None`` at the end."""
        return self._next[0] if self._next else None

    def take(self, record_id: int) -> list[tuple[int, int, str]]:
        """Start, end and kind of the record's spans."""
        found = []
        while self._next is not None and self._next[0] == record_id:
            found.append(self._next[1:])
            self._next = next(self._spans, None)
        return found


def _spans_of(shard: KnownShard, column: str, entities: frozenset[str]) -> Iterator[tuple[int, int, int, str]]:
    names = ["record_id", "start", "end", "entity", "column"]
    kinds = pa.array(sorted(entities), pa.string())
    for batch in batches(shard.spans, 8192, names):
        of_column = pc.equal(batch.column("column"), column)
        batch = batch.filter(pc.and_(of_column, pc.is_in(batch.column("entity"), kinds)))
        yield from zip(*(batch.column(name).to_pylist() for name in names[:4]), strict=True)


def _is_text(kind: Any) -> bool:
    return pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_string_view(kind)


def _cell(column: pa.ChunkedArray, row: int) -> str:
    return cell_text(column[row].as_py())


def record_ids(shards: Iterable[KnownShard], batch_rows: int) -> Iterator[tuple[int, list[int]]]:
    """Shard and records of the masked rows in their order, some at a time."""
    for shard in shards:
        for batch in batches(shard.masked, batch_rows, ["record_id"]):
            yield shard.number, batch.column("record_id").to_pylist()
