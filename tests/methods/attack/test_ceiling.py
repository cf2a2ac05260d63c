"""The ceiling on an attack: no attack on a mechanism goes over it, and it is near the mechanism's own curve."""

from __future__ import annotations

import math
from functools import cache

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import norm

from tasks.core.errors import UserError
from tasks.methods.attack.ceiling import DELTAS, Pair, ceiling, pairs_of, tightest
from tasks.methods.attack.roc import found_at
from tasks.methods.dp.accounting import Mechanism, epsilon_of

RATES = [0.0, 1e-6, 1e-4, 0.001, 0.01, 0.1, 0.3, 0.5, 0.9, 0.99, 0.9999, 1.0]
RATE = st.floats(0, 1)


@cache
def pairs(sigma: float, rate: float, steps: int) -> list[Pair]:
    return pairs_of(lambda delta: epsilon_of((Mechanism(sigma, rate, steps),), delta))


@given(RATE, st.floats(0, 30), RATE)
def test_the_formula(fpr: float, epsilon: float, delta: float) -> None:
    first, second = math.exp(epsilon) * fpr + delta, 1 - math.exp(-epsilon) * (1 - delta - fpr)
    found = ceiling(fpr, epsilon, delta)
    assert found == pytest.approx(min(first, second, 1.0), rel=1e-9, abs=1e-12)
    assert fpr - 1e-12 <= found <= 1


@given(RATE, RATE, st.floats(0, 900) | st.just(math.inf), st.floats(0, 900), RATE)
def test_it_rises_with_everything(fpr: float, more: float, epsilon: float, larger: float, delta: float) -> None:
    low, high = sorted((fpr, more))
    assert ceiling(low, epsilon, delta) <= ceiling(high, epsilon, delta) + 1e-12
    one, other = sorted((epsilon, larger))
    assert ceiling(fpr, one, delta) <= ceiling(fpr, other, delta) + 1e-12
    # Concave, so that it bounds averages.
    middle = ceiling((low + high) / 2, epsilon, delta)
    assert middle >= (ceiling(low, epsilon, delta) + ceiling(high, epsilon, delta)) / 2 - 1e-9


def test_at_no_privacy_it_is_nothing_and_at_perfect_privacy_everything() -> None:
    assert [ceiling(fpr, 0.0, 0.0) for fpr in RATES] == pytest.approx(RATES)
    assert ceiling(1e-9, math.inf, 0.0) == 1 and ceiling(0.0, 700.0, 0.01) == 0.01 and ceiling(0.2, 1.0, 1.0) == 1
    assert tightest(0.1, []) == 1
    for bad in (
        (-0.1, 1.0, 0.0),
        (1.1, 1.0, 0.0),
        (0.1, -1.0, 0.0),
        (0.1, 1.0, 1.1),
        (math.nan, 1, 0),
        (0.1, math.nan, 0),
    ):
        with pytest.raises(ValueError):
            ceiling(*bad)


def test_randomized_response_stands_exactly_on_it() -> None:
    # Says the truth with chance e^ε/(1 + e^ε); the attack believes it.
    truth = 1 / (1 + math.exp(-1.3))
    assert ceiling(1 - truth, 1.3, 0.0) == pytest.approx(truth)


@pytest.mark.parametrize(("sigma", "steps"), [(0.3, 1), (1.0, 1), (4.0, 1), (20.0, 100), (50.0, 10)])
def test_the_gaussian_curve_is_just_below(sigma: float, steps: int) -> None:
    mu = math.sqrt(steps) / sigma
    for fpr in RATES:
        exact = norm.cdf(norm.ppf(fpr) + mu)
        found = tightest(fpr, pairs(sigma, 1.0, steps))
        assert exact <= found <= exact * 1.02 + 1e-9, fpr


@pytest.mark.parametrize(("sigma", "rate"), [(0.7, 0.1), (1.0, 0.5), (2.0, 0.01)])
def test_a_sampled_steps_curve_is_below_in_both_directions(sigma: float, rate: float) -> None:
    places = np.linspace(-8 * sigma, 1 + 8 * sigma, 300)
    without = norm.sf(places / sigma)
    within = (1 - rate) * without + rate * norm.sf((places - 1) / sigma)
    for fpr, tpr in (*zip(without, within, strict=True), *zip(1 - within, 1 - without, strict=True)):
        assert tpr <= tightest(float(fpr), pairs(sigma, rate, 1)) + 1e-12


def test_one_pair_alone_is_looser() -> None:
    # What the brief figure at δ = 1e-5 says of ε = 3.1 at a false-positive rate of 1 %, and what the mechanism allows.
    every = pairs(0.8, 0.01, 1000)
    epsilon = epsilon_of((Mechanism(0.8, 0.01, 1000),), 1e-5)
    alone = ceiling(0.01, epsilon, 1e-5)
    assert 0.01 < tightest(0.01, every) < alone / 2


def test_attacks_on_the_gaussian_mechanism_stay_below_it() -> None:
    # A thousand persons at once, each sum with noise of its own; the score is the optimal one.
    rng, sigma = np.random.default_rng(4), 1.0
    for fpr in (0.01, 0.1):
        found = found_at(rng.normal(1, sigma, 20_000), rng.normal(0, sigma, 100_000 - 1), fpr)
        assert found is not None
        assert found.low <= tightest(found.fpr_high, pairs(sigma, 1.0, 1))
        # And near it: the test would see a ceiling that is too low by a tenth.
        assert found.high >= 0.95 * tightest(fpr, pairs(sigma, 1.0, 1))


def test_with_half_the_noise_that_was_promised_an_attack_goes_over_it() -> None:
    rng = np.random.default_rng(4)
    found = found_at(rng.normal(1, 0.5, 1000), rng.normal(0, 0.5, 9_999), 0.01)
    assert found is not None and found.low > tightest(found.fpr_high, pairs(1.0, 1.0, 1))


def test_deltas_without_a_figure_are_left_out() -> None:
    def epsilon_at(delta: float) -> float:
        if delta < 1e-6:
            raise UserError("out of reach")
        return math.inf if delta < 1e-3 else 1.0

    found = pairs_of(epsilon_at)
    assert found and all(delta >= 1e-3 and epsilon == 1 for epsilon, delta in found)
    assert pairs_of(lambda delta: 0.0, [0.5, 0.1]) == [(0.0, 0.1)]
    assert list(DELTAS) == sorted(DELTAS) and DELTAS[0] > 0 and DELTAS[-1] < 1
