"""The clean table: the masked rows, without those that their own evidence leaves out."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from tasks.methods.gate.tables import TableWriter, batches
from tasks.methods.plant.table import SPLIT as PLANTED_SPLIT


def flagged(rows: Path) -> Iterator[tuple[int, int]]:
    """Shard and record of every row with a finding, from the evidence's counts by row, in its order."""
    for batch in batches(rows, 16_384, ["record_id", "shard", "found"]):
        batch = batch.filter(pc.greater(batch.column("found"), 0))
        yield from zip(batch.column("shard").to_pylist(), batch.column("record_id").to_pylist(), strict=True)


def write_without(source: Path, sink: BinaryIO, left_out: set[int]) -> int:
    """Copy a masked shard without some records.

    Returns:
        how many rows were written.

    Formal guarantees:
        A row's bytes in the table depend on that row; which rows are left out is the caller's choice and must rest on
        each row's own evidence.
    """
    with TableWriter(sink, pq.read_schema(source)) as table:
        unwanted = pa.array(sorted(left_out), pa.int64())
        for batch in batches(source, 8192):
            table.write(batch.filter(pc.invert(pc.is_in(batch.column("record_id"), unwanted))))
        return table.rows


def holds_planted(rows: Path) -> bool:
    """Whether a shard has a row of the split that planted rows bear."""
    return any(
        pc.any(pc.equal(batch.column("split"), PLANTED_SPLIT)).as_py() for batch in batches(rows, 16_384, ["split"])
    )
