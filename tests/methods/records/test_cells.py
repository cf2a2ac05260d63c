"""Cells: what fits, what doesn't, and that nothing is changed in silence."""

from __future__ import annotations

import math
from datetime import UTC, date, datetime
from typing import Any

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tasks.methods.records.cells import POLARS_TYPES, first_faults, typed
from tasks.methods.records.columns import (
    BROKEN_JSON,
    DUPLICATE_KEY,
    MISSING_VALUE,
    NOT_AN_OBJECT,
    NOT_FINITE,
    TYPE_MISMATCH,
    WRONG_ENCODING,
    CellType,
    Column,
)
from tasks.methods.records.jsonl import ObjectReader


def read(cell: str | None, kind: CellType, **declared: bool) -> Any:
    values, unfit = typed(pl.Series([cell], dtype=pl.String), kind)
    assert values.dtype == POLARS_TYPES[kind]
    faults = first_faults([(Column("c", kind, **declared), values, unfit)])
    return faults[0][1] if faults else values[0]


@pytest.mark.parametrize(
    ("kind", "cell", "wanted"),
    [
        ("integer", "-7", -7),
        ("integer", "+9223372036854775807", 2**63 - 1),
        ("integer", "9223372036854775808", TYPE_MISMATCH),
        ("integer", "1.0", TYPE_MISMATCH),
        ("integer", " 1", TYPE_MISMATCH),
        ("integer", "1_000", TYPE_MISMATCH),
        ("integer", "１", TYPE_MISMATCH),
        ("number", "-1.5e3", -1500.0),
        ("number", "NaN", NOT_FINITE),
        ("number", "-inf", NOT_FINITE),
        ("number", "1e999", NOT_FINITE),
        ("number", "1,5", TYPE_MISMATCH),
        ("number", "0x10", TYPE_MISMATCH),
        ("boolean", "True", True),
        ("boolean", "0", False),
        ("boolean", "yes", TYPE_MISMATCH),
        ("date", "2024-02-29", date(2024, 2, 29)),
        ("date", "2023-02-29", TYPE_MISMATCH),
        ("date", "29.02.2024", TYPE_MISMATCH),
        ("datetime", "2024-02-29T23:30-01:00", datetime(2024, 3, 1, 0, 30, tzinfo=UTC)),
        ("datetime", "2024-02-29 10:11:12.25", datetime(2024, 2, 29, 10, 11, 12, 250_000, tzinfo=UTC)),
        ("datetime", "2024-02-29T10:11:12.1234567Z", TYPE_MISMATCH),
        ("datetime", "2024-02-29T10:11:60Z", TYPE_MISMATCH),
        ("datetime", "2024-02-29", TYPE_MISMATCH),
        ("string", "a\r\nb\rc", "a\nb\nc"),
        ("string", "Jose\u0301", "José"),
        ("string", " 1 ", " 1 "),
        ("string", "", ""),
    ],
)
def test_cells(kind: CellType, cell: str, wanted: Any) -> None:
    assert read(cell, kind) == wanted


@pytest.mark.parametrize("kind", ["integer", "number", "boolean", "date", "datetime"])
def test_an_empty_cell_is_null_but_in_text(kind: CellType) -> None:
    assert read("", kind) is None
    assert read(None, kind) is None
    assert read("", kind, required=True) == MISSING_VALUE
    assert read("", "string", required=True) == MISSING_VALUE


@pytest.mark.parametrize("cell", ["nan", "NaN"])
def test_a_nan_label(cell: str) -> None:
    assert read(cell, "string", label=True) == NOT_FINITE
    assert read(cell, "string") == cell
    assert read(cell, "number", label=True) == NOT_FINITE


@given(st.integers(-(2**63), 2**63 - 1))
def test_integers_survive(value: int) -> None:
    assert read(str(value), "integer") == value


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_numbers_survive_to_the_bit(value: float) -> None:
    found = read(repr(value), "number")
    assert found == value and math.copysign(1, found) == math.copysign(1, value)


maybe_text = st.one_of(st.none(), st.text(st.characters(codec="utf-8"), max_size=12))


@given(st.lists(maybe_text, max_size=8), st.sampled_from(list(POLARS_TYPES)))
def test_any_text_is_typed_or_told(cells: list[str | None], kind: CellType) -> None:
    values, unfit = typed(pl.Series(cells, dtype=pl.String), kind)
    for cell, value, bad in zip(cells, values, unfit, strict=True):
        assert (value is None) == (bad or cell is None or (cell == "" and kind != "string"))


COLUMNS = [Column("s"), Column("i", "integer"), Column("n", "number"), Column("b", "boolean"), Column("d", "date")]


@pytest.mark.parametrize(
    ("line", "wanted"),
    [
        (
            '{"s": "x", "i": 1, "n": 1.5, "b": true, "d": "2024-01-01"}',
            (["x", "1", "1.5", "True", "2024-01-01"], None, ""),
        ),
        ('{"s": null, "other": {"s": 1}}', ([None] * 5, None, "")),
        ('{"n": NaN}', ([None, None, "nan", None, None], None, "")),
        ('{"s": 1}', (None, "s", TYPE_MISMATCH)),
        ('{"i": "1"}', (None, "i", TYPE_MISMATCH)),
        ('{"i": true}', (None, "i", TYPE_MISMATCH)),
        ('{"i": 1.0}', (None, "i", TYPE_MISMATCH)),
        ('{"b": 1}', (None, "b", TYPE_MISMATCH)),
        ('{"s": ["x"]}', (None, "s", TYPE_MISMATCH)),
        ('{"s": "\\ud800"}', (None, "s", WRONG_ENCODING)),
        ('{"s": "a", "s": "b"}', (None, None, DUPLICATE_KEY)),
        ('{"o": {"k": 1, "k": 2}}', (None, None, DUPLICATE_KEY)),
        ('{"s": "a"', (None, None, BROKEN_JSON)),
        ('{"s": "a"} {"s": "b"}', (None, None, BROKEN_JSON)),
        ("[" * 100_000, (None, None, BROKEN_JSON)),
        ('{"i": ' + "9" * 5000 + "}", (None, None, BROKEN_JSON)),
        ("[1]", (None, None, NOT_AN_OBJECT)),
        ("null", (None, None, NOT_AN_OBJECT)),
    ],
)
def test_json_cells(line: str, wanted: Any) -> None:
    assert ObjectReader(COLUMNS).cells(line) == wanted


@given(st.text(max_size=60))
def test_no_line_breaks_the_reader(line: str) -> None:
    cells, _, reason = ObjectReader(COLUMNS).cells(line)
    assert (cells is None) == bool(reason)
