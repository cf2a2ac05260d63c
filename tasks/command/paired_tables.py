"""A masked file and its raw one as Parquet with the same record ids, as the gate's methods read shards."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

from tasks.command.gate_question import UNNAMED, Question
from tasks.command.masked_pairs import Pair, pairs
from tasks.command.scanner import readable
from tasks.core.errors import UserError

_BATCH = 1024
_KEYED = re.compile(r"[0-9a-f]{64}")


def write_tables(asked: Question, folder: Path, advance: Callable[[int], None]) -> dict[str, Any]:
    """Write ``raw.parquet``, ``masked.parquet`` and ``spans.parquet``: all in the order of the masked file.

    A row's ``record_id`` is the number of the raw row in its file; every cell is text.

    Args:
        asked: which files, and which of their columns.
        folder: where the tables go; they hold raw values.
        advance: told the number of rows done.

    Returns:
        ``rows``, the ``columns`` that the masked file has and those ``expected`` of it, each in one line.

    Raises:
        UserError: where rows don't pair, or a column isn't what it should be.
    """
    import pyarrow as pa

    from tasks.methods.gate.tables import TableWriter
    from tasks.methods.mask.table import SPANS_SCHEMA

    raw_names, names = [c.name for c in asked.compared], [c.name for c in asked.kept]
    deleted = set(raw_names) - set(names)
    seen: set[str] = set()
    people = [column.name for column in asked.columns if column.role == "person"]
    declared = [column.name for column in asked.columns]
    rows = 0
    with (
        open(folder / "raw.parquet", "wb") as raw_file,
        open(folder / "masked.parquet", "wb") as masked_file,
        open(folder / "spans.parquet", "wb") as spans_file,
        TableWriter(raw_file, _strings(raw_names)) as raw,
        TableWriter(masked_file, _strings(names)) as masked,
        TableWriter(spans_file, pa.schema([field.with_nullable(True) for field in SPANS_SCHEMA])) as spans,
    ):
        for some in _batches(pairs(asked.masked, asked.raw, declared, folder, asked.by)):
            for pair in some:
                _check_people(asked, pair, people)
                seen.update(name for name, cell in pair.masked.items() if cell not in (None, ""))
            raw.write_rows([_cells(pair.number, pair.raw, raw_names) for pair in some])
            masked.write_rows([_cells(pair.number, pair.masked, names) for pair in some])
            spans.write_rows([span for pair in some for span in _spans(asked, pair)])
            rows += len(some)
            advance(len(some))
    if not rows:
        raise UserError(f"{asked.masked.source.name}: there are no rows to check")
    texts = [column.name for column in asked.columns if column.role == "text"]
    if nowhere := [name for name in texts if name not in seen]:
        raise UserError(f"{asked.masked.source.name}: no row has text in column {nowhere[0]!r}")
    return {"rows": rows, "columns": _described([*names, *sorted(seen & deleted)]), "expected": _described(names)}


def _spans(asked: Question, pair: Pair) -> Iterator[dict[str, Any]]:
    """What was masked in a row's text: what the masker says, or what the two texts tell."""
    from tasks.methods.gate.known.align import masked_away

    texts = [column.name for column in asked.compared if column.role == "text"]
    blank = {"score": 0.0, "detector": ""}
    if pair.spans is not None:
        for span in pair.spans:
            column = span.get("column", texts[0] if texts else "")
            if column in texts:
                yield {**blank, **span, "record_id": pair.number, "column": column}
        return
    for column in texts:
        before, after = _text(pair.raw.get(column)), _text(pair.masked.get(column))
        for start, end, kind in masked_away(before or "", after or "", asked.policy.text_entities):
            place = {"record_id": pair.number, "column": column, "start": start, "end": end}
            yield {**blank, **place, "entity": kind or UNNAMED}


def _check_people(asked: Question, pair: Pair, people: Sequence[str]) -> None:
    for name in people:
        if not _KEYED.fullmatch(str(pair.masked.get(name) or "")):
            raise UserError(
                f"{asked.masked.source.name}: column {name} doesn't hold the keyed hash that `airlock mask` writes for "
                f"a person's column: declare it by the kind that it holds, as in --column {name}:USERNAME"
            )


def _strings(names: Sequence[str]) -> Any:
    import pyarrow as pa

    return pa.schema([("record_id", pa.int64()), *((name, pa.string()) for name in names)])


def _described(names: Sequence[str]) -> str:
    return ", ".join(names)


def _cells(number: int, cells: dict[str, Any], names: Sequence[str]) -> dict[str, object]:
    return {"record_id": number, **{name: _text(cells.get(name)) for name in names}}


def _text(cell: Any) -> str | None:
    """A cell as text, as the gate reads cells that are none."""
    if cell is None:
        return None
    return readable(cell if isinstance(cell, str) else cell.isoformat() if hasattr(cell, "isoformat") else str(cell))


def _batches(rows: Iterable[Pair]) -> Iterator[list[Pair]]:
    held: list[Pair] = []
    for row in rows:
        held.append(row)
        if len(held) == _BATCH:
            yield held
            held = []
    if held:
        yield held
