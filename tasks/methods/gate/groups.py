"""Groups of rows that share their quasi-identifiers: how small they are, and how much a group gives away.

A row is *k-anonymous* where at least k rows, itself among them, agree in all quasi-identifiers (Sweeney, 2002,
"k-anonymity: a model for protecting privacy", IJUFKS 10(5): 557-570). It is *l-diverse* where the rows of its group
hold at least l distinct sensitive values (Machanavajjhala, Kifer, Gehrke and Venkitasubramaniam, 2007, "l-diversity:
privacy beyond k-anonymity", ACM TKDD 1(1), section 4: distinct l-diversity). A null is a value of its own in both.
"""

from __future__ import annotations

import hashlib
import os
import sqlite3
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any, BinaryIO

import pyarrow as pa
import pyarrow.compute as pc

from tasks.methods.gate.evidence import ShardInput
from tasks.methods.gate.tables import TableWriter, batches

ROWS_SCHEMA = pa.schema(
    [("record_id", pa.int64()), ("shard", pa.int32()), ("group_rows", pa.int32()), ("group_values", pa.int32())]
)
"""Of each row: how many rows its group has, and how many sensitive values they hold."""

_BATCH, _DIGEST, _CACHE_KIB, _AT_ONCE = 16_384, 16, 16_384, 512


def write_groups(
    shards: Sequence[ShardInput],
    quasi_identifiers: Sequence[str],
    sensitive: str | None,
    scratch: Path,
    rows: BinaryIO,
    advance: Callable[[int], None] = lambda n: None,
) -> dict[str, Any]:
    """Count the groups, and write for each row what its group is.

    Memory doesn't grow with the rows: groups are counted on disk, under a digest of their values with a key that is
    drawn for the call and never written.

    Args:
        shards: the masked tables, read twice, in the order of the rows to write.
        quasi_identifiers: columns that are put together.
        sensitive: the column whose values are counted in each group; ``group_values`` is 0 without one.
        scratch: a folder in which a temporary file may lie.
        rows: where the table of rows goes.
        advance: told the number of rows done; each row is done twice.

    Returns:
        ``rows``, ``groups``, ``unique_rows`` (alone in their group), ``smallest`` group, ``sizes`` (by a group's rows,
        how many such groups), ``values`` (by a group's number of sensitive values, how many rows are in such groups),
        ``columns`` and ``sensitive``. Counts and names of columns alone.

    Raises:
        KeyError: where a column is missing.
        ValueError: without a quasi-identifier.
    """
    if not quasi_identifiers:
        raise ValueError("groups need at least one quasi-identifier")
    columns = [*quasi_identifiers, *([sensitive] if sensitive is not None else [])]
    key = os.urandom(32)
    with (
        tempfile.TemporaryDirectory(dir=scratch, prefix="groups-") as folder,
        closing(sqlite3.connect(Path(folder) / "groups.sqlite", isolation_level=None)) as database,
    ):
        _prepare(database)
        for shard in shards:
            for _, digests, cells in _digests(shard.path, columns, len(quasi_identifiers), key):
                _count(database, digests, cells if sensitive is not None else None)
                advance(len(digests))
        database.execute(
            "insert into found select digest, size, (select count(*) from pairs where pairs.digest = sizes.digest) "
            "from sizes order by digest"
        )
        with TableWriter(rows, ROWS_SCHEMA) as table:
            for shard in shards:
                for records, digests, _ in _digests(shard.path, columns, len(quasi_identifiers), key):
                    table.write(_batch(database, records, shard.number, digests))
                    advance(len(digests))
        sizes, values = _histograms(database, sensitive is not None)
    return {
        "rows": sum(int(size) * groups for size, groups in sizes.items()),
        "groups": sum(sizes.values()),
        "unique_rows": sizes.get("1", 0),
        "smallest": min(map(int, sizes), default=0),
        "sizes": sizes,
        "values": values,
        "columns": list(quasi_identifiers),
        "sensitive": sensitive,
    }


def below(found: Mapping[str, Any], k: int, l: int = 1) -> dict[str, int]:  # noqa: E741 - the literature's name
    """Rows and groups that break k-anonymity, and rows that break l-diversity, from the counts alone.

    >>> below({"sizes": {"1": 3, "4": 1, "5": 2}, "values": {"1": 7, "3": 10}}, k=5, l=2)
    {'k': 5, 'groups_below_k': 4, 'rows_below_k': 7, 'l': 2, 'rows_below_l': 7}
    """
    small = {int(size): groups for size, groups in found["sizes"].items() if int(size) < k}
    return {
        "k": k,
        "groups_below_k": sum(small.values()),
        "rows_below_k": sum(size * groups for size, groups in small.items()),
        "l": l,
        "rows_below_l": sum(rows for values, rows in found["values"].items() if int(values) < l),
    }


def _prepare(database: sqlite3.Connection) -> None:
    """Tables by digest. Nothing of them outlives the call, so no journal is kept."""
    for pragma in ("journal_mode = off", "synchronous = off", f"cache_size = -{_CACHE_KIB}", "temp_store = file"):
        database.execute(f"pragma {pragma}")
    database.execute("create table sizes (digest blob primary key, size integer not null) without rowid")
    database.execute("create table pairs (digest blob, value blob, primary key (digest, value)) without rowid")
    database.execute("create table found (digest blob primary key, size integer, count integer) without rowid")


def _digests(
    path: Path, columns: Sequence[str], quasi: int, key: bytes
) -> Iterator[tuple[pa.Array, list[bytes], list[bytes]]]:
    """Of each batch: record ids, digests of the quasi-identifiers, digests of the sensitive value."""
    for batch in batches(path, _BATCH, ["record_id", *dict.fromkeys(columns)]):
        cells = list(zip(*(_cells(batch.column(name)) for name in columns), strict=True))
        # A cache for each: to a dict, true and 1 are the same.
        groups: dict[tuple[Any, ...], bytes] = {}
        values: dict[tuple[Any, ...], bytes] = {}
        yield (
            batch.column("record_id"),
            [_digest(row[:quasi], key, groups) for row in cells],
            [_digest(row[quasi:], key, values) for row in cells],
        )


def _cells(column: pa.Array) -> list[Any]:
    """The values. Minus zero becomes zero: they are equal, and their digits aren't."""
    return (pc.add(column, 0.0) if pa.types.is_floating(column.type) else column).to_pylist()


def _digest(cells: tuple[Any, ...], key: bytes, seen: dict[tuple[Any, ...], bytes]) -> bytes:
    """A keyed digest of the cells as Python writes them: null, numbers, dates and strings apart, each with its end."""
    if (known := seen.get(cells)) is None:
        known = seen[cells] = hashlib.blake2b(repr(cells).encode(), digest_size=_DIGEST, key=key).digest()
    return known


def _count(database: sqlite3.Connection, digests: Sequence[bytes], values: Sequence[bytes] | None) -> None:
    database.execute("begin")
    # Sorted: neighbours in the tree are written together.
    database.executemany(
        "insert into sizes values (?, ?) on conflict (digest) do update set size = size + excluded.size",
        sorted(Counter(digests).items()),
    )
    if values is not None:
        pairs = sorted(set(zip(digests, values, strict=True)))
        database.executemany("insert or ignore into pairs values (?, ?)", pairs)
    database.execute("commit")


def _batch(database: sqlite3.Connection, records: pa.Array, shard: int, digests: Sequence[bytes]) -> pa.RecordBatch:
    groups: dict[bytes, tuple[int, int]] = {}
    wanted = sorted(set(digests))
    for start in range(0, len(wanted), _AT_ONCE):
        some = wanted[start : start + _AT_ONCE]
        query = f"select digest, size, count from found where digest in ({', '.join('?' * len(some))})"
        groups.update((digest, (size, count)) for digest, size, count in database.execute(query, some))
    arrays = [
        records.cast(pa.int64()),
        pa.array([shard] * len(digests), pa.int32()),
        *(pa.array([groups[digest][place] for digest in digests], pa.int32()) for place in (0, 1)),
    ]
    return pa.RecordBatch.from_arrays(arrays, schema=ROWS_SCHEMA)


def _histograms(database: sqlite3.Connection, diverse: bool) -> tuple[dict[str, int], dict[str, int]]:
    """Groups by their rows, and rows by their group's sensitive values; the keys are strings, as JSON has them."""
    sizes: Counter[int] = Counter()
    values: Counter[int] = Counter()
    for size, count in database.execute("select size, count from found"):
        sizes[size] += 1
        if diverse:
            values[count] += size
    by_size, by_values = ({str(key): counted[key] for key in sorted(counted)} for counted in (sizes, values))
    return by_size, by_values
