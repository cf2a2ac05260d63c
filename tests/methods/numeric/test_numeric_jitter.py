"""Noise without a guarantee: it blurs, it is keyed, and it never goes without its label."""

from __future__ import annotations

import math
from decimal import Decimal
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from tasks.core.errors import UserError
from tasks.methods.numeric.jitter import Jitter, jittered_column
from tasks.methods.numeric.local import row_content

SECRET = b"s" * 32
CONTENTS = [row_content({"n": n}) for n in range(1500)]


def run(jitter: Jitter, cell: Any) -> np.ndarray:
    result = jittered_column(jitter, [cell] * 1500, secret=SECRET, units=["u"] * 1500, contents=CONTENTS)
    assert result.label == "no ε"
    return np.array(result.cells, dtype=float)


def test_noise_is_in_proportion_and_has_its_shape() -> None:
    gaussian = run(Jitter("pay", "0.1", 1), 50_000)
    assert stats.kstest((gaussian - 50_000) / 5_000, stats.norm.cdf).pvalue > 1e-3
    uniform = run(Jitter("pay", "0.1", 1, "uniform"), 50_000)
    assert stats.kstest((uniform - 45_000) / 10_000, stats.uniform.cdf).pvalue > 1e-3
    assert set(run(Jitter("pay", "0.1", 1), 0)) == {0.0}  # which is one reason why it guarantees nothing


def test_its_report_says_that_it_guarantees_nothing() -> None:
    jitter = Jitter("pay", "0.05", "0.01")
    assert jitter.label == "no ε"
    assert jitter.statement() == (
        "column pay: gaussian noise of 0.05 of each cell, no ε: it gives no privacy guarantee"
    )


@given(
    st.one_of(st.none(), st.floats(), st.integers(), st.decimals(allow_nan=False)),
    st.sampled_from(["0.01", "1", "250"]),
)
def test_any_cell_comes_out_on_the_grid_or_empty(cell: Any, granularity: str) -> None:
    value = Jitter("pay", "0.3", granularity).apply(cell, secret=SECRET, unit="u", content=b"c")
    if value is None:
        assert cell is None or math.isnan(cell) or abs(cell) > 1e11
    else:
        assert Decimal(repr(value)) % Decimal(granularity) == 0


def test_the_draw_is_keyed_by_row_person_and_column() -> None:
    def one(column: str = "pay", secret: bytes = SECRET, unit: str = "u", content: bytes = b"c") -> Any:
        return Jitter(column, "0.1", 1).apply(10**9, secret=secret, unit=unit, content=content)

    assert one() == one()
    assert len({one(), one(column="age"), one(secret=b"t" * 32), one(unit="v"), one(content=b"d")}) == 5


def test_what_makes_no_sense_is_refused() -> None:
    for relative, granularity in ((0, 1), (2, 1), ("0.1", 0), ("much", 1)):
        with pytest.raises(UserError):
            Jitter("pay", relative, granularity)
    with pytest.raises(UserError, match="no number"):
        Jitter("pay", "0.1", 1).apply("12", secret=SECRET, unit="u", content=b"c")
