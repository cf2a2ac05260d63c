"""Noise on cells: what it promises, counted out exactly, and what it hangs on."""

from __future__ import annotations

import datetime
import math
from collections import Counter
from decimal import Decimal
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from tasks.core.errors import AirlockError, UserError
from tasks.methods.numeric.grid import Grid
from tasks.methods.numeric.local import LocalNoise, noisy_column, row_content
from tasks.methods.numeric.noise import Guarantee, Noise
from tasks.methods.numeric.size import cell_error
from tasks.methods.numeric.stream import KeyStream

SECRET = b"s" * 32
GRID = Grid(-1, 2, "0.5")
PURE = LocalNoise("pay", GRID, Guarantee.pure("0.7"))
GAUSS = LocalNoise("pay", GRID, Guarantee.approximate(1, "1e-3"))


def draw(noise: LocalNoise, cell: Any, n: int = 0, unit: str = "u", secret: bytes = SECRET) -> int | float | None:
    return noise.release(cell, secret=secret, unit=unit, content=row_content({"n": n}))


def log_ratio(noise: Noise, one: int, other: int, out: int) -> Fraction:
    """Exact log of P(out | one) / P(out | other) under integer noise."""
    if noise.kind == "laplace":
        return (abs(out - other) - abs(out - one)) / noise.parameter
    return Fraction((out - other) ** 2 - (out - one) ** 2) / (2 * noise.parameter)


@pytest.mark.parametrize("epsilon", ["0.01", "0.7", "1/3", 1, 8])
@pytest.mark.parametrize("grid", [GRID, Grid(0, 200_000, 50_000), Grid(-7, -6, "0.25")])
def test_laplace_noise_keeps_within_epsilon_for_all_neighbours_and_uses_it_up(epsilon: Any, grid: Grid) -> None:
    wanted = Fraction(epsilon)
    noise = LocalNoise("pay", grid, Guarantee.pure(wanted)).noise
    points = range(grid.first, grid.last + 1)
    outs = range(grid.first - 50, grid.last + 51)
    assert max(log_ratio(noise, a, b, out) for a in points for b in points for out in outs) == wanted
    halved = Noise(noise.kind, noise.parameter / 2, noise.multiplier / 2)
    assert max(log_ratio(halved, a, b, out) for a in points for b in points for out in outs) > wanted


def delta_of(noise: Noise, apart: int, epsilon: float) -> float:
    """Exact δ of Gaussian integer noise for two cells so many steps apart."""
    reach = 40 * math.isqrt(int(noise.parameter) + 1) + apart
    weights = {z: math.exp(-z * z / (2 * noise.parameter)) for z in range(-reach, reach + apart + 1)}
    whole = sum(weights[z] for z in range(-reach, reach + 1))
    gaps = (weights[z] - math.exp(epsilon) * weights.get(z - apart, 0.0) for z in range(-reach, reach + 1))
    return sum(gap for gap in gaps if gap > 0) / whole


@pytest.mark.parametrize(("epsilon", "delta"), [("0.3", "1e-5"), (1, "1e-3"), (2, "1e-9"), (6, "1e-5")])
def test_gaussian_noise_keeps_within_epsilon_and_delta_for_all_neighbours(epsilon: Any, delta: str) -> None:
    guarantee = Guarantee.approximate(epsilon, delta)
    noise = guarantee.noise(6)
    worst = max(delta_of(noise, apart, float(epsilon)) for apart in range(1, 7))
    assert float(delta) / 20 < worst <= float(delta)
    halved = Noise(noise.kind, noise.parameter / 4, noise.multiplier / 2)
    assert delta_of(halved, 6, float(epsilon)) > float(delta)


def chi_square(noise: LocalNoise, cell: Any, drawn: list[Any]) -> float:
    """p-value of released figures under noise of the documented distribution around the cell, clamped."""
    start = noise.grid.index(cell)
    assert start is not None
    parameter = float(
        noise.grid.steps / noise.guarantee.epsilon
        if noise.guarantee.kind == "laplace"
        else noise.grid.steps**2 / (2 * noise.guarantee.rho)
    )
    chances: Counter[float] = Counter()
    for z in range(-3000, 3001):
        power = abs(z) / parameter if noise.guarantee.kind == "laplace" else z * z / (2 * parameter)
        chances[noise.grid.value(noise.grid.clamp(start + z))] += math.exp(-power)
    seen = Counter(drawn)
    assert seen.keys() <= chances.keys()
    expected = np.array([chances[value] for value in sorted(chances)])
    return float(
        stats.chisquare([seen[value] for value in sorted(chances)], expected / expected.sum() * len(drawn)).pvalue
    )


@pytest.mark.parametrize("noise", [PURE, GAUSS], ids=["laplace", "gaussian"])
@pytest.mark.parametrize("cell", [-1, 0.5, 2, math.inf, None])
def test_figures_have_the_documented_distribution(noise: LocalNoise, cell: Any) -> None:
    around = cell if cell is not None else 0.5  # an empty cell hides in the middle
    drawn = [draw(noise, cell, n) for n in range(4000)]
    assert chi_square(noise, around, drawn) > 1e-3


@pytest.mark.parametrize("noise", [PURE, GAUSS], ids=["laplace", "gaussian"])
def test_halved_noise_does_not_pass(noise: LocalNoise, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = Guarantee.noise

    def halved(self: Guarantee, sensitivity: int, squared: int | None = None) -> Noise:
        real = whole(self, sensitivity, squared)
        return Noise(real.kind, real.parameter / (2 if real.kind == "laplace" else 4), real.multiplier / 2)

    monkeypatch.setattr(Guarantee, "noise", halved)
    weak = LocalNoise(noise.column, noise.grid, noise.guarantee)
    assert chi_square(noise, 0.5, [draw(weak, 0.5, n) for n in range(4000)]) < 1e-9


def test_no_bit_of_a_cell_shows_in_its_figure() -> None:
    """Mironov's attack: textbook noise on neighbours lands on different floats, and the float tells which it was."""
    grid = Grid(0, 1, "0.25")
    noise = LocalNoise("pay", grid, Guarantee.pure(2))
    cells = [0.1 + 0.2, 0.3, math.nextafter(0.3, 1), 0.7000000000000001, 0.0, 1.0]
    supports = [{draw(noise, cell, n) for n in range(600)} for cell in cells]
    assert all(support == {0.0, 0.25, 0.5, 0.75, 1.0} for support in supports)

    textbook = np.random.default_rng(0).laplace(scale=0.5, size=600)
    naive = [{cell + z for z in textbook} for cell in cells]
    assert naive[1] != naive[2] and not naive[3] <= naive[4]


@settings(max_examples=150)
@given(
    st.one_of(st.none(), st.floats(), st.integers(), st.decimals(allow_nan=False)),
    st.booleans(),
    st.sampled_from(["0.01", "1", "250"]),
    st.integers(0, 10**9),
)
def test_no_figure_is_off_the_grid(cell: Any, clamp: bool, granularity: str, n: int) -> None:
    grid = Grid(-1000, 5000, granularity)
    value = draw(LocalNoise("pay", grid, Guarantee.pure("0.5"), clamp=clamp), cell, n)
    assert value is not None and Decimal(repr(value)) % Decimal(granularity) == 0
    assert not clamp or -1000 <= value <= 5000


def test_the_draw_hangs_on_everything_that_makes_it_another_release() -> None:
    wide = Grid(0, 10**6, 1)

    def one(column: str = "pay", grid: Grid = wide, epsilon: Any = "0.01", cell: Any = 500_000, **others: Any) -> Any:
        return draw(LocalNoise(column, grid, Guarantee.pure(epsilon), clamp=False), cell, **others)

    assert one() == one()
    noises = {
        one() - 500_000,
        one(column="age") - 500_000,
        one(grid=Grid(-1, 10**6, 1)) - 500_000,
        one(grid=Grid(0, 10**6 + 1, 1)) - 500_000,
        one(epsilon="0.02") - 500_000,
        one(epsilon="0.005") - 500_000,
        one(cell=500_001) - 500_001,
        one(n=1) - 500_000,
        one(unit="v") - 500_000,
        one(secret=b"t" * 32) - 500_000,
    }
    assert len(noises) == 10


def test_two_budgets_do_not_share_their_noise() -> None:
    """On one stream, noise at twice the scale would be twice the noise: two runs would show the cell."""
    wide = Grid(0, 10**6, 1)
    runs = [LocalNoise("pay", wide, Guarantee.pure(epsilon), clamp=False) for epsilon in ("0.5", "1")]
    noise = np.array([[draw(run, 400_000, n) - 400_000 for n in range(800)] for run in runs], dtype=float)  # type: ignore[operator]
    assert abs(stats.spearmanr(noise[0], noise[1]).statistic) < 0.15


def test_clamping_and_hiding_work_on_the_one_draw() -> None:
    loose = LocalNoise("pay", GRID, PURE.guarantee, clamp=False)
    showing = LocalNoise("pay", GRID, PURE.guarantee, empty="show")
    for n in range(200):
        assert draw(PURE, 1.5, n) == min(max(draw(loose, 1.5, n), -1.0), 2.0)  # type: ignore[type-var]
        assert draw(showing, 1.5, n) == draw(PURE, 1.5, n)
    assert draw(showing, None) is None and draw(showing, math.nan) is None
    assert draw(PURE, None) == draw(PURE, math.nan) is not None


def test_a_row_has_the_same_figure_in_any_batch_and_order() -> None:
    cells = [float(n % 7) for n in range(60)]
    units = [f"u{n % 5}" for n in range(60)]
    contents = [row_content({"pay": cell, "note": str(n % 30)}) for n, cell in enumerate(cells)]

    def run(order: list[int]) -> dict[int, Any]:
        picked = [[row[n] for n in order] for row in (cells, units, contents)]
        figures = noisy_column(PURE, picked[0], secret=SECRET, units=picked[1], contents=picked[2])
        return dict(zip(order, figures, strict=True))

    whole = run(list(range(60)))
    assert run(list(reversed(range(60)))) == whole
    assert {**run(list(range(1, 60, 2))), **run(list(range(0, 60, 2)))} == whole


def test_a_cell_of_no_known_person_and_what_is_no_number_are_refused() -> None:
    for unit in ("", None):
        with pytest.raises(UserError, match="role person"):
            draw(PURE, 1, unit=unit)  # type: ignore[arg-type]
    for cell in (True, "secret"):
        with pytest.raises(UserError) as caught:
            draw(PURE, cell)
        assert "secret" not in str(caught.value)


def test_a_row_s_content_is_all_it_holds_and_nothing_that_airlock_adds() -> None:
    row = {"a": 1, "b": "x", "c": None, "d": 1.5, "e": datetime.date(2020, 1, 2), "f": True, "g": Decimal("1.0")}
    content = row_content(row)
    assert len(content) == 32 and content == row_content(dict(reversed(row.items())))
    others = [
        {**row, "a": 1.0},
        {**row, "a": "1"},
        {**row, "a": True},
        {**row, "b": "y"},
        {**row, "c": ""},
        {**row, "d": math.nextafter(1.5, 2)},
        {**row, "d": math.nan},
        {**row, "e": datetime.datetime(2020, 1, 2)},
        {**row, "e": "2020-01-02"},
        {key: value for key, value in row.items() if key != "c"},
        {**row, "h": None},
    ]
    assert len({content, *map(row_content, others)}) == len(others) + 1
    assert row_content({"d": math.nan}) == row_content({"d": -math.nan})
    for name in ("record_id", "unit_id", "split"):
        with pytest.raises(AirlockError, match="never from its record_id"):
            row_content({**row, name: 1})
    with pytest.raises(AirlockError, match="type list"):
        row_content({"a": ["secret"]})


def test_reports_say_what_it_costs_and_how_large_the_error_is() -> None:
    assert PURE.statement() == (
        "column pay: discrete Laplace noise on every cell, ε = 0.7 a cell, bounds -1 to 2 in steps of 0.5"
    )
    assert "(ε, δ) = (1, 0.001), ρ = " in GAUSS.statement()
    shown = LocalNoise("pay", GRID, PURE.guarantee, empty="show")
    assert "which cells are empty is not covered" in shown.statement()
    salary = LocalNoise("salary", Grid(0, 200_000, 1), Guarantee.pure(1))
    assert "standard deviation of 283,000 (141 % of the range)" in cell_error(salary)
    drawn = KeyStream(SECRET, "spread")
    for noise in (PURE.noise, GAUSS.noise, salary.noise):
        spread = np.std([noise.draw(drawn) for _ in range(4000)])
        assert spread == pytest.approx(noise.deviation, rel=0.06)


def test_budgets_that_promise_nothing_are_refused() -> None:
    for wrong in (0, -1, "much", math.inf, math.nan, True):
        with pytest.raises(UserError):
            Guarantee.pure(wrong)
    for delta in (0, 1, "1e-16"):
        with pytest.raises(UserError):
            Guarantee.approximate(1, delta)
    assert Guarantee.wanted(epsilon=1) == Guarantee.pure(1)
    assert Guarantee.wanted(epsilon=1, delta="1e-6") == Guarantee.approximate(1, "1e-6")
    assert Guarantee.wanted(rho="0.1", delta="1e-6") == Guarantee.concentrated("0.1", "1e-6")
    for wrong_choice in ({}, {"delta": 0.1}, {"rho": 1}, {"epsilon": 1, "rho": 1, "delta": 0.1}):
        with pytest.raises(UserError, match="noise needs epsilon"):
            Guarantee.wanted(**wrong_choice)
