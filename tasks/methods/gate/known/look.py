"""The look for known values: values and words in, patterns chosen, text searched, findings out."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

import pyarrow.parquet as pq

from tasks.methods.gate.finding import Finding
from tasks.methods.gate.known import shards as sources
from tasks.methods.gate.known.cells import Cells, walled
from tasks.methods.gate.known.choose import Skipped, choose
from tasks.methods.gate.known.collect import add_values, add_words
from tasks.methods.gate.known.output import write_tables
from tasks.methods.gate.known.search import search
from tasks.methods.gate.known.settle import count_ordinary, settled
from tasks.methods.gate.known.shards import KnownColumn, KnownShard
from tasks.methods.gate.known.store import database
from tasks.methods.gate.placeholders import Placeholders

HELD = 5_000
"""Patterns held at once: some 5 MB."""


@dataclass(frozen=True)
class Source:
    """Where values and masked text come from; each is asked for anew as often as it is read.

    Attributes:
        values: kinds and values, some at a time.
        cells: masked cells with the raw ones beside them.
    """

    values: Callable[[], Iterable[list[tuple[str, str]]]]
    cells: Callable[[], Iterable[Cells]]


def find(
    source: Source,
    placeholders: Placeholders,
    scratch: Path,
    allow: Iterable[str],
    held: int,
    take: Callable[[Iterator[tuple[int, list[tuple[int, Finding]]]]], dict[str, Any]],
) -> dict[str, Any]:
    """Find what is known in the source's masked text.

    Args:
        source: values and text.
        placeholders: what the masker may have left.
        scratch: a folder in the raw zone for a database of values, which is gone afterwards.
        allow: words and phrases that are never personal data.
        held: patterns held at once.
        take: given the rows in which something was found, in order, each with its findings by index of column; what
            it returns joins the counts.

    Returns:
        counts: distinct ``values`` by kind, how many patterns were ``looked_for``, how many ``skipped`` by reason and
        kind, and the number of ``passes`` over the text.
    """
    skipped = Skipped()
    with database(scratch) as connection:
        for values in source.values():
            add_values(connection, values)
        for cells in source.cells():
            add_words(connection, (walled(text, placeholders) for text in cells.masked if text))
        known = choose(connection, list(allow), skipped)
        # Counted here: SQLite would sort them all, in memory.
        looked_for = Counter(entity for (entity,) in connection.execute("SELECT entity FROM wanted"))
        passes = search(connection, source.cells, placeholders, held)
        count_ordinary(connection, skipped)
        taken = take(settled(connection))
    counts = {"values": known, "looked_for": dict(sorted(looked_for.items())), "skipped": skipped.by_reason()}
    return taken | counts | {"passes": passes}


def look(
    shards: Sequence[KnownShard],
    columns: Sequence[KnownColumn],
    entities: Sequence[str],
    placeholders: Placeholders,
    scratch: Path,
    findings: BinaryIO,
    rows: BinaryIO,
    allow: Iterable[str] = (),
    batch_rows: int = 1024,
    patterns: int = HELD,
    advance: Callable[[int], None] = lambda n: None,
) -> dict[str, Any]:
    """Look for known values in masked shards and write what was found.

    A value counts as found where its words stand in a masked cell, outside placeholders, and stood in the raw cell
    too. What an operator writes in a value's place is therefore no finding, though it be another person's name.

    Args:
        shards: in the order of their numbers.
        columns: text columns, and structured ones to take values from or to look through.
        entities: kinds that count.
        placeholders: what the masker may have left.
        scratch: a folder in the raw zone: it holds values for as long as the look lasts.
        findings: where the findings go (:data:`~tasks.methods.gate.evidence.FINDINGS`).
        rows: where the counts by row go, as :meth:`tasks.methods.gate.evidence.Scan.rows_schema` has them.
        allow: words that are never personal data, compared folded.
        batch_rows: rows held at once.
        patterns: patterns held at once; more are looked for in further passes over the text.
        advance: told the number of rows done, in every pass over them.

    Returns:
        counts only: what :func:`find` says, and ``rows``, ``rows_with`` by kind, ``found_by`` kind and way.

    Raises:
        AirlockError: where spans or masked rows are not those of the raw rows.

    Formal guarantees:
        None that a row's findings rest on that row alone: they come from other rows' values. They may stop a run;
        whoever edits or removes rows by them breaks what ε says.
    """
    kinds = frozenset(entities)
    firsts = _firsts(shards)

    def values() -> Iterator[list[tuple[str, str]]]:
        for shard in shards:
            yield from sources.values(shard, columns, kinds, batch_rows)

    def cells() -> Iterator[Cells]:
        for shard, first in zip(shards, firsts, strict=True):
            reached = first
            for some in sources.cells(shard, columns, first, batch_rows):
                yield some
                if some.first + len(some.masked) > reached:
                    advance(some.first + len(some.masked) - reached)
                    reached = some.first + len(some.masked)

    def write(found: Iterator[tuple[int, list[tuple[int, Finding]]]]) -> dict[str, Any]:
        return write_tables(
            sources.record_ids(shards, batch_rows), found, [c.name for c in columns], entities, findings, rows
        )

    return find(Source(values, cells), placeholders, scratch, allow, patterns, write)


def _firsts(shards: Sequence[KnownShard]) -> list[int]:
    firsts = [0]
    for shard in shards:
        firsts.append(firsts[-1] + int(pq.read_metadata(shard.masked).num_rows))
    return firsts[:-1]
