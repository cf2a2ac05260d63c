"""Which people a table holds rows of, read by its column of unit ids alone."""

from __future__ import annotations

from collections.abc import Collection
from typing import BinaryIO

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

_UNIT, _PERSON = "unit_id", "person"


def held(table: BinaryIO, units: Collection[str]) -> set[str]:
    """Which of some people a Parquet file has rows of; none where it has no column of unit ids.

    Args:
        table: the open file, seekable.
        units: unit ids, 64 hex characters each.
    """
    wanted, found = pa.array(sorted(units), pa.string()), set[str]()
    with pq.ParquetFile(table) as file:
        if _UNIT not in file.schema_arrow.names:
            return found
        for batch in file.iter_batches(columns=[_UNIT]):
            ids = batch.column(0).cast(pa.string())
            found.update(ids.filter(pc.is_in(ids, value_set=wanted)).to_pylist())
    return found


def units_of(table: BinaryIO, people: Collection[str]) -> dict[str, str]:
    """The unit ids of people, by the source's ids, from ingest's ``units.parquet``.

    Args:
        table: the open file, seekable.
        people: ids as the source has them, as text.

    Returns:
        from each id that is in it to its unit id.
    """
    wanted, found = pa.array(sorted(people), pa.string()), dict[str, str]()
    with pq.ParquetFile(table) as file:
        for batch in file.iter_batches(columns=[_PERSON, _UNIT]):
            rows = batch.filter(pc.is_in(batch.column(_PERSON), value_set=wanted))
            found.update(zip(rows.column(_PERSON).to_pylist(), rows.column(_UNIT).to_pylist(), strict=True))
    return found
