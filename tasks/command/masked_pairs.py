"""A masked file beside the file it was made from, row by row."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tasks.command.scanner import readable
from tasks.core.errors import UserError

if TYPE_CHECKING:
    from tasks.methods.records.asis import Row
    from tasks.methods.records.sources import Source


@dataclass(frozen=True)
class MaskedFile:
    """Masked rows, and what the masker left beside them.

    Attributes:
        source: the rows.
        folder: of the copy that ``airlock mask --out`` wrote; ``None`` for a file of any other masker's.
    """

    source: Source
    folder: Path | None = None

    @property
    def numbers_rows(self) -> bool:
        """Whether an ``id`` that nobody declared is the row's number and nothing else."""
        return self.folder is not None


@dataclass(frozen=True)
class Pair:
    """A masked row with the row it was made from.

    Attributes:
        number: of the raw row in its file, from 0.
        raw: its cells.
        masked: the masked cells.
        spans: what was masked in its text, where the masker said so.
    """

    number: int
    raw: dict[str, Any]
    masked: dict[str, Any]
    spans: list[dict[str, Any]] | None = None


def masked_file(path: str) -> MaskedFile:
    """The masked rows of a path: a file, or a folder that ``airlock mask --out`` wrote.

    Raises:
        UserError: where there are none, or the folder isn't such a copy.
    """
    from tasks.methods.records.asis import local_source

    folder = Path(path)
    if not folder.is_dir():
        return MaskedFile(local_source(path))
    found = [one for one in sorted(folder.glob("masked.*")) if one.is_file()]
    beside = all((folder / name).is_file() for name in ("spans.jsonl", "set_aside.jsonl"))
    if len(found) != 1 or not beside:
        raise UserError(
            f"{folder}: isn't a folder of `airlock mask --out`, with masked.*, spans.jsonl and set_aside.jsonl; give a "
            "file"
        )
    return MaskedFile(local_source(found[0]), folder)


def pairs(masked: MaskedFile, raw: Source, columns: Sequence[str], scratch: Path, by: str) -> Iterator[Pair]:
    """Every masked row with its raw one, in the order of the masked file.

    Rows of a copy by ``airlock mask`` are paired by the row's number that ``spans.jsonl`` gives; others by ``id`` where
    both files have one, else by their order. Memory doesn't grow with the rows.

    Args:
        masked: the masked rows.
        raw: the file they were made from.
        columns: the declared columns; those that the masked file lacks are empty in its rows.
        scratch: a folder in which a temporary file with raw values may lie.
        by: ``auto`` as above, or ``id`` or ``order``.

    Raises:
        UserError: where a row has no partner, an id stands twice, or a masked row can't be read.
    """
    if masked.folder is not None:
        yield from _numbered(masked, raw, columns)
    elif by == "id" or (by == "auto" and _has_id(masked.source) and _has_id(raw)):
        yield from _by_id(masked, raw, columns, scratch)
    else:
        yield from _in_order(masked, raw, columns)


def _numbered(masked: MaskedFile, raw: Source, columns: Sequence[str]) -> Iterator[Pair]:
    assert masked.folder is not None
    rows, spans = _rows(raw, columns), _json_lines(masked.folder / "spans.jsonl")
    aside = (
        _json_lines(masked.folder / "set_aside.jsonl") if (masked.folder / "set_aside.jsonl").is_file() else iter(())
    )
    other = UserError(
        f"{masked.folder}: its rows, masked or set aside, are not those of {raw.name}: give the file that was masked, "
        "or mask it again"
    )
    taken = total = 0
    for row in _readable(masked.source, columns):
        line = next(spans, None)
        number = line["id"] if line is not None else -1
        partner = next((one for one in rows if one.number >= number), None) if isinstance(number, int) else None
        if line is None or partner is None or partner.number != number:
            raise other
        taken, total = taken + 1, number + 1
        yield Pair(number, partner.cells or {}, row.cells or {}, line["spans"])
    total += sum(1 for _ in rows)
    if next(spans, None) is not None or taken + sum(1 for _ in aside) != total:
        raise other


def _in_order(masked: MaskedFile, raw: Source, columns: Sequence[str]) -> Iterator[Pair]:
    rows, masked_rows, total = _rows(raw, columns), _readable(masked.source, columns), 0
    for row in masked_rows:
        partner = next(rows, None)
        if partner is None:
            raise _counts(masked.source, total + 1 + sum(1 for _ in masked_rows), raw, total)
        total += 1
        yield Pair(partner.number, partner.cells or {}, row.cells or {})
    if more := sum(1 for _ in rows):
        raise _counts(masked.source, total, raw, total + more)


def _by_id(masked: MaskedFile, raw: Source, columns: Sequence[str], scratch: Path) -> Iterator[Pair]:
    with closing(sqlite3.connect(scratch / "rows.sqlite", isolation_level=None)) as database:
        database.execute("pragma journal_mode = off")
        database.execute("pragma synchronous = off")
        database.execute("create table rows (id text primary key, number integer, cells text) without rowid")
        database.execute("begin")
        in_raw = 0
        for row in _rows(raw, columns, "id"):
            in_raw += 1
            cells = json.dumps({name: _plain(cell) for name, cell in (row.cells or {}).items()}, default=str)
            try:
                database.execute("insert into rows values (?, ?, ?)", [_id(row, raw), row.number, cells])
            except sqlite3.IntegrityError:
                raise UserError(f"{raw.name}: {_TWICE}") from None
        in_masked = 0
        for row in _readable(masked.source, columns, "id"):
            in_masked += 1
            key = _id(row, masked.source)
            found = database.execute("select number, cells from rows where id = ?", [key]).fetchone()
            if found is None:
                raise UserError(
                    f"{masked.source.name}: row {row.number + 1:,} has an id that no row of {raw.name} has, or another "
                    "row had it before; give the folder of `airlock mask --out`, or pair rows by --pair order"
                )
            database.execute("delete from rows where id = ?", [key])
            yield Pair(found[0], json.loads(found[1]), row.cells or {})
    if in_masked != in_raw:
        raise _counts(masked.source, in_masked, raw, in_raw)


_TWICE = "an id stands in several rows, so rows can't be paired by it; pair them by --pair order"


def _counts(masked: Source, in_masked: int, raw: Source, in_raw: int) -> UserError:
    return UserError(
        f"{masked.name} holds {in_masked:,} rows and {raw.name} {in_raw:,}: a row of the one must be a row of the other"
    )


def _id(row: Row, source: Source) -> str:
    found = (row.cells or {}).get("id")
    if found is None or found == "":
        raise UserError(f"{source.name}: row {row.number + 1:,} has no id; pair rows by --pair order")
    return readable(str(found))


def _has_id(source: Source) -> bool:
    from tasks.methods.records.asis import column_names, read_rows

    names = column_names(source)
    if names is not None:
        return "id" in names
    first = next(iter(read_rows(source)), None)
    return first is not None and "id" in (first.cells or {})


def _rows(source: Source, columns: Sequence[str], *more: str) -> Iterator[Row]:
    from tasks.methods.records.asis import column_names, read_rows

    names = column_names(source)
    wanted = [name for name in dict.fromkeys([*columns, *more]) if names is None or name in names]
    return read_rows(source, wanted)


def _readable(source: Source, columns: Sequence[str], *more: str) -> Iterator[Row]:
    for row in _rows(source, columns, *more):
        if row.cells is None:
            raise UserError(f"{source.name}: row {row.number + 1:,} can't be read: {row.reason}")
        yield row


def _json_lines(path: Path) -> Iterator[Any]:
    with open(path, encoding="utf-8") as lines:
        for number, line in enumerate(lines, 1):
            try:
                found = json.loads(line)
            except ValueError:
                found = None
            if not isinstance(found, dict):
                raise UserError(f"{path}: line {number:,} isn't what `airlock mask --out` writes; mask again")
            yield found


def _plain(cell: Any) -> Any:
    if cell is None or isinstance(cell, (str, int, float, bool, list, dict)):
        return cell
    return cell.isoformat() if hasattr(cell, "isoformat") else str(cell)
