"""What a person's noisy cells add up to, the cap on their rows, and the way from ρ to ε."""

from __future__ import annotations

import math
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.optimize import brentq
from scipy.stats import norm

from tasks.core.errors import UserError
from tasks.methods.numeric.budget import LocalBudget
from tasks.methods.numeric.local import row_content
from tasks.methods.numeric.noise import Guarantee
from tasks.methods.numeric.zcdp import epsilon_of, rho_of, up

SECRET = b"s" * 32
TENTH = Guarantee.pure("0.1")
GAUSS = Guarantee.concentrated("0.01", "1e-6")


def exact_gaussian(rho: float, delta: float) -> float:
    """ε of one continuous Gaussian, exactly (Balle and Wang 2018, Theorem 8)."""
    mu = math.sqrt(2 * rho)

    def excess(epsilon: float) -> float:
        second = math.exp(epsilon + norm.logcdf(-mu / 2 - epsilon / mu))
        return float(norm.cdf(mu / 2 - epsilon / mu)) - second - delta

    return float(brentq(excess, 0, 20 * mu + 20 * rho))


@pytest.mark.parametrize("rho", [1e-4, 0.01, 0.5, 8.0])
@pytest.mark.parametrize("delta", [1e-3, 1e-6, 1e-10])
def test_epsilon_from_rho_is_above_the_exact_one_and_below_the_old_bound(rho: float, delta: float) -> None:
    found = epsilon_of(rho, delta)
    assert exact_gaussian(rho, delta) <= found < rho + 2 * math.sqrt(rho * math.log(1 / delta))
    assert found < 1.4 * exact_gaussian(rho, delta)


@given(st.floats(0.001, 50), st.sampled_from(["1e-3", "1e-6", "1e-12"]))
def test_rho_for_an_epsilon_never_exceeds_it_and_wastes_little(epsilon: float, delta: str) -> None:
    wanted, chance = Fraction(repr(epsilon)), Fraction(delta)
    rho = rho_of(wanted, chance)
    assert wanted * Fraction(999, 1000) < Fraction(epsilon_of(rho, chance)) <= wanted


def test_costs_are_rounded_up() -> None:
    for third in (Fraction(1, 3), Fraction(1, 10), Fraction(7), Fraction(10**30 + 1, 10**29)):
        assert Fraction(up(third)) >= third and up(third) == pytest.approx(float(third))


def test_cells_add_up_over_columns_and_rows() -> None:
    budget = LocalBudget((TENTH, Guarantee.pure("0.2")), 5)
    total = budget.total()
    assert total.epsilon == pytest.approx(1.5) and Fraction(total.epsilon) >= Fraction(3, 2)
    assert total.rho == pytest.approx(5 * (0.1**2 + 0.2**2) / 2)
    assert (total.delta, total.unit) == (0.0, "person")
    assert "ε = 1.5 a person" in budget.statement()


def test_many_cells_cost_less_at_a_delta_and_few_never_more() -> None:
    many = LocalBudget((TENTH,), 1000)
    assert many.total().epsilon == pytest.approx(100)
    assert many.total("1e-6").epsilon == pytest.approx(epsilon_of(5.0, 1e-6)) and many.total("1e-6").epsilon < 22
    one = LocalBudget((TENTH,), 1)
    assert one.total("1e-6").epsilon == one.total().epsilon


def test_gaussian_cells_need_a_delta() -> None:
    mixed = LocalBudget((TENTH, GAUSS), 4)
    with pytest.raises(UserError, match="delta"):
        mixed.total()
    total = mixed.total("1e-6")
    assert total.epsilon <= 0.4 + epsilon_of(0.04, 1e-6) + 1e-9
    assert total.rho == pytest.approx(4 * (0.005 + 0.01)) and total.delta == 1e-6
    assert {part["kind"] for part in mixed.event()["parts"]} == {"laplace", "gaussian"} and mixed.event()["times"] == 4


def test_without_a_cap_only_a_row_is_covered_and_the_report_says_so() -> None:
    budget = LocalBudget((TENTH,), None)
    assert budget.total().unit == "row" and budget.total().epsilon == pytest.approx(0.1)
    assert "no cap on m is held" in budget.statement()
    assert budget.admit([b"a", b"b"], secret=SECRET, unit="u") == [True, True]


@given(st.lists(st.integers(0, 8), max_size=20), st.integers(1, 6), st.randoms())
def test_the_cap_lets_so_many_different_rows_through_whatever_their_order(
    values: list[int], cap: int, shuffle: object
) -> None:
    contents = [row_content({"pay": value}) for value in values]
    budget = LocalBudget((TENTH,), cap)
    chosen = dict(zip(contents, budget.admit(contents, secret=SECRET, unit="u"), strict=True))
    assert sum(chosen.values()) == min(cap, len(set(contents)))
    shuffle.shuffle(contents)  # type: ignore[attr-defined]
    assert budget.admit(contents, secret=SECRET, unit="u") == [chosen[content] for content in contents]


def test_the_cap_s_choice_is_keyed_and_fair() -> None:
    contents = [row_content({"pay": value}) for value in range(4)]
    budget = LocalBudget((TENTH,), 1)
    times = [0] * 4
    for person in range(800):
        for place, admitted in enumerate(budget.admit(contents, secret=SECRET, unit=f"u{person}")):
            times[place] += admitted
    assert sum(times) == 800 and all(140 < n < 260 for n in times)
    picks = {tuple(budget.admit(contents, secret=bytes([n]) * 32, unit="u")) for n in range(20)}
    assert len(picks) > 1


def test_no_budget_without_columns_or_rows() -> None:
    for columns, cap in (((), 1), ((TENTH,), 0), ((TENTH,), True)):
        with pytest.raises(UserError):
            LocalBudget(columns, cap)
    with pytest.raises(UserError, match="delta"):
        LocalBudget((TENTH,), 1).total(1)
