"""ε against figures of dp_accounting's PLD accountant, alone and composed; truncation's price; δ."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import binom

from tasks.core.errors import UserError
from tasks.methods.dp.accounting import (
    Mechanism,
    cap_for,
    check_target,
    default_delta,
    epsilon,
    epsilon_of,
    epsilon_rdp,
    epsilon_unamplified,
    figures,
)

VECTORS = Path(__file__).parent / "vectors"


def vectors(name: str, key: str = "rows") -> list[Any]:
    return json.loads((VECTORS / f"{name}.json").read_text())[key]


DRAWN = vectors("epsilon_drawn")
GRID = vectors("epsilon_pld")
MIXES = vectors("epsilon_pld", "mixes")


def agrees(found: float, pld: float, delta: float) -> None:
    assert found == pytest.approx(pld, abs=max(0.01 * pld, 0.0005))
    # An upper bound, up to the other's own slack. Below 1e-9 its FFT's error shows: at VaultGemma's 1.1e-10 it says
    # 1.7058, 1.7165 and 1.7147 on grids of 3e-5, 1e-5 and 5e-6.
    assert found >= pld * (0.998 if delta > 1e-9 else 0.994) - 1e-5


def check_row(row: dict[str, Any]) -> None:
    mechanism = Mechanism(row["noise_multiplier"], row["sampling_probability"], row["steps"])
    found = epsilon(mechanism, row["delta"])
    agrees(found, row["epsilon_pld"], row["delta"])
    by_rdp = epsilon_rdp(mechanism, row["delta"])
    assert by_rdp >= found * 0.998
    assert by_rdp <= row["epsilon_rdp"] * 1.005  # more orders than the other's
    assert epsilon_unamplified(mechanism, row["delta"]) >= found * 0.998


def check_mix(mix: dict[str, Any]) -> None:
    runs = tuple(Mechanism(sigma, q, steps) for q, sigma, steps in mix["mechanisms"])
    found = epsilon_of(runs, mix["delta"])
    agrees(found, mix["epsilon_pld"], mix["delta"])
    assert found >= max(epsilon(run, mix["delta"]) for run in runs)
    assert epsilon_of(runs[::-1], mix["delta"]) == pytest.approx(found, rel=1e-6)


@pytest.mark.parametrize("row", DRAWN, ids=lambda row: "-".join(str(x) for x in row.values()))
def test_epsilon_agrees_with_another_accountant_on_drawn_cases(row: dict[str, Any]) -> None:
    check_row(row)


@pytest.mark.parametrize("row", GRID[::7], ids=lambda row: "-".join(str(x) for x in row.values()))
def test_epsilon_agrees_with_another_accountant(row: dict[str, Any]) -> None:
    check_row(row)


@pytest.mark.slow
@pytest.mark.parametrize("row", GRID, ids=lambda row: "-".join(str(x) for x in row.values()))
def test_epsilon_agrees_with_another_accountant_on_the_whole_grid(row: dict[str, Any]) -> None:
    check_row(row)


@pytest.mark.parametrize("mix", MIXES[:-2], ids=lambda mix: str(mix["mechanisms"]))
def test_several_runs_compose_as_another_accountant_says(mix: dict[str, Any]) -> None:
    check_mix(mix)


@pytest.mark.slow
@pytest.mark.parametrize("mix", MIXES[-2:], ids=lambda mix: str(mix["mechanisms"]))
def test_long_runs_compose_as_another_accountant_says(mix: dict[str, Any]) -> None:
    check_mix(mix)


def test_a_run_in_parts_costs_what_the_run_costs() -> None:
    whole = Mechanism(0.9, 0.02, 100)
    parts = (Mechanism(0.9, 0.02, 30), Mechanism(0.9, 0.02, 70), Mechanism(0.9, 0.02, 0))
    assert epsilon_of(parts, 1e-5) == epsilon(whole, 1e-5)
    assert epsilon(whole, 1e-5, 0) == 0
    grown = [epsilon(whole, 1e-5, steps) for steps in (1, 10, 50, 100)]
    assert grown == sorted(grown) and grown[-1] == epsilon(whole, 1e-5)


@settings(max_examples=12, deadline=None)
@given(
    sigma=st.floats(0.5, 10),
    q=st.floats(0.001, 0.8),
    steps=st.integers(1, 2000),
    delta=st.sampled_from([1e-4, 1e-6, 1e-9]),
)
def test_more_noise_fewer_steps_and_rarer_samples_cost_less(sigma: float, q: float, steps: int, delta: float) -> None:
    def cost(sigma: float, q: float, steps: int, delta: float) -> float:
        try:
            return epsilon(Mechanism(sigma, q, steps), delta)
        except UserError:
            return math.inf

    most = cost(sigma, q, steps, delta) * 1.002 + 2e-5  # what the mesh may leave
    assert cost(sigma * 1.1, q, steps, delta) <= most
    assert cost(sigma, q / 1.1, steps, delta) <= most
    assert cost(sigma, q, steps - steps // 10, delta) <= most
    assert cost(sigma, q, steps, delta * 2) <= most


def test_the_gaussian_mechanism_is_known() -> None:
    # Balle and Wang's Theorem 8 at σ = 1, ε = 1: Φ(1/2 - 1) - e Φ(-1/2 - 1).
    assert epsilon_unamplified(Mechanism(1.0, 1.0, 1), 0.126936737506) == pytest.approx(1, abs=1e-9)
    assert epsilon_unamplified(Mechanism(3.0, 0.01, 9), 0.126936737506) == pytest.approx(1, abs=1e-9)
    assert epsilon_unamplified(Mechanism(1e6, 0.01, 1), 1e-3) == 0


def test_the_report_shows_what_sampling_gains() -> None:
    # Three epochs of 50,000 in batches of 1,000: 17.4 without amplification.
    shown = figures(Mechanism(0.597, 0.02, 150), 1e-6)
    assert shown.epsilon < shown.epsilon_rdp < shown.epsilon_fixed_batches < shown.epsilon_unamplified
    assert shown.epsilon == pytest.approx(8.0, abs=0.1)
    assert shown.epsilon_fixed_batches == pytest.approx(17.4, abs=0.2)
    assert shown.delta == 1e-6
    full = figures(Mechanism(5.0, 1.0, 10), 1e-6)
    assert full.epsilon == pytest.approx(full.epsilon_unamplified, rel=0.003)
    assert full.epsilon_fixed_batches == full.epsilon_unamplified


@pytest.mark.parametrize("mechanism", [Mechanism(0.0, 0.1, 5), Mechanism(0.01, 1.0, 5), Mechanism(0.5, 1.0, 10_000)])
def test_where_there_is_no_figure_it_is_said(mechanism: Mechanism) -> None:
    with pytest.raises(UserError, match="no figure"):
        epsilon(mechanism, 1e-5)


@pytest.mark.parametrize(
    ("population", "rate", "steps", "target", "delta"),
    [
        (50_000, 0.02, 150, 8.0, 1e-5),
        (10**7, 1e-4, 100_000, 2.0, 1e-9),
        (100, 0.3, 60, 8.0, 0.005),
        (3, 0.5, 5, 1, 0.1),
    ],
)
def test_the_cap_costs_under_one_percent_of_delta(
    population: int, rate: float, steps: int, target: float, delta: float
) -> None:
    def cost(cap: int) -> float:
        return steps * (1 + math.exp(target)) * float(binom.sf(cap, population, rate))

    cap = cap_for(population, rate, steps, target, delta)
    assert population * rate < cap <= population
    assert cost(cap) <= 0.01 * delta < cost(cap - 1)


def test_truncation_is_paid_for_out_of_delta() -> None:
    plain = Mechanism(0.8, 0.02, 150)
    cap = cap_for(50_000, 0.02, 150, 8.0, 1e-5)
    capped = Mechanism(0.8, 0.02, 150, cap, 50_000)
    assert epsilon(plain, 1e-5) < epsilon(capped, 1e-5) <= epsilon(plain, 0.98e-5)
    assert epsilon_rdp(plain, 1e-5) < epsilon_rdp(capped, 1e-5)
    tighter = Mechanism(0.8, 0.02, 150, cap - 40, 50_000)
    assert epsilon(tighter, 1e-5) > epsilon(capped, 1e-5)
    never = Mechanism(0.8, 0.02, 150, 50_000, 50_000)
    assert epsilon(never, 1e-5) == pytest.approx(epsilon(plain, 1e-5), rel=0.005)
    assert epsilon_of((capped, capped), 1e-5) >= epsilon_of((plain, plain), 1e-5)


def test_batches_cut_too_often_have_no_guarantee() -> None:
    with pytest.raises(UserError, match="truncated"):
        epsilon(Mechanism(0.8, 0.02, 150, 1000, 50_000), 1e-5)


@pytest.mark.parametrize("population", [2, 10, 999, 1000, 14_732, 10**9])
def test_default_delta_lies_just_below(population: int) -> None:
    delta = default_delta(population)
    assert 0.9 * population**-1.1 <= delta <= population**-1.1
    check_target(1.0, delta, population)


@pytest.mark.parametrize(
    ("target", "delta", "path"),
    [
        (0.0, 1e-5, "epsilon"),
        (-1.0, 1e-5, "epsilon"),
        (math.nan, 1e-5, "epsilon"),
        (1.0, 0.011, "delta"),
        (1.0, 0.0, "delta"),
        (1.0, math.nan, "delta"),
    ],
)
def test_targets_that_promise_nothing_are_refused(target: float, delta: float, path: str) -> None:
    with pytest.raises(UserError, match=rf"train\.{path}"):
        check_target(target, delta, 100)


def test_delta_of_one_in_n_is_the_limit() -> None:
    check_target(1.0, 0.01, 100)
