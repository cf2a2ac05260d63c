"""Documents and other records out of Parquet tables, streamed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pyarrow.compute as pc
import pyarrow.parquet as pq

_ROWS = 4096


def count(paths: Sequence[Path], split: str) -> int:
    """How many rows of the tables belong to a split."""
    total = 0
    for path in paths:
        with pq.ParquetFile(path) as file:
            for batch in file.iter_batches(columns=["split"]):
                total += pc.sum(pc.equal(batch.column(0), split)).as_py() or 0
    return total


def cells(
    paths: Sequence[Path], columns: Sequence[str], split: str, total: int, limit: int | None = None
) -> Iterator[tuple[Any, ...]]:
    """Each row's cells in the given columns, in their order.

    Args:
        paths: Parquet files with a column ``split`` and the columns.
        columns: names of the columns.
        split: which rows.
        total: how many rows the split has in all (see :func:`count`).
        limit: at most so many rows, spread evenly over the tables; ``None`` for all.
    """
    limit = total if limit is None else min(limit, total)
    position = 0
    for path in paths:
        with pq.ParquetFile(path) as file:
            for batch in file.iter_batches(batch_size=_ROWS, columns=list(dict.fromkeys(["split", *columns]))):
                batch = batch.filter(pc.equal(batch.column("split"), split))
                for row in zip(*(batch.column(name).to_pylist() for name in columns), strict=True):
                    # Of every total / limit rows one is taken: where the rounded-down share goes up.
                    if (position + 1) * limit // total > position * limit // total:
                        yield row
                    position += 1


def documents(
    paths: Sequence[Path], columns: Sequence[str], split: str, total: int, limit: int | None = None
) -> Iterator[str]:
    """Each row's text columns, joined by a blank line; an empty or missing cell is left out.

    Args:
        paths: Parquet files with a column ``split`` and the text columns.
        columns: names of the text columns.
        split: which rows.
        total: how many rows the split has in all (see :func:`count`).
        limit: at most so many rows, spread evenly over the tables; ``None`` for all.
    """
    for row in cells(paths, columns, split, total, limit):
        yield "\n\n".join(cell for cell in row if cell)
