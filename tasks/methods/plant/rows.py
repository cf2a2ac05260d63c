"""Planted texts as rows of ingest's own schema, and the table of their places."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import islice
from typing import Any, BinaryIO

import pyarrow as pa

from tasks.methods.plant.cells import cell
from tasks.methods.plant.compose import Planted
from tasks.methods.plant.table import FIRST_RECORD, PLANTED_SCHEMA, SPLIT
from tasks.methods.records.columns import Column
from tasks.methods.records.shards import parquet_writer, shard_name, shard_schema
from tasks.methods.sample.stream import stream


def write(
    open_file: Callable[[str], BinaryIO],
    planted: Iterable[Planted],
    declared: Sequence[Mapping[str, Any]],
    seed: str,
    first_shard: int,
    shard_rows: int,
) -> list[int]:
    """Write the planted shards and ``planted.parquet``.

    Args:
        open_file: opens a payload file by name.
        planted: the texts, in the order of their rows.
        declared: the declared columns, as ``columns.json`` has them.
        seed: what the other cells are drawn from.
        first_shard: number of the first planted shard.
        shard_rows: rows in a shard at most.

    Returns:
        rows by shard.
    """
    kept = [column for column in declared if column["role"] != "person"]
    schema = shard_schema([Column(column["name"], column["type"]) for column in kept])
    counts: list[int] = []
    with open_file("planted.parquet") as sink, parquet_writer(sink, PLANTED_SCHEMA) as places:
        numbered = enumerate(planted)
        while part := list(islice(numbered, shard_rows)):
            rows = [_row(seed, n, text, declared) for n, text in part]
            with open_file(shard_name(first_shard + len(counts))) as out, parquet_writer(out, schema) as shard:
                shard.write_table(pa.Table.from_pylist(rows, schema))
            places.write_table(pa.Table.from_pylist([p for n, text in part for p in _places(n, text)], PLANTED_SCHEMA))
            counts.append(len(rows))
    return counts


def _row(seed: str, number: int, planted: Planted, declared: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    rng = stream(seed, "cells", number)
    row: dict[str, Any] = {"record_id": FIRST_RECORD | number, "unit_id": None, "split": SPLIT}
    for column in declared:
        name, role = column["name"], column["role"]
        if role == "person":
            # As long and as random as a person's keyed hash; no source id leads to it.
            row["unit_id"] = hashlib.sha256(f"{seed}/planted person/{number}".encode()).hexdigest()
        elif role == "text":
            row[name] = planted.text if name == planted.column else None
        elif role == "structured":
            row[name] = cell(rng, planted.language, column["kind"], column["type"], column["low"], column["high"])
        else:
            row[name] = None
    return row


def _places(number: int, planted: Planted) -> list[dict[str, Any]]:
    fixed = {"record_id": FIRST_RECORD | number, "column": planted.column, "language": planted.language}
    return [{**fixed, **place._asdict()} for place in planted.places]
