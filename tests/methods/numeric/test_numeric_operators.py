"""Noise as an operator on the cells of a table."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest

from tasks.core.errors import UserError
from tasks.methods.numeric.grid import Grid
from tasks.methods.numeric.jitter import Jitter
from tasks.methods.numeric.local import LocalNoise, row_content
from tasks.methods.numeric.noise import Guarantee
from tasks.methods.numeric.operators import NumberOperator, noise_on_cells

SECRET = b"s" * 32


@dataclass
class Row:
    subject: str
    content: bytes


def test_cells_get_the_noise_of_their_person_and_row() -> None:
    noise = noise_on_cells("pay", "number", (0, 100, "0.5"), epsilon="0.5")
    assert noise == LocalNoise("pay", Grid(0, 100, "0.5"), Guarantee.pure("0.5"))
    rows = [Row(f"unit:u{n % 2}", row_content({"n": n})) for n in range(20)]
    figures = NumberOperator(noise, SECRET).apply([50.0] * 20, rows)
    assert figures == [
        noise.release(50.0, secret=SECRET, unit=f"u{n % 2}", content=row.content) for n, row in enumerate(rows)
    ]
    assert len(set(figures)) > 5


def test_a_guarantee_needs_a_person_and_jitter_does_not() -> None:
    row = Row("row:{}", b"c")
    with pytest.raises(UserError, match="role person"):
        NumberOperator(noise_on_cells("pay", "integer", (0, 9, None), epsilon=1), SECRET).apply([1], [row])
    assert NumberOperator(Jitter("pay", "0.1", 1), SECRET).apply([1000, None], [row, row])[1] is None


@pytest.mark.parametrize(
    ("type_", "bounds", "budget", "said"),
    [
        ("string", (0, 1, 1), {"epsilon": 1}, "type string"),
        ("number", (0, 1, None), {"epsilon": 1}, "public bounds"),
        ("integer", (None, 1, 1), {"epsilon": 1}, "public bounds"),
        ("integer", (0, 1, "0.5"), {"epsilon": 1}, "whole number"),
        ("integer", (1, 0, 1), {"epsilon": 1}, "low must lie below high"),
        ("integer", (0, 1, 1), {}, "noise needs epsilon"),
        ("integer", (0, 1, 1), {"epsilon": 0}, "epsilon must be above 0"),
        ("integer", (0, 1, 1), {"epsilon": 1, "empty": "maybe"}, "hide or show"),
    ],
)
def test_what_is_missing_is_said_with_the_column(type_: str, bounds: Any, budget: Any, said: str) -> None:
    with pytest.raises(UserError, match=f"column pay.*{said}"):
        noise_on_cells("pay", type_, bounds, **budget)


def test_policies_give_the_other_guarantees_too() -> None:
    bounds = (0, 10, 1)
    assert noise_on_cells("a", "integer", bounds, epsilon=1, delta=1e-6).guarantee == Guarantee.approximate(1, "1e-6")
    assert noise_on_cells("a", "integer", bounds, rho=0.1, delta=1e-6).guarantee == Guarantee.concentrated(
        "0.1", "1e-6"
    )
    assert noise_on_cells("a", "integer", bounds, epsilon=1, empty="show").empty == "show"
