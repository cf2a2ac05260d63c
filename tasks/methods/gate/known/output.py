"""The two tables of a look: findings, and counts of them by row."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, BinaryIO

from tasks.methods.gate.evidence import FINDINGS, FOUND, finding_row, rows_schema
from tasks.methods.gate.finding import Finding
from tasks.methods.gate.tables import TableWriter


def write_tables(
    records: Iterable[tuple[int, list[int]]],
    found: Iterator[tuple[int, list[tuple[int, Finding]]]],
    columns: Sequence[str],
    entities: Sequence[str],
    findings: BinaryIO,
    rows: BinaryIO,
) -> dict[str, Any]:
    """Write both tables.

    Args:
        records: shard and record ids of all rows in order, some at a time.
        found: the rows in which something was found, in order: number and findings by index of column.
        columns: names by index.
        entities: kinds that count.
        findings: where the findings go.
        rows: where the counts by row go.

    Returns:
        ``rows``, ``rows_with`` by kind, ``found_by`` kind and detector.
    """
    rows_with: Counter[str] = Counter()
    found_by: dict[str, Counter[str]] = defaultdict(Counter)
    upcoming, number = next(found, None), 0
    with TableWriter(findings, FINDINGS) as finding_table, TableWriter(rows, rows_schema(entities)) as row_table:
        for shard, ids in records:
            counts: list[dict[str, object]] = []
            places: list[dict[str, object]] = []
            for record_id in ids:
                hits: list[tuple[int, Finding]] = []
                if upcoming is not None and upcoming[0] == number:
                    hits, upcoming = upcoming[1], next(found, None)
                number += 1
                by_kind = Counter(hit.entity for _, hit in hits)
                by_column = {FOUND + entity: by_kind[entity] for entity in entities}
                counts.append({"record_id": record_id, "shard": shard, "found": len(hits), **by_column})
                rows_with.update(by_kind.keys())
                for column, hit in hits:
                    found_by[hit.entity][hit.detector] += 1
                    places.append(finding_row(record_id, columns[column], hit))
            row_table.write_rows(counts)
            finding_table.write_rows(places)
    return {
        "rows": number,
        "rows_with": {entity: rows_with[entity] for entity in entities},
        "found_by": {entity: dict(sorted(ways.items())) for entity, ways in sorted(found_by.items())},
    }
