"""Batches of rows cut where their text grows long, so that memory stays bounded and progress is said."""

from __future__ import annotations

from collections.abc import Collection, Iterator

import pyarrow as pa
import pyarrow.compute as pc

CHARACTERS = 200_000
"""A piece ends after the row with which its text has so many characters; a longer text is a piece by itself."""


def pieces(
    batch: pa.RecordBatch, columns: Collection[str], most: int = CHARACTERS
) -> Iterator[tuple[pa.RecordBatch, int]]:
    """Cut a batch into consecutive pieces, and give the longest text's length with each.

    Args:
        batch: the rows.
        columns: the columns of text among them.
        most: characters from which on a piece ends.
    """
    lengths = [
        pc.fill_null(pc.utf8_length(batch.column(name)), 0).to_pylist()
        for name in batch.schema.names
        if name in columns
    ]
    start = size = longest = 0
    for row in range(batch.num_rows):
        size += sum(column[row] for column in lengths)
        longest = max([longest, *(column[row] for column in lengths)])
        if size >= most:
            yield batch.slice(start, row + 1 - start), longest
            start, size, longest = row + 1, 0, 0
    if start < batch.num_rows:
        yield batch.slice(start), longest
