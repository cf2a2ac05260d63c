"""The one-run bounds: published values, what they promise over many audits, and how far they can see."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binom

from tasks.methods.attack import one_run, one_run_gaussian
from tasks.methods.attack.one_run import Guessed, ceiling, guesses_needed, lower_bound, p_value

PUBLISHED = [
    # canaries, guesses, correct, delta, significance, bound: jax_privacy 2.0.0, epsilon_one_run
    (200, 60, 41, 0.0001, 0.05, 0.277),
    (5000, 35, 17, 0.0001, 0.05, 0.0),
    (500, 500, 309, 1e-06, 0.05, 0.32606),
    (1000, 500, 464, 0.0001, 0.05, 2.25083),
    (1000, 1000, 940, 1e-06, 0.05, 2.52892),
    (200, 60, 57, 0.0001, 0.05, 1.93241),
    (100, 100, 99, 0, 0.05, 3.01934),
    (200, 35, 26, 0, 0.05, 0.38128),
    (500, 200, 176, 0.0001, 0.05, 1.61284),
    (1000, 200, 193, 0.0001, 0.05, 2.61207),
    (200, 100, 56, 0, 0.05, 0.0),
    (200, 200, 127, 1e-05, 0.05, 0.30312),
    (1000, 1000, 937, 1e-05, 0.05, 2.4812),
    (1000, 500, 463, 0.0001, 0.05, 2.22526),
    (5000, 100, 84, 0.0001, 0.05, 0.88143),
    (5000, 60, 58, 1e-05, 0.05, 2.11739),
    (100, 60, 49, 1e-06, 0.05, 0.91893),
    (500, 500, 481, 0, 0.05, 2.83882),
    (200, 100, 68, 0, 0.05, 0.38433),
    (100, 60, 57, 0.0001, 0.05, 1.94298),
    (100, 60, 55, 0, 0.05, 1.60515),
    (1000, 60, 30, 1e-05, 0.05, 0.0),
    (1000, 200, 115, 0, 0.05, 0.05783),
    (5000, 500, 444, 0, 0.05, 1.83258),
    (1000, 1000, 800, 1e-05, 0.05, 1.25398),
    (5000, 100, 82, 1e-06, 0.05, 1.06973),
    (100, 60, 30, 0, 0.05, 0.0),
    (100, 100, 84, 0, 0.05, 1.19248),
    (200, 200, 137, 1e-05, 0.05, 0.51761),
    (200, 35, 27, 1e-05, 0.05, 0.51032),
    (500, 60, 58, 0.0001, 0.05, 2.11739),
    (1000, 200, 166, 0.0001, 0.05, 1.24804),
    (5000, 1000, 786, 0, 0.05, 1.17227),
    (5000, 500, 319, 0.0001, 0.05, 0.38079),
    (200, 100, 77, 1e-05, 0.05, 0.80033),
    (5000, 100, 85, 1e-05, 0.05, 1.23805),
    (100, 60, 48, 1e-05, 0.05, 0.82874),
    (100, 60, 49, 1e-06, 0.05, 0.91893),
    (100, 100, 90, 1e-05, 0.05, 1.63036),
    (1000, 100, 93, 1e-05, 0.05, 1.91774),
]


@pytest.mark.parametrize(("canaries", "guesses", "correct", "delta", "significance", "bound"), PUBLISHED)
def test_bounds_are_those_of_another_implementation(
    canaries: int, guesses: int, correct: int, delta: float, significance: float, bound: float
) -> None:
    assert lower_bound(Guessed(canaries, guesses, correct), delta, significance) == pytest.approx(bound, abs=1e-5)


@pytest.mark.parametrize(("guesses", "correct", "bound"), [(100, 100, 3.479), (100, 60, 0.051), (35, 23, 0.015)])
def test_bounds_published_with_a_released_model(guesses: int, correct: int, bound: float) -> None:
    assert round(lower_bound(Guessed(500, guesses, correct), 1e-5, 0.05), 3) == bound


@given(st.integers(1, 400), st.floats(0.01, 0.3))
def test_with_every_guess_right_and_no_delta_it_is_the_closed_form(guesses: int, significance: float) -> None:
    # P[all r right] = q^r, so the largest refuted q is significance^(1/r).
    q = significance ** (1 / guesses)
    closed = max(0.0, math.log(q / (1 - q)))
    assert lower_bound(Guessed(guesses, guesses, guesses), 0.0, significance) == pytest.approx(closed, abs=1e-5)


@given(st.integers(1, 300), st.data(), st.floats(0, 6), st.sampled_from([0.0, 1e-6, 1e-4, 1e-2]))
def test_alpha_is_the_worst_over_every_way_to_spend_delta(
    guesses: int, data: st.DataObject, eps: float, delta: float
) -> None:
    correct = data.draw(st.integers(0, guesses))
    canaries = data.draw(st.integers(guesses, 2 * guesses))
    q = 1 / (1 + math.exp(-eps))
    chance = [float(binom.sf(at - 1, guesses, q)) for at in range(guesses + 1)]
    alpha = max([(chance[correct - i] - chance[correct]) / i for i in range(1, correct + 1)], default=0.0)
    expected = min(1.0, chance[correct] + 2 * canaries * delta * alpha)
    assert p_value(Guessed(canaries, guesses, correct), eps, delta) == pytest.approx(expected, rel=1e-9, abs=1e-12)


@given(st.integers(1, 200), st.data())
@pytest.mark.parametrize("method", [one_run, one_run_gaussian])
def test_one_more_right_guess_never_lowers_the_bound(method: object, guesses: int, data: st.DataObject) -> None:
    correct = data.draw(st.integers(0, guesses - 1))
    bound = method.lower_bound  # type: ignore[attr-defined]
    assert bound(Guessed(300, guesses, correct), 1e-5) <= bound(Guessed(300, guesses, correct + 1), 1e-5) + 1e-6


def _gaussian_audits(mu: float, canaries: int, guesses: int, audits: int, seed: int) -> list[Guessed]:
    """Audits of an exact Gaussian mechanism: each canary moves a coordinate of its own by μ."""
    rng = np.random.default_rng(seed)
    found = []
    for _ in range(audits):
        coins = rng.random(canaries) < 0.5
        order = np.argsort(rng.normal(size=canaries) + mu * coins)
        out, members = order[: guesses // 2], order[canaries - guesses // 2 :]
        found.append(Guessed(canaries, 2 * (guesses // 2), int(coins[members].sum() + (~coins[out]).sum())))
    return found


def test_against_a_gaussian_mechanism_both_bounds_hold_and_the_gaussian_one_is_nearer() -> None:
    mu, delta, audits = 1.0, 1e-5, 400
    epsilon = one_run_gaussian.epsilon_of(mu, delta)
    assert epsilon == pytest.approx(4.377, abs=1e-3)  # Balle & Wang 2018, analytic Gaussian mechanism, σ = 1
    for guesses in (100, 400):
        found = _gaussian_audits(mu, 1000, guesses, audits, seed=guesses)
        loose = np.array([one_run.lower_bound(one, delta) for one in found])
        tight = np.array([one_run_gaussian.lower_bound(one, delta) for one in found])
        # At 5 %, 400 audits exceed 30 times with a chance below 1 %.
        assert (tight > epsilon).sum() <= binom.ppf(0.99, audits, 0.05)
        assert (loose > epsilon).sum() == 0
        assert tight.mean() > 1.3 * loose.mean() > 1.0


def test_against_randomized_response_the_bound_is_exceeded_as_often_as_it_says() -> None:
    # Randomized response is the mechanism at which the theorem is an equality, so the bound's error shows.
    rng, epsilon, audits = np.random.default_rng(7), 2.0, 4000
    right = rng.binomial(500, 1 / (1 + math.exp(-epsilon)), size=audits)
    bounds = {int(c): lower_bound(Guessed(500, 500, int(c)), 0.0) for c in set(right)}
    exceeded = sum(bounds[int(c)] > epsilon for c in right)
    assert binom.ppf(0.001, audits, 0.03) <= exceeded <= binom.ppf(0.999, audits, 0.05)


def test_a_training_that_reveals_twice_its_epsilon_is_refuted() -> None:
    rng, claimed = np.random.default_rng(3), 1.0
    right = rng.binomial(500, 1 / (1 + math.exp(-2 * claimed)), size=20)
    assert all(lower_bound(Guessed(500, 500, int(c)), 0.0) > claimed for c in right)


def test_how_far_an_audit_can_see() -> None:
    assert ceiling(1000, 100, 0.0) == pytest.approx(3.49, abs=5e-3)
    assert ceiling(5000, 1000, 1e-5) == pytest.approx(5.67, abs=5e-3)
    assert guesses_needed(1000, 8, 1e-5) is None
    needed = guesses_needed(1000, 3, 1e-5)
    assert needed is not None
    assert ceiling(1000, needed, 1e-5) >= 3 > ceiling(1000, needed - 1, 1e-5)


@pytest.mark.parametrize("mu", [0.05, 0.26, 1.0, 4.0, 12.0])
@pytest.mark.parametrize("delta", [1e-7, 1e-5, 1e-2])
def test_a_gaussian_curve_goes_through_its_epsilon(mu: float, delta: float) -> None:
    epsilon = one_run_gaussian.epsilon_of(mu, delta)
    if epsilon > 0:
        assert one_run_gaussian.mu_of(epsilon, delta) == pytest.approx(mu, rel=1e-6)
    else:
        assert one_run_gaussian.mu_of(0.0, delta) >= mu


@pytest.mark.parametrize("numbers", [(10, 11, 1), (10, 5, 6), (10, 5, -1)])
def test_numbers_that_cannot_be(numbers: tuple[int, int, int]) -> None:
    with pytest.raises(ValueError, match="no more"):
        Guessed(*numbers)
    with pytest.raises(ValueError, match="significance"):
        lower_bound(Guessed(10, 5, 5), 1e-5, 0.0)
