"""Noise on numbers as a policy's operator: in a table, by person, and what the report says of it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, cast

import pyarrow as pa
import pytest

from tasks.core.errors import AirlockError, UserError
from tasks.methods.detect.spans import Span
from tasks.methods.mask.figures import mechanism, statements
from tasks.methods.mask.keyed import MaskKey
from tasks.methods.mask.plan import ColumnPlan, Operation
from tasks.methods.mask.table import TableMasker
from tasks.methods.numeric.column import ColumnMean
from tasks.methods.numeric.grid import Grid
from tasks.methods.numeric.noise import Guarantee
from tasks.methods.numeric.release import Entry, Release

KEY = MaskKey(b"k" * 32)
BOUNDS = (0.0, 1000.0, 1.0)


class Nothing:
    """Finds nothing."""

    def find(self, texts: Sequence[str | None], own: object = None) -> list[list[Span]]:
        return [[] for _ in texts]


def masked(plan: ColumnPlan, rows: list[dict[str, Any]], key: MaskKey | None = KEY) -> list[Any]:
    schema = pa.schema(
        [("record_id", pa.int64()), ("unit_id", pa.string()), ("pay", pa.int64()), ("note", pa.string())]
    )
    columns = [plan, ColumnPlan("note", free_text=True)]
    table = TableMasker(columns, cast(Any, Nothing()), {}, key)
    return table.mask(pa.RecordBatch.from_pylist(rows, schema)).rows.column("pay").to_pylist()


def row(record_id: int, unit: str | None, pay: int | None, note: str) -> dict[str, Any]:
    return {"record_id": record_id, "unit_id": unit, "pay": pay, "note": note}


NOISE = ColumnPlan("pay", Operation("noise", "<PAY>", epsilon=1.0), "PAY", "integer", bounds=BOUNDS)
JITTER = ColumnPlan("pay", Operation("jitter", "<PAY>", relative=0.1), "PAY", "integer")
ROWS = [row(i, f"u{i % 7}", 100 + i, f"note {i}") for i in range(40)]


@pytest.mark.parametrize("plan", [NOISE, JITTER], ids=["noise", "jitter"])
def test_a_cells_noise_hangs_on_its_row_and_the_key_alone(plan: ColumnPlan) -> None:
    whole = masked(plan, ROWS)
    assert whole != [r["pay"] for r in ROWS]
    moved = [{**r, "record_id": r["record_id"] + 1000} for r in ROWS[::-1]]
    assert masked(plan, moved)[::-1] == whole, "neither record_id nor order has a part in it"
    for left_out in (0, 17, 39):
        rest = ROWS[:left_out] + ROWS[left_out + 1 :]
        assert masked(plan, rest) == whole[:left_out] + whole[left_out + 1 :]
    assert masked(plan, ROWS, MaskKey(b"o" * 32)) != whole
    other_note = masked(plan, [{**r, "note": "another"} for r in ROWS])
    assert sum(a != b for a, b in zip(other_note, whole, strict=True)) > 20, "other rows, other noise"


def test_noise_with_a_guarantee_stays_in_the_public_bounds_and_hides_empty_cells() -> None:
    cells = masked(NOISE, [row(1, "u", None, "a"), row(2, "u", 5000, "b"), row(3, "u", -7, "c")])
    assert all(isinstance(cell, int) and 0 <= cell <= 1000 for cell in cells)


def test_noise_by_person_is_refused_for_a_row_of_nobody() -> None:
    with pytest.raises(UserError, match="pay"):
        masked(NOISE, [row(1, None, 5, "a")])


def test_what_is_missing_is_named_before_a_row_is_read() -> None:
    with pytest.raises(UserError, match="column pay: noise needs public bounds"):
        mechanism(ColumnPlan("pay", NOISE.operation, "PAY", "integer", bounds=(None, 5.0, None)))
    with pytest.raises(UserError, match="granularity"):
        mechanism(ColumnPlan("pay", JITTER.operation, "PAY", "number"))
    with pytest.raises(UserError, match="mask key"):
        masked(NOISE, ROWS, None)


def test_the_report_says_what_is_guaranteed_or_that_nothing_is() -> None:
    guarantee, size = statements(NOISE)
    assert "ε" in guarantee and "standard deviation" in size
    (jitter,) = statements(JITTER)
    assert "no ε" in jitter and "no privacy guarantee" in jitter


MEAN = ColumnPlan("pay", Operation("mean", "<PAY>", epsilon=1.0), "PAY", "integer", bounds=BOUNDS)


def averaged(type_: str, cells: list[Any], means: dict[str, Release]) -> pa.Array:
    kind = pa.int64() if type_ == "integer" else pa.float64()
    schema = pa.schema([("record_id", pa.int64()), ("unit_id", pa.string()), ("pay", kind)])
    rows = [{"record_id": i, "unit_id": f"u{i}", "pay": cell} for i, cell in enumerate(cells)]
    plan = ColumnPlan("pay", MEAN.operation, "PAY", type_, bounds=BOUNDS)
    table = TableMasker([plan], cast(Any, Nothing()), {}, means=means)
    batch = pa.RecordBatch.from_pylist(rows, schema)
    assert table.schema(schema) == schema and plan.masked_type == type_
    return table.mask(batch).rows.column("pay")


@pytest.mark.parametrize(("type_", "granularity", "cell"), [("integer", 1, int), ("number", 0.5, float)])
def test_a_released_mean_stands_in_every_cell_in_the_columns_type(type_: str, granularity: float, cell: type) -> None:
    mean = ColumnMean("pay", Grid(0, 1000, granularity), Guarantee.pure(1), max_rows=1)
    release = mean.release([(f"u{i}", 300) for i in range(500)], Entry(b"s" * 32, "k" * 64, b"n" * 32))
    filled = averaged(type_, [1, None, 999], {"pay": release}).to_pylist()
    assert filled == [release.value] * 3 and type(filled[0]) is cell and 250 < filled[0] < 350


def test_a_column_is_not_filled_with_what_was_never_released() -> None:
    with pytest.raises(AirlockError, match="column pay: no mean of it was released"):
        averaged("integer", [1], {})
    count = ColumnMean("pay", Grid(0, 9, 1), Guarantee.pure(1), max_rows=1).release(
        [], Entry(b"s" * 32, "k" * 64, b"n" * 32)
    )
    with pytest.raises(UserError, match="a released mean only"):
        averaged("integer", [1], {"pay": Release("count", "pay", 3, (0.0, 9.0), 1.0, count.charge)})
