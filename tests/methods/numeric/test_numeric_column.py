"""Statistics of a column: what one person can move, the noise that hides it, and what the ledger is told."""

from __future__ import annotations

import json
import math
from collections import Counter
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from tasks.core.errors import AirlockError, UserError
from tasks.methods.numeric.column import ColumnCount, ColumnHistogram, ColumnMean, ColumnSum, replace_by_mean
from tasks.methods.numeric.contributions import contributions
from tasks.methods.numeric.grid import Grid
from tasks.methods.numeric.noise import Guarantee, Noise
from tasks.methods.numeric.release import Entry, Release
from tasks.methods.numeric.size import statistic_error

SECRET, KEY = b"s" * 32, "a" * 64
GRID = Grid(-2, 5, "0.5")
ONE = Guarantee.pure(1)
GAUSS = Guarantee.approximate(1, "1e-6")
PEOPLE = st.dictionaries(
    st.sampled_from([f"u{n}" for n in range(6)]),
    st.lists(st.one_of(st.none(), st.floats(-9, 9), st.just(math.inf)), max_size=6),
    max_size=6,
)


def entry(n: int = 0, key: str = KEY, secret: bytes = SECRET) -> Entry:
    return Entry(secret, key, n.to_bytes(32, "big"))


def rows(people: dict[str, list[Any]]) -> list[tuple[str, Any]]:
    return [(unit, cell) for unit, cells in people.items() for cell in cells]


class Silent(Noise):
    """Noise that is none: what remains is the figure that the guarantee must hide."""

    def draw(self, stream: Any) -> int:
        return 0


@pytest.fixture
def silent(monkeypatch: pytest.MonkeyPatch) -> None:
    real = Guarantee.noise

    def none(self: Guarantee, sensitivity: int, squared: int | None = None) -> Noise:
        noise = real(self, sensitivity, squared)
        return Silent(noise.kind, noise.parameter, noise.multiplier)

    monkeypatch.setattr(Guarantee, "noise", none)


@settings(max_examples=60)
@given(PEOPLE, st.integers(1, 4), st.randoms())
def test_the_choice_among_a_person_s_rows_hangs_on_them_alone(people: dict[str, Any], cap: int, shuffle: Any) -> None:
    whole = rows(people)
    order = list(whole)
    shuffle.shuffle(order)
    chosen = Counter(contributions(whole, GRID, cap, b"k" * 32))
    assert chosen == Counter(contributions(order, GRID, cap, b"k" * 32))
    alone: Counter[int] = Counter()
    for unit, cells in people.items():
        own = contributions([(unit, cell) for cell in cells], GRID, cap, b"k" * 32)
        assert len(own) == min(cap, sum(cell is not None for cell in cells))
        alone.update(own)
    assert alone == chosen


def test_every_row_of_a_person_is_as_likely_to_count() -> None:
    cells = [("u", 1.0)] * 3 + [("u", 2.0)]
    chosen = Counter(x for n in range(2000) for x in contributions(cells, GRID, 2, n.to_bytes(32, "big")))
    assert stats.binomtest(chosen[4], 2000, 0.5).pvalue > 1e-3


def counted_out(grid: Grid, cap: int) -> list[tuple[int, ...]]:
    """All that a person can bring: up to ``cap`` cells, each at either end, the middle or 0."""
    ends = {grid.first, grid.last, grid.middle, grid.clamp(0)}
    bundles: list[tuple[int, ...]] = [()]
    for _ in range(cap):
        bundles += [(*bundle, end) for bundle in bundles for end in ends]
    return list(set(bundles))


@pytest.mark.parametrize("grid", [GRID, Grid(3, 10, 1), Grid(-10, -4, 2), Grid(0, 200, 100)])
@pytest.mark.parametrize("cap", [1, 2])
@pytest.mark.parametrize("relation", ["add_or_remove", "replace"])
def test_sensitivities_are_what_a_person_can_move_and_no_more(grid: Grid, cap: int, relation: Any) -> None:
    bundles = counted_out(grid, cap)
    before = [()] if relation == "add_or_remove" else bundles
    moved = [(a, b) for a in before for b in bundles]
    args = ("pay", grid, ONE, cap, relation)
    assert max(abs(sum(a) - sum(b)) for a, b in moved) == ColumnSum(*args).sensitivity
    assert max(abs(len(a) - len(b)) for a, b in moved) == ColumnCount(*args).noise.parameter
    middle = grid.middle
    centred = max(abs(sum(x - middle for x in a) - sum(x - middle for x in b)) for a, b in moved)
    assert centred == ColumnMean(*args).sensitivity
    counts = [(Counter(a), Counter(b)) for a, b in moved]
    l1 = max(sum(abs(a[x] - b[x]) for x in a | b) for a, b in counts)
    l2 = max(sum((a[x] - b[x]) ** 2 for x in a | b) for a, b in counts)
    assert l1 == ColumnHistogram(*args, edges=[0, 1]).noise.parameter
    gaussian = ColumnHistogram("pay", grid, GAUSS, cap, relation, edges=[0, 1]).noise.parameter
    assert gaussian == l2 / (2 * GAUSS.rho)


@settings(max_examples=60)
@given(PEOPLE, st.sampled_from([f"u{n}" for n in range(6)]), st.integers(1, 3))
def test_removing_a_person_moves_no_figure_farther_than_its_noise_hides(
    people: dict[str, Any], gone: str, cap: int
) -> None:
    """The figures themselves, without noise, through the whole path."""
    rest = rows({unit: cells for unit, cells in people.items() if unit != gone})

    def exact(statistic: Any, cells: list[tuple[str, Any]]) -> np.ndarray:
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(Noise, "draw", lambda self, stream: 0)
            return np.atleast_1d(np.array(statistic.release(cells, entry()).value, dtype=float))

    for statistic, step in (
        (ColumnCount("pay", GRID, ONE, cap), 1.0),
        (ColumnSum("pay", GRID, ONE, cap), 0.5),
        (ColumnHistogram("pay", GRID, ONE, cap, edges=[-2, 0, "0.5", 4]), 1.0),
        (ColumnMean("pay", GRID, ONE, cap, public_count=1), None),
    ):
        if step is not None:
            moved = np.abs(exact(statistic, rows(people)) - exact(statistic, rest)).sum()
            assert moved / step <= statistic.noise.parameter * ONE.epsilon


def test_figures_without_noise_are_the_right_ones(silent: None) -> None:
    people = {"a": [1.0, 2.0, None], "b": [100.0], "c": [-100, math.nan, 0.26], "d": [None]}
    args = ("pay", GRID, ONE, 3)
    assert ColumnCount(*args).release(rows(people), entry()).value == 5
    assert ColumnSum(*args).release(rows(people), entry()).value == 1 + 2 + 5 - 2 + 0.5
    assert ColumnMean(*args).release(rows(people), entry()).value == 1.5  # 1.3, on a grid of halves
    assert ColumnMean(*args, public_count=10).release(rows(people), entry()).value == 1.5  # 1.5 + (6.5 - 7.5)/10
    histogram = ColumnHistogram(*args, edges=[0, 1, 2, 3])
    assert histogram.release(rows(people), entry()).value == (2, 1, 2)
    assert ColumnCount("pay", GRID, ONE, 1).release(rows(people), entry()).value == 3


@pytest.mark.parametrize("guarantee", [ONE, GAUSS], ids=["laplace", "gaussian"])
def test_the_noise_over_ledger_entries_has_its_distribution(guarantee: Guarantee) -> None:
    cells = [(f"u{n}", 1.0) for n in range(150)]
    statistic = ColumnCount("pay", GRID, guarantee, 2)
    shown = [statistic.release(cells, entry(n)).value - 150 for n in range(400)]  # type: ignore[operator]
    spread = statistic.noise.deviation
    cdf = stats.laplace(scale=2).cdf if guarantee is ONE else stats.norm(scale=spread).cdf
    # Half a step of seeded blur turns whole numbers into something that a continuous test can judge.
    blurred = np.array(shown) + np.random.default_rng(0).uniform(-0.5, 0.5, len(shown))
    assert stats.kstest(blurred, cdf).pvalue > 1e-3
    assert stats.kstest(blurred * 2, cdf).pvalue < 1e-3
    assert stats.kstest(blurred / 2, cdf).pvalue < 1e-3


@pytest.mark.parametrize("guarantee", [ONE, GAUSS], ids=["laplace", "gaussian"])
@pytest.mark.parametrize("public", [None, 400])
def test_the_mean_lies_in_its_interval(guarantee: Guarantee, public: int | None) -> None:
    cells = [(f"u{n}", (n * 37 % 400) * 100 + 20_000) for n in range(400)]
    true = sum(cell for _, cell in cells) / 400
    statistic = ColumnMean("pay", Grid(0, 100_000, 1), guarantee, 1, public_count=public)
    released = [statistic.release(cells, entry(n)) for n in range(120)]
    inside = sum(r.interval[0] <= true <= r.interval[1] for r in released)
    assert stats.binomtest(inside, 120, 0.95, alternative="less").pvalue > 1e-3
    width = np.mean([r.interval[1] - r.interval[0] for r in released])
    errors = [abs(float(r.value) - true) for r in released]  # type: ignore[arg-type]
    assert np.quantile(errors, 0.95) < width < 8 * np.quantile(errors, 0.95)
    assert abs(np.mean([float(r.value) for r in released]) - true) < 4 * np.std(errors) / math.sqrt(120) + 60  # type: ignore[arg-type]


def test_few_or_no_rows_are_no_special_case() -> None:
    for cells in ([], [("u", None)], [("u", 1.0)]):
        for n in range(20):
            mean = ColumnMean("pay", GRID, ONE, 1).release(cells, entry(n))
            assert -2 <= mean.value <= 5 and mean.value * 2 % 1 == 0  # type: ignore[operator]
            assert -2 <= mean.interval[0] <= mean.interval[1] <= 5
            assert ColumnCount("pay", GRID, ONE, 1).release(cells, entry(n)).value >= 0  # type: ignore[operator]
            assert min(ColumnHistogram("pay", GRID, ONE, 1, edges=[0, 1, 2]).release(cells, entry(n)).value) >= 0  # type: ignore[arg-type]


def test_a_release_hangs_on_entry_and_rows_alone() -> None:
    cells = [(f"u{n % 7}", n / 3) for n in range(40)]
    statistic = ColumnSum("pay", Grid(0, 1000, "0.01"), ONE, 2)
    first = statistic.release(cells, entry())
    assert statistic.release(list(reversed(cells)), entry()) == first
    others = {
        statistic.release(cells, other).value
        for other in (entry(), entry(1), entry(key="b" * 64), entry(secret=b"t" * 32))
    }
    assert len(others) == 4


def test_two_statistics_never_share_their_noise() -> None:
    """Should one entry serve two by mistake, their difference must not be the difference of the figures."""
    cells = [(f"u{n}", 500) for n in range(10)]
    grids = (Grid(0, 1000, 1), Grid(-1, 1000, 1), Grid(0, 1000, "0.5"))
    sums = [ColumnSum(column, grid, ONE, cap) for column in ("pay", "tax") for grid in grids for cap in (1, 2)]
    noises = {float(statistic.release(cells, entry()).value) - 5000 for statistic in sums}  # type: ignore[arg-type]
    assert len(noises) == len(sums)


def test_the_ledger_is_told_everything_before_a_row_is_read() -> None:
    charge = ColumnSum("pay", GRID, Guarantee.pure("0.1"), 3).charge()
    assert Fraction(charge.epsilon) >= Fraction(1, 10) and charge.epsilon == pytest.approx(0.1)
    assert (charge.delta, charge.unit) == (0.0, "person") and "add or remove one person" in charge.relation
    assert charge.mechanism["kind"] == "laplace" and charge.mechanism["noise_multiplier"] == pytest.approx(10)
    assert charge.mechanism["noise_multiplier"] < 10  # whoever counts from it counts no less

    mean = ColumnMean("pay", GRID, GAUSS, 3, "replace")
    charge = mean.charge()
    assert charge.epsilon == pytest.approx(1, rel=1e-3) and charge.epsilon <= 1 and charge.delta >= 1e-6
    parts = charge.mechanism["parts"]
    assert charge.mechanism["kind"] == "composed" and {part["kind"] for part in parts} == {"gaussian"}
    assert sum(1 / (2 * part["noise_multiplier"] ** 2) for part in parts) == pytest.approx(charge.rho)
    assert "replace one person" in charge.relation
    json.dumps(charge.mechanism, allow_nan=False)
    released = mean.release([("u", 1.0)], entry())
    assert released.charge == charge
    assert released.statement().startswith(
        "mean of column pay: ε = 1 at δ = 1e-06 for a person, discrete Gaussian noise"
    )


def test_the_parts_of_a_mean_add_up_to_its_guarantee() -> None:
    mean = ColumnMean("pay", GRID, ONE, 2, count_share=Fraction(1, 4))
    for_sum, for_count = mean.noises
    assert for_count is not None
    assert mean.sensitivity / for_sum.parameter + 2 / for_count.parameter == 1


def test_a_mean_replaces_every_cell_and_nothing_else_does() -> None:
    mean = ColumnMean("pay", GRID, ONE, 1).release([("u", 1.0), ("v", 2.0)], entry())
    assert replace_by_mean([1.0, None, math.nan, "x"], mean) == [mean.value] * 4
    count = ColumnCount("pay", GRID, ONE, 1).release([], entry())
    with pytest.raises(UserError, match="mean"):
        replace_by_mean([1.0], count)
    assert isinstance(mean, Release)


def test_what_makes_no_sense_is_refused_without_a_value() -> None:
    for cap in (0, -1, True, 10**7):
        with pytest.raises(UserError, match="cap"):
            ColumnCount("pay", GRID, ONE, cap)
    for edges in ([], [1], [1, 1], [2, 1]):
        with pytest.raises(UserError, match="edges"):
            ColumnHistogram("pay", GRID, ONE, 1, edges=edges)
    with pytest.raises(UserError, match="share"):
        ColumnMean("pay", GRID, ONE, 1, count_share=Fraction(1))
    with pytest.raises(UserError, match="public count"):
        ColumnMean("pay", GRID, ONE, 1, public_count=0)
    for key, nonce in (("short", b"n" * 32), (KEY, b"n")):
        with pytest.raises(AirlockError, match="ledger"):
            Entry(SECRET, key, nonce)
    assert "s" * 8 not in repr(entry())
    for cells in ([("", 1.0)], [("u", "secret")]):
        with pytest.raises(UserError) as caught:
            ColumnCount("pay", GRID, ONE, 1).release(cells, entry())
        assert "secret" not in str(caught.value)


def test_the_error_is_said_before_it_is_paid_for() -> None:
    wide = Grid(0, 200_000, 1)
    assert statistic_error(ColumnMean("pay", wide, ONE, 1), 10_000) == (
        "mean of column pay over 10,000 rows: off by about 47.3 at most"
    )
    assert statistic_error(ColumnCount("pay", wide, ONE, 1), 10_000) == "count of column pay: off by about 1.36"
    assert statistic_error(ColumnSum("pay", wide, ONE, 2), 10) == "sum of column pay: off by about 566,000"
    assert "each bin" in statistic_error(ColumnHistogram("pay", wide, GAUSS, 1, edges=[0, 1]), 10)
