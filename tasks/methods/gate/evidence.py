"""Evidence: the findings of every detector in every row, and counts of them by row. No value is kept."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO

import pyarrow as pa
import pyarrow.parquet as pq

from tasks.methods.gate.finding import Detector, Finding
from tasks.methods.gate.placeholders import Placeholders
from tasks.methods.gate.tables import TableWriter, batches, cell_text, schema_text

FOUND = "found_"
"""Before a kind's name: the column with a row's number of findings of that kind."""

FINDINGS = pa.schema(
    [
        ("record_id", pa.int64()),
        ("column", pa.string()),
        ("entity", pa.string()),
        ("start", pa.int32()),
        ("end", pa.int32()),
        ("detector", pa.string()),
    ]
)
"""The table of findings. Places are in the masked text."""


@dataclass(frozen=True)
class ScanColumn:
    """A column to look into.

    Attributes:
        name: its name.
        kind: the kind a structured column holds; empty for text.
        free_text: whether it reads like language. A class label doesn't, and a model that looks for names in
            sentences would see some.
    """

    name: str
    kind: str = ""
    free_text: bool = True


@dataclass(frozen=True)
class ShardInput:
    """A masked shard.

    Attributes:
        number: its number.
        path: its rows.
        rows: how many rows its reference promises.
        spans: its spans: a row that has one in a column had text there.
    """

    number: int
    path: Path
    rows: int
    spans: Path | None = None


@dataclass
class ShardSeen:
    """What a shard turned out to be: ``shard``, promised and found rows, rows that lost their text, its columns."""

    shard: int
    rows_promised: int
    rows: int = 0
    rows_without_text: int = 0
    columns: str = ""


@dataclass
class Scan:
    """Looks through masked shards.

    Args:
        detectors: the gate's own.
        entities: kinds that count.
        columns: where to look.
        placeholders: what the masker may have left.
        required: columns in which every row must hold something.
        allow: words that are never personal data, without case.
    """

    detectors: Sequence[Detector]
    entities: Sequence[str]
    columns: Sequence[ScanColumn]
    placeholders: Placeholders
    required: Sequence[str] = ()
    allow: Iterable[str] = ()
    rows_with: Counter[str] = field(default_factory=Counter)
    found_by: Counter[tuple[str, str]] = field(default_factory=Counter)

    def __post_init__(self) -> None:
        self._entities = frozenset(self.entities)
        self._allow = frozenset(word.casefold() for word in self.allow)

    def rows_schema(self) -> pa.Schema:
        """The table of counts by row: the record, its shard, all findings, findings by kind."""
        return rows_schema(self.entities)

    def run(
        self,
        shards: Iterable[ShardInput],
        findings: BinaryIO,
        rows: BinaryIO,
        batch_rows: int = 256,
        advance: Callable[[int], None] = lambda n: None,
    ) -> list[ShardSeen]:
        """Write both tables and return what the shards are.

        Args:
            shards: in the order of their numbers: the order of the tables' rows.
            findings: where the findings go.
            rows: where the counts by row go.
            batch_rows: rows held at once.
            advance: told the number of rows done.
        """
        seen = []
        with TableWriter(findings, FINDINGS) as found_table, TableWriter(rows, self.rows_schema()) as row_table:
            for shard in shards:
                now = ShardSeen(shard.number, shard.rows, columns=schema_text(pq.read_schema(shard.path)))
                emptied: dict[str, set[int]] = {}
                for batch in batches(shard.path, batch_rows):
                    ids = batch.column("record_id").to_pylist()
                    by_row = self._batch(batch)
                    row_table.write_rows([self._counts(i, shard.number, f) for i, f in zip(ids, by_row, strict=True)])
                    found_table.write_rows(
                        [finding_row(i, column, f) for i, row in zip(ids, by_row, strict=True) for column, f in row]
                    )
                    self._note_empty(batch, ids, emptied)
                    now.rows += batch.num_rows
                    advance(batch.num_rows)
                now.rows_without_text = len(self._lost(shard, emptied))
                seen.append(now)
        return seen

    def _batch(self, batch: pa.RecordBatch) -> list[list[tuple[str, Finding]]]:
        by_row: list[list[tuple[str, Finding]]] = [[] for _ in range(batch.num_rows)]
        for column in self.columns:
            cells = [cell_text(cell) for cell in batch.column(column.name).to_pylist()]
            # Masked tables repeat themselves: a column of tags is one text.
            texts = sorted({c for c in cells if c and self.placeholders.leave_something(c)})
            found: dict[str, list[Finding]] = {text: [] for text in texts}
            for detector in self.detectors:
                if column.free_text or not detector.reads_language:
                    for text, hits in zip(texts, detector.detect(texts, column.kind), strict=True):
                        found[text] += self._kept(text, hits)
            for row, cell in zip(by_row, cells, strict=True):
                row += [(column.name, hit) for hit in found.get(cell, ())]
        for row in by_row:
            self.rows_with.update({hit.entity for _, hit in row})
            self.found_by.update((hit.entity, hit.detector.partition(":")[0]) for _, hit in row)
        return by_row

    def _kept(self, text: str, hits: Sequence[Finding]) -> list[Finding]:
        kept = self.placeholders.outside(text, [hit for hit in hits if hit.entity in self._entities])
        return sorted(hit for hit in kept if text[hit.start : hit.end].casefold().strip() not in self._allow)

    def _counts(self, record_id: int, shard: int, row: Sequence[tuple[str, Finding]]) -> dict[str, object]:
        by_entity = Counter(hit.entity for _, hit in row)
        counts = {FOUND + entity: by_entity[entity] for entity in self.entities}
        return {"record_id": record_id, "shard": shard, "found": len(row), **counts}

    def _note_empty(self, batch: pa.RecordBatch, ids: list[int], emptied: dict[str, set[int]]) -> None:
        for column in {*(c.name for c in self.columns), *self.required}:
            if column in batch.schema.names and batch.column(column).null_count:
                nulls = batch.column(column).is_null().to_pylist()
                emptied.setdefault(column, set()).update(i for i, null in zip(ids, nulls, strict=True) if null)

    def _lost(self, shard: ShardInput, emptied: Mapping[str, set[int]]) -> set[int]:
        """Records that hold nothing where they must, or where the masker says it found something."""
        lost = {i for column in self.required for i in emptied.get(column, ())}
        texts = {c.name for c in self.columns if not c.kind and c.free_text}
        if shard.spans is not None and any(emptied.get(column) for column in texts):
            for batch in batches(shard.spans, 8192, ["record_id", "column"]):
                pairs = zip(batch.column("record_id").to_pylist(), batch.column("column").to_pylist(), strict=True)
                lost.update(i for i, column in pairs if column in texts and i in emptied.get(column, ()))
        return lost


def rows_schema(entities: Sequence[str]) -> pa.Schema:
    """A table of counts by row: the record, its shard, all findings, findings by kind."""
    counts = [("found", pa.int32()), *((FOUND + entity, pa.int32()) for entity in entities)]
    return pa.schema([("record_id", pa.int64()), ("shard", pa.int32()), *counts])


def finding_row(record_id: int, column: str, hit: Finding) -> dict[str, object]:
    """A line of the table of findings."""
    return {
        "record_id": record_id,
        "column": column,
        "entity": hit.entity,
        "start": hit.start,
        "end": hit.end,
        "detector": hit.detector,
    }
