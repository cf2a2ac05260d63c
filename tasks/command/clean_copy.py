"""The clean copy of a masked file: its rows as the gate lets them pass, in the file's own format."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tasks.command.rows_file import RowsFile
from tasks.command.scan import new_file
from tasks.command.scanner import readable
from tasks.core.errors import AirlockError, GateRefused

if TYPE_CHECKING:
    from tasks.command.masked_pairs import MaskedFile

_ROWS = 1024


def write_clean(
    masked: MaskedFile,
    columns: Sequence[str],
    on_finding: str,
    findings: Path,
    rows: Path,
    tag: Callable[[str], str],
    out: Path,
) -> dict[str, int]:
    """Write the masked rows as they are, masked again by their own findings, or without those that have one.

    Columns that nobody declared are left out; so is an ``id`` that may be anything: the row's number takes its place.

    Args:
        masked: the masked rows.
        columns: the declared columns that the policy leaves in the table.
        on_finding: ``remask``, ``keep`` or ``quarantine``.
        findings: the gate's findings, in the order of the rows.
        rows: the gate's counts by row.
        tag: what stands in place of a kind.
        out: the file to make; it is there whole or not at all.

    Returns:
        ``rows_in``, ``rows``, ``quarantined``, ``remasked``.

    Raises:
        GateRefused: where no row is left.

    Formal guarantees:
        What is written of a row depends on its masked cells and on the findings in that row alone.
    """
    from tasks.methods.gate import remask
    from tasks.methods.records.asis import column_names, read_rows

    source = masked.source
    names = column_names(source)
    has_id = "id" not in columns and (names is None or "id" in names)
    wanted = [*(["id"] if has_id else []), *(columns if names is None else [n for n in names if n in columns])]
    schema = _schema(source.path, wanted, masked.numbers_rows) if source.format == "parquet" else None
    found = remask.Findings(findings)
    counts = dict.fromkeys(("rows_in", "rows", "quarantined", "remasked"), 0)
    with new_file(out, binary=source.format == "parquet") as file:
        table, held = RowsFile(file, source.format), list[dict[str, Any]]()
        for (record, flagged), row in zip(_records(rows), read_rows(source, wanted), strict=True):
            counts["rows_in"] += 1
            places = found.of(record)
            if on_finding == "quarantine" and flagged:
                counts["quarantined"] += 1
                continue
            cells = {name: _safe((row.cells or {}).get(name)) for name in wanted}
            if has_id and not masked.numbers_rows:
                cells["id"] = str(record) if source.format == "parquet" else record
            if on_finding == "remask" and places:
                counts["remasked"] += 1
                for name, some in places.items():
                    # A number or a date has no room for a tag.
                    cell = cells[name]
                    cells[name] = remask.replace(cell, some, tag) if isinstance(cell, str) else None
            held.append(cells)
            counts["rows"] += 1
            if len(held) == _ROWS:
                table.write(held, schema)
                held = []
        found.finish()
        table.write(held, schema)
        table.close()
        if counts["rows_in"] != counts["rows"] + counts["quarantined"]:
            raise AirlockError("leakcheck: rows are not conserved between the masked file and the clean one")
        if not counts["rows"]:
            raise GateRefused("leak gate: no row is left for the clean table; improve the masking policy")
    return counts


def _safe(cell: Any) -> Any:
    """A cell that can be written: half a surrogate pair, which JSON can hold, has no form in UTF-8."""
    return readable(cell) if isinstance(cell, str) else cell


def _records(rows: Path) -> Iterator[tuple[int, bool]]:
    """Each row's record and whether it has a finding, in the order of the masked file."""
    from tasks.methods.gate.tables import batches

    for batch in batches(rows, 16_384, ["record_id", "found"]):
        found = batch.column("found").to_pylist()
        yield from zip(batch.column("record_id").to_pylist(), map(bool, found), strict=True)


def _schema(path: str, wanted: Sequence[str], own_id: bool) -> Any:
    import pyarrow as pa
    import pyarrow.parquet as pq

    declared = pq.read_schema(path)
    fields = [declared.field(name) for name in wanted]
    if wanted[0] == "id" and not own_id:
        fields[0] = pa.field("id", pa.string())
    return pa.schema(fields)  # without the file's own metadata, which may hold anything
