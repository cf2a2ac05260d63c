"""Bounds, grid and whatever a cell may hold."""

from __future__ import annotations

import math
from decimal import Decimal
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tasks.core.errors import UserError
from tasks.methods.numeric.grid import Grid, exact

CENTS = Grid(-5, "1234.56", "0.01")


@given(
    st.one_of(
        st.none(),
        st.integers(),
        st.floats(),
        st.decimals(),
        st.fractions(),
        st.sampled_from([Decimal("1e999999"), Decimal("-1e999999"), Decimal("1e-999999"), Decimal("sNaN"), 10**400]),
        st.floats(width=32).map(np.float32),
        st.integers(-(2**63), 2**63 - 1).map(np.int64),
    )
)
def test_every_number_has_its_place_and_nothing_else_is_left_of_it(cell: Any) -> None:
    index = CENTS.index(cell)
    if index is None:
        assert cell is None or (cell.is_nan() if isinstance(cell, Decimal) else math.isnan(cell))
        return
    assert CENTS.first <= index <= CENTS.last and type(index) is int
    if isinstance(cell, int | Fraction) or (isinstance(cell, float) and math.isfinite(cell)):
        clamped = min(max(Fraction(cell), CENTS.low), CENTS.high)
        assert abs(index * CENTS.granularity - clamped) <= CENTS.granularity / 2


@given(st.integers(-(10**25), 10**25), st.sampled_from(["0.01", "0.5", "1", "7", "1e-9"]))
def test_values_lie_on_the_grid(index: int, granularity: str) -> None:
    step = Fraction(granularity)
    grid = Grid(-35 * step, 70 * step, granularity)
    value = grid.value(index)
    if step.denominator == 1:
        assert type(value) is int and value % step == 0 and abs(value) < 2**63
    elif abs(index) < 10**15:
        assert Fraction(repr(value)) == index * step


def test_neighbours_in_the_last_bit_have_the_same_place() -> None:
    assert CENTS.index(0.1 + 0.2) == CENTS.index(0.3) == 30
    assert CENTS.index(-0.0) == CENTS.index(0) == 0
    assert CENTS.index(math.inf) == CENTS.last == 123456
    assert CENTS.index(-math.inf) == CENTS.first == -500
    assert CENTS.value(CENTS.last) == 1234.56


@pytest.mark.parametrize("cell", [True, False, "12", "", b"1", [1], 1j, np.bool_(True)])
def test_what_is_no_number_is_refused_without_being_quoted(cell: Any) -> None:
    with pytest.raises(UserError) as caught:
        CENTS.index(cell)
    assert "no number" in str(caught.value) and repr(cell) not in str(caught.value)


@pytest.mark.parametrize(
    ("low", "high", "granularity"),
    [
        (1, 1, 1),
        (2, 1, 1),
        (0, 10, 0),
        (0, 10, -1),
        (0, 10, 3),
        ("0.005", 1, "0.01"),
        (0, 10**15, "0.01"),
        (0, "inf", 1),
        (0, "nan", 1),
        (0, "ten", 1),
        (0, True, 1),
        (0, 1e300, 1),
        (0, 1, "1e-400"),
    ],
)
def test_bounds_that_fit_no_grid_are_refused(low: Any, high: Any, granularity: Any) -> None:
    with pytest.raises(UserError):
        Grid(low, high, granularity)


def test_parameters_are_the_decimals_that_were_written() -> None:
    assert exact(0.1, "x") == exact("0.1", "x") == exact(Decimal("0.1"), "x") == Fraction(1, 10)
    assert Grid(0, 0.3, 0.1).steps == 3
