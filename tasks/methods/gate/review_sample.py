"""A sample of masked rows for a person to read, with known leaks seeded among them.

A seeded row is another masked row, drawn at random, in which one masked stretch of a kind that the policy hides holds
its value again. Of a person's name of several words it is, every second time, one word beside the tag, as a masker
leaves it that saw half a name. So a seed stands where such values really stand and looks like what a masker misses;
what no seed can imitate is a way of writing that only the missed ones have. Where the masker took a harmless word for a
value, the seed is harmless too, and a reader who rightly passes it counts as having missed it: that only raises the
bound.
"""

from __future__ import annotations

import hashlib
import heapq
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from tasks.methods.detect.spans import Span
from tasks.methods.gate.review_seed import half, places
from tasks.methods.gate.tables import batches

HALVED = "PERSON"
"""The kind of which a seed may show one word alone."""

SPARE = 4
"""Candidates drawn for each seed: of some rows it can't be told where a stretch stands after masking."""


@dataclass(frozen=True)
class SampleShard:
    """A masked shard and what it was made of: numbers and paths.

    Attributes:
        number: the shard's number.
        rows: how many masked rows it has.
        masked: the masked rows.
        spans: where something was masked, in the raw text.
        raw: the raw rows.
    """

    number: int
    rows: int
    masked: Path
    spans: Path
    raw: Path


@dataclass(frozen=True)
class SampleRow:
    """A row of the sample.

    Attributes:
        record_id: the row's.
        shard: its shard's number.
        texts: column to text, masked; in a seeded row one stretch isn't.
        seeded: whether it holds a known leak.
    """

    record_id: int
    shard: int
    texts: Mapping[str, str]
    seeded: bool


class ReviewSample:
    """Draws samples.

    Args:
        columns: the text columns.
        marks: kind to a pattern of what stands in its place, for every kind that the masker looks for; ``None`` where
            that can be anything.
        kinds: the kinds that a seed may show: those that the policy hides.
        seed: hexadecimal digits that decide the draw.
        batch_rows: rows held at once.
    """

    def __init__(
        self,
        columns: Sequence[str],
        marks: Mapping[str, re.Pattern[str] | None],
        kinds: Iterable[str],
        seed: str,
        batch_rows: int = 4096,
    ) -> None:
        self._columns, self._marks, self._kinds = list(columns), marks, frozenset(kinds)
        self._seed, self._batch_rows = bytes.fromhex(seed)[:64], batch_rows

    def draw(
        self, shards: Sequence[SampleShard], rows: int, seeded: int, advance: Callable[[int], None] = lambda n: None
    ) -> list[SampleRow]:
        """The sample in the order in which it is read.

        Formal guarantees:
            Every set of rows of its size is drawn with the same probability, over seeds; seeded rows are not among the
            real ones, and seeds and real rows are shuffled together. Memory grows with the sample, not with the table.

        Args:
            shards: all of them.
            rows: real rows to draw; fewer where the table is small, so that seeds find rows of their own.
            seeded: seeded rows; fewer where fewer rows have something masked.
            advance: told the number of rows looked at.
        """
        total = sum(shard.rows for shard in shards)
        real = {
            (shard, record)
            for _, shard, record in heapq.nsmallest(
                min(rows, total * rows // (rows + seeded)), self._ranked("row", self._records(shards, advance))
            )
        }
        wanted = self._candidates(shards, real, SPARE * seeded)
        masked = self._rows(shards, {*real, *wanted}, lambda shard: shard.masked)
        raw = self._rows(shards, set(wanted), lambda shard: shard.raw)
        spans = self._spans(shards, set(wanted))
        sample = [SampleRow(record, shard, masked[shard, record], False) for shard, record in sorted(real)]
        seeds = (self._seeded(at, masked[at], raw[at], spans[at]) for at in wanted)
        found = [row for row in seeds if row is not None][:seeded]
        return sorted([*sample, *found], key=lambda row: self._rank("order", row.shard, row.record_id))

    def _rank(self, what: str, *of: object) -> int:
        text = "/".join([what, *map(str, of)]).encode()
        return int.from_bytes(hashlib.blake2b(text, digest_size=16, key=self._seed).digest())

    def _ranked(self, what: str, records: Iterable[tuple[int, int]]) -> Iterator[tuple[int, int, int]]:
        for shard, record in records:
            yield self._rank(what, shard, record), shard, record

    def _records(self, shards: Sequence[SampleShard], advance: Callable[[int], None]) -> Iterator[tuple[int, int]]:
        for shard in shards:
            for batch in batches(shard.masked, self._batch_rows, ["record_id"]):
                yield from ((shard.number, record) for record in batch.column("record_id").to_pylist())
                advance(batch.num_rows)

    def _candidates(
        self, shards: Sequence[SampleShard], taken: set[tuple[int, int]], count: int
    ) -> list[tuple[int, int]]:
        """Rows outside the sample with a masked stretch of a hidden kind, in the order in which they are tried."""
        best: list[tuple[int, int, int]] = []  # a heap of negated ranks: the worst candidate on top
        held: set[tuple[int, int]] = set()
        for shard in shards:
            for batch in batches(shard.spans, self._batch_rows, ["record_id", "column", "entity"]):
                for record in dict.fromkeys(self._hidden(batch)):
                    at = (shard.number, record)
                    if at in held or at in taken:
                        continue
                    entry = (-self._rank("seed", *at), *at)
                    if len(best) < count:
                        heapq.heappush(best, entry)
                        held.add(at)
                    elif best and entry > best[0]:
                        held.discard(heapq.heapreplace(best, entry)[1:])
                        held.add(at)
        return [(shard, record) for _, shard, record in sorted(best, reverse=True)]

    def _hidden(self, batch: pa.RecordBatch) -> list[int]:
        known = pc.and_(
            pc.is_in(batch.column("entity"), pa.array(sorted(self._kinds), pa.string())),
            pc.is_in(batch.column("column"), pa.array(self._columns, pa.string())),
        )
        return list(batch.filter(known).column("record_id").to_pylist())

    def _rows(
        self, shards: Sequence[SampleShard], wanted: set[tuple[int, int]], path: Callable[[SampleShard], Path]
    ) -> dict[tuple[int, int], dict[str, str]]:
        found = {}
        for shard, batch in self._of(shards, wanted, path, ["record_id", *self._columns]):
            for row in batch.to_pylist():
                texts = {name: row[name] for name in self._columns if row[name] is not None}
                found[shard, row["record_id"]] = texts
        return found

    def _spans(
        self, shards: Sequence[SampleShard], wanted: set[tuple[int, int]]
    ) -> dict[tuple[int, int], dict[str, list[Span]]]:
        found: dict[tuple[int, int], dict[str, list[Span]]] = {at: {} for at in wanted}
        for shard, batch in self._of(shards, wanted, lambda shard: shard.spans, None):
            for row in batch.to_pylist():
                span = Span(row["start"], row["end"], row["entity"], row["score"], row["detector"])
                found[shard, row["record_id"]].setdefault(row["column"], []).append(span)
        return found

    def _of(
        self,
        shards: Sequence[SampleShard],
        wanted: set[tuple[int, int]],
        path: Callable[[SampleShard], Path],
        columns: list[str] | None,
    ) -> Iterator[tuple[int, pa.RecordBatch]]:
        for shard in shards:
            records = sorted(record for number, record in wanted if number == shard.number)
            if records:
                asked = pa.array(records, pa.int64())
                for batch in batches(path(shard), self._batch_rows, columns):
                    yield shard.number, batch.filter(pc.is_in(batch.column("record_id"), asked))

    def _seeded(
        self,
        at: tuple[int, int],
        masked: Mapping[str, str],
        raw: Mapping[str, str],
        spans: Mapping[str, Sequence[Span]],
    ) -> SampleRow | None:
        """The row with one stretch put back: of a kind drawn among the row's, whichever of its stretches is drawn."""
        ordered = {column: sorted(found, key=lambda span: span.start) for column, found in spans.items()}
        options: list[tuple[int, int, str, int, str]] = []
        for column, found in ordered.items():
            for k, span in enumerate(found if column in masked and column in raw else ()):
                if span.entity in self._kinds and raw[column][span.start : span.end].strip():
                    drawn = self._rank("kind", *at, span.entity), self._rank("stretch", *at, column, k)
                    options.append((*drawn, column, k, span.entity))
        for *_, column, k, kind in sorted(options):
            stands = places(raw[column], masked[column], ordered[column], self._marks)
            if stands is None:
                continue
            start, end = stands[k]
            value = raw[column][ordered[column][k].start : ordered[column][k].end]
            if kind == HALVED and self._rank("half", *at) % 2:
                value = half(value, masked[column][start:end])
            texts = {**masked, column: masked[column][:start] + value + masked[column][end:]}
            if texts[column] != masked[column]:
                return SampleRow(at[1], at[0], texts, True)
        return None
