"""The work behind ``airlock mask --out``: batches of rows in, masked rows out, and the files they go to."""

from __future__ import annotations

import contextlib
import datetime
import json
import math
import re
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

from tasks.command.rows_file import RowsFile
from tasks.command.scan import new_file
from tasks.command.scanner import Look, Scanner, mask_key, operations, readable
from tasks.core.config.ingest import Column
from tasks.core.errors import AirlockError, UserError, describe
from tasks.core.policies import UNDECLARED, Policy
from tasks.stages.mask import column_plans

if TYPE_CHECKING:
    from tasks.methods.mask.plan import ColumnPlan
    from tasks.methods.records.asis import Row


COPY = (*(f"masked.{ending}" for ending in ("jsonl", "csv", "tsv", "parquet")), "spans.jsonl", "set_aside.jsonl")
"""The files of a masked copy."""


@dataclass(frozen=True)
class Plan:
    """What is to be done; can be sent to another process.

    Attributes:
        look: how to look.
        columns: the declared columns.
        keeps_id: whether the rows' ``id`` is carried along.
        format: of the file.
    """

    look: Look
    columns: tuple[Column, ...]
    keeps_id: bool
    format: str


@dataclass
class Batch:
    """A masked batch.

    Attributes:
        rows: by column the masked cells, a mapping a row.
        spans: a line a row for ``spans.jsonl``.
        set_aside: number and reason of each row that was not masked and is therefore not written.
        cells: masked cells of structured columns, by kind.
        remasked: spans that the gate's detectors alone gave.
        ids_replaced: rows whose id nobody declared; their number stands in its place.
        foreign: texts in no language of the policy, and read all the same.
        schema: the Arrow schema of ``rows``.
    """

    rows: list[dict[str, Any]]
    spans: list[dict[str, Any]]
    set_aside: list[tuple[int, str]]
    cells: Counter[str] = field(default_factory=Counter)
    remasked: int = 0
    ids_replaced: int = 0
    foreign: int = 0
    schema: Any = None


def plans(columns: Sequence[Column], policy: Policy) -> list[ColumnPlan]:
    """What happens to each declared column: as in the pipeline, and labels of text are read too.

    Raises:
        UserError: for a kind without a line in the policy, or an operator that doesn't fit its column.
    """
    from tasks.methods.mask.plan import ColumnPlan

    labels = [c.name for c in columns if c.role == "label" and c.type == "string"]
    declared = [column.model_dump(mode="json") for column in columns]
    return [*column_plans(policy, declared, own_values=True), *(ColumnPlan(name, free_text=True) for name in labels)]


def build(plan: Plan) -> Callable[[list[Row]], Batch]:
    """The work on batches, detectors loaded."""
    from tasks.methods.mask.table import TableMasker

    policy = next(iter(plan.look.policies().values()))
    scanner = Scanner(plan.look)
    table = TableMasker(
        plans(plan.columns, policy),
        scanner,  # type: ignore[arg-type]
        operations(policy),
        mask_key(policy),
        sets_aside=policy.unread == "quarantine",
    )
    read = _reader(plan)
    unit_key = _unit_key() if any(column.role == "person" for column in plan.columns) else b""
    gate = frozenset(policy.detectors.gate)
    several = sum(column.free_text for column in plans(plan.columns, policy)) > 1

    def work(rows: list[Row]) -> Batch:
        kept: list[tuple[Row, dict[str, Any]]] = []
        aside: list[tuple[int, str]] = []
        for row in rows:
            cells, reason = read(row)
            if cells is None:
                aside.append((row.number, reason))
            else:
                kept.append((row, cells))
        before = scanner.foreign
        try:
            masked = table.mask(_record_batch(plan, kept, unit_key))
        except AirlockError:
            raise
        except Exception as exc:
            raise AirlockError(f"mask: {describe(exc)}") from None
        unread = {line["record_id"]: line["reason"] for line in masked.aside.to_pylist()}
        aside = sorted([*aside, *unread.items()])
        kept = [(row, cells) for row, cells in kept if row.number not in unread]
        ids = [_id(row, plan.format) for row, _ in kept]
        spans = {row.number: {"id": id_, "spans": []} for (row, _), (id_, _) in zip(kept, ids, strict=True)}
        batch = Batch([], list(spans.values()), aside, foreign=scanner.foreign - before)
        for span in masked.spans.to_pylist():
            number, column = span.pop("record_id"), span.pop("column")
            batch.remasked += span["detector"].partition(":")[0] in gate
            spans[number]["spans"].append({"column": column, **span} if several else span)
        stands = {column.name: "unit_id" if column.role == "person" else column.name for column in plan.columns}
        names = [name for name, at in stands.items() if at in masked.rows.schema.names]
        arrays = {name: masked.rows.column(stands[name]) for name in names}
        batch.schema = [(name, array.type) for name, array in arrays.items()]
        columns = {name: array.to_pylist() for name, array in arrays.items()}
        for place, (id_, replaced) in enumerate(ids):
            own = {"id": id_} if plan.keeps_id else {}
            batch.rows.append({**own, **{name: cells[place] for name, cells in columns.items()}})
            batch.ids_replaced += replaced and plan.keeps_id
        for column in plan.columns:
            if column.role == "structured":
                batch.cells[column.kind or UNDECLARED] += sum(cells[column.name] is not None for _, cells in kept)
        return batch

    return work


def _id(row: Row, format_: str) -> tuple[Any, bool]:
    """The row's number, and whether it stands in the place of an ``id``: an id that nobody declared may be anything."""
    own = (row.cells or {}).get("id")
    return row.number if format_ != "parquet" else str(row.number), own is not None and own != ""


def _reader(plan: Plan) -> Callable[[Row], tuple[dict[str, Any] | None, str]]:
    from tasks.methods.records.columns import MISSING_VALUE, TYPE_MISMATCH, WRONG_ENCODING

    def read(row: Row) -> tuple[dict[str, Any] | None, str]:
        if row.cells is None:
            return None, row.reason
        cells = {}
        for column in plan.columns:
            try:
                cells[column.name] = cell = _typed(row.cells.get(column.name), column.type)
            except (TypeError, ValueError, OverflowError):
                return None, TYPE_MISMATCH
            # As at ingest: half a character can't be written again, and isn't replaced in silence.
            if isinstance(cell, str) and cell != readable(cell):
                return None, WRONG_ENCODING
            if cell in (None, "") and (column.required or column.role == "person"):
                return None, MISSING_VALUE
        return cells, ""

    return read


def _typed(cell: Any, kind: str) -> Any:
    """A cell as its declared type.

    Raises:
        ValueError: (TypeError, OverflowError) where it doesn't fit. The message isn't for showing.
    """
    if cell is None or (cell == "" and kind != "string"):
        return None
    if kind == "string":
        if not isinstance(cell, str):
            raise TypeError
        return cell
    if kind == "boolean":
        return (
            cell
            if isinstance(cell, bool)
            else {"true": True, "1": True, "false": False, "0": False}[_str(cell).lower()]
        )
    if isinstance(cell, bool):
        raise TypeError
    if kind == "integer":
        number = cell if isinstance(cell, int) else int(_matched(r"[+-]?[0-9]+", cell))
        return number if -(2**63) <= number < 2**63 else _refuse()
    if kind == "number":
        figure = float(cell) if isinstance(cell, (int, float)) else float(_str(cell))
        return figure if math.isfinite(figure) else _refuse()
    if kind == "date":
        day = isinstance(cell, datetime.date) and not isinstance(cell, datetime.datetime)
        return cell if day else datetime.date.fromisoformat(_matched(r"\d{4}-\d\d-\d\d", cell))
    moment = cell if isinstance(cell, datetime.datetime) else datetime.datetime.fromisoformat(_str(cell))
    return moment if moment.tzinfo else moment.replace(tzinfo=datetime.UTC)


def _str(cell: Any) -> str:
    return cell if isinstance(cell, str) else _refuse()


def _matched(pattern: str, cell: Any) -> str:
    return cell if re.fullmatch(pattern, _str(cell)) else _refuse()


def _refuse() -> Any:
    raise ValueError


def _record_batch(plan: Plan, kept: list[tuple[Row, dict[str, Any]]], unit_key: bytes) -> Any:
    import pyarrow as pa

    from tasks.methods.records.people import unit_id

    types = {
        "string": pa.string(),
        "integer": pa.int64(),
        "number": pa.float64(),
        "boolean": pa.bool_(),
        "date": pa.date32(),
        "datetime": pa.timestamp("us", "UTC"),
    }
    arrays = {"record_id": pa.array([row.number for row, _ in kept], pa.int64())}
    for column in plan.columns:
        cells = [cells[column.name] for _, cells in kept]
        if column.role == "person":
            arrays["unit_id"] = pa.array([unit_id(str(cell), unit_key) for cell in cells], pa.string())
        else:
            arrays[column.name] = pa.array(cells, types[column.type])
    return pa.RecordBatch.from_pydict(arrays)


def _unit_key() -> bytes:
    from tasks.core import settings
    from tasks.core.keys import load_keys

    return load_keys(settings.home()).secret("unit")


class Written:
    """The files of a masked copy: each is there whole or not at all.

    Args:
        folder: where they go.
        format_: of the masked rows.
        force: whether a copy that is there is replaced.

    Raises:
        UserError: where there is one and ``force`` isn't given.
    """

    def __init__(self, folder: Path, format_: str, force: bool = False) -> None:
        self._old = [folder / name for name in COPY if (folder / name).exists()]
        if self._old and not force:
            raise UserError(
                f"{folder}: holds {self._old[0].name} already; choose another folder, or replace it by --force"
            )
        self._format, self._stack = format_, contextlib.ExitStack()
        self._folder = folder

    def __enter__(self) -> Self:
        name = f"masked.{self._format}"
        rows = self._stack.enter_context(new_file(self._folder / name, binary=self._format == "parquet"))
        self._table = RowsFile(rows, self._format)
        self._spans = self._stack.enter_context(new_file(self._folder / "spans.jsonl"))
        self._aside = self._stack.enter_context(new_file(self._folder / "set_aside.jsonl"))
        return self

    def __exit__(
        self, kind: type[BaseException] | None, exc: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._table.close()
        self._stack.__exit__(kind, exc, trace)
        for path in self._old if exc is None else ():
            if path.name.startswith("masked.") and path.name != f"masked.{self._format}":
                path.unlink()  # another file's rows would stand beside this one's spans

    def write(self, batch: Batch) -> None:
        """Add a batch."""
        for line in batch.spans:
            self._spans.write(json.dumps(line, ensure_ascii=False) + "\n")
        for number, reason in batch.set_aside:
            self._aside.write(json.dumps({"row": number, "reason": reason}) + "\n")
        schema = batch.schema
        if self._format == "parquet" and batch.rows:
            import pyarrow as pa

            keeps_id = "id" in batch.rows[0] and "id" not in dict(batch.schema)
            schema = pa.schema([*([("id", pa.string())] if keeps_id else []), *batch.schema])
        self._table.write(batch.rows, schema)
