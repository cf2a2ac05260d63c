"""Records that evidence of groups flags: for those who may see the raw zone, and never to remove them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pyarrow.compute as pc

from tasks.methods.gate.tables import batches


def in_small_groups(rows: Path, k: int, l: int = 1) -> Iterator[int]:  # noqa: E741 - the literature's name
    """Record ids of the rows that break k-anonymity or l-diversity, in the table's order.

    Args:
        rows: the table of :func:`tasks.methods.gate.groups.write_groups`.
        k: rows that a group must have.
        l: distinct sensitive values that it must have; 1 asks for nothing.
    """
    for batch in batches(rows, 16_384):
        small = pc.less(batch.column("group_rows"), k)
        if l > 1:
            small = pc.or_(small, pc.less(batch.column("group_values"), l))
        yield from batch.filter(small).column("record_id").to_pylist()
