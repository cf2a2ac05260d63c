"""ε of a ledger's mixed mechanisms: against the accountant of training, closed forms and brute force."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.integrate import quad
from scipy.optimize import brentq
from scipy.special import ndtr
from scipy.stats import binom

from tasks.core.dp_events import Concentrated, Event, Gaussian, Laplace, Pure, SampledGaussian
from tasks.methods.dp.accounting import Mechanism, cap_for, epsilon_of, epsilon_unamplified
from tasks.methods.dp.history import History
from tasks.methods.dp.tight import tight


def least(divergence, delta: float, most: float) -> float:  # type: ignore[no-untyped-def]
    """ε at δ from a decreasing divergence."""
    return 0.0 if divergence(0.0) <= delta else float(brentq(lambda e: divergence(e) - delta, 0, most, xtol=1e-12))


def history(*events: Event, delta: float) -> float:
    found = History(delta)
    for event in events:
        found.add((event,))
    return found.epsilon()


def bounds(exact: float, events: tuple[Event, ...], delta: float, within: float = 0.003) -> None:
    """Both accountants lie above, and not by much."""
    for found in (tight(events, delta), history(*events, delta=delta)):
        assert exact - 1e-9 <= found <= exact * (1 + within) + 5e-5


@pytest.mark.parametrize("runs", [[(0.9, 0.02, 60)], [(3.456, 0.05, 203), (0.8, 0.001, 900)], [(1.1, 1.0, 3)]])
@pytest.mark.parametrize("delta", [1e-5, 1e-9])
def test_sampled_gaussians_cost_what_training_says(runs: list[tuple[float, float, int]], delta: float) -> None:
    events = tuple(SampledGaussian(*run) for run in runs)
    expected = epsilon_of(tuple(Mechanism(*run) for run in runs), delta)
    assert tight(events, delta) == tight(events[::-1], delta) == pytest.approx(expected, rel=1e-6)
    assert history(*events, delta=delta) == pytest.approx(expected, rel=0.002)


@pytest.mark.slow
def test_many_different_runs_cost_what_one_grid_says() -> None:
    runs = [(0.7 + 0.05 * i, 0.002 + 0.0003 * i, 20 + 7 * i) for i in range(45)]
    expected = epsilon_of(tuple(Mechanism(*run) for run in runs), 1e-6)
    assert tight(tuple(SampledGaussian(*run) for run in runs), 1e-6) == pytest.approx(expected, rel=0.002)


def test_truncated_batches_are_paid_for_as_training_does() -> None:
    cap = cap_for(50_000, 0.02, 150, 8.0, 1e-5)
    event, mechanism = (kind(0.8, 0.02, 150, cap, 50_000) for kind in (SampledGaussian, Mechanism))
    found = tight((event, Laplace(50.0)), 1e-5)
    assert tight((event,), 1e-5) == epsilon_of((mechanism,), 1e-5) < found
    assert history(event, Laplace(50.0), delta=1e-5) == pytest.approx(found, rel=0.002)
    assert found > tight((SampledGaussian(0.8, 0.02, 150), Laplace(50.0)), 1e-5)
    often = SampledGaussian(0.8, 0.02, 150, 1000, 50_000)
    assert math.isinf(tight((often,), 1e-5))
    assert math.isinf(history(often, delta=1e-5))


@pytest.mark.parametrize("delta", [1e-3, 1e-6, 1e-10])
@pytest.mark.parametrize(("sigma", "count"), [(1.0, 1), (20.0, 40), (300.0, 5)])
def test_gaussians_are_known_exactly(sigma: float, count: int, delta: float) -> None:
    bounds(epsilon_unamplified(Mechanism(sigma, 1.0, count), delta), (Gaussian(sigma, count),), delta)


def responses(epsilon: float, count: int, delta: float) -> float:
    """ε of randomized responses, exactly (Kairouz, Oh and Viswanath 2015, Theorem 3.3)."""
    heads = np.arange(count + 1)
    masses, losses = binom.pmf(heads, count, 1 / (1 + math.exp(-epsilon))), (2 * heads - count) * epsilon
    return least(
        lambda e: float(masses @ np.maximum(-np.expm1(np.minimum(e - losses, 1.0)), 0)), delta, count * epsilon
    )


@settings(max_examples=30, deadline=None)
@given(epsilon=st.floats(0.001, 3), count=st.integers(1, 150), delta=st.sampled_from([1e-3, 1e-6, 1e-9]))
def test_randomized_responses_are_known_exactly(epsilon: float, count: int, delta: float) -> None:
    bounds(responses(epsilon, count, delta), (Pure(epsilon, count),), delta, within=0.005)


def test_the_same_response_costs_the_same_at_once_and_one_by_one() -> None:
    bounds(responses(0.2, 60, 1e-6), (Pure(0.2),) * 60, 1e-6, within=0.005)


def two_laplace(scale: float, delta: float) -> float:
    """ε of two Laplace mechanisms: one's divergence, in the mean over the other's loss."""
    top = 1 / scale

    def one(e: float) -> float:
        return -math.expm1(e) if e < -top else max(-math.expm1((e - top) / 2), 0.0)

    def both(e: float) -> float:
        atoms = one(e - top) / 2 + math.exp(-top) / 2 * one(e + top)
        return (
            atoms + quad(lambda x: math.exp((x - top) / 2) / 4 * one(e - x), -top, top, points=[e - top], limit=200)[0]
        )

    return least(both, delta, 2 * top)


@pytest.mark.parametrize("scale", [0.4, 1.0, 8.0])
@pytest.mark.parametrize("delta", [1e-2, 1e-5])
def test_two_laplace_mechanisms_are_known_by_integration(scale: float, delta: float) -> None:
    bounds(two_laplace(scale, delta), (Laplace(scale, 2),), delta, within=0.005)


@pytest.mark.parametrize(("scale", "count"), [(1.0, 6), (5.0, 20)])
def test_laplace_mechanisms_lie_between_what_rounding_up_and_down_says(scale: float, count: int) -> None:
    mesh, top = 1 / scale / 400, 1 / scale
    # Masses between neighbouring points; rounding losses down gives too little, up too much.
    points = np.arange(-400, 401) * mesh
    masses = np.diff(np.exp((points - top) / 2) / 2)

    def rounded(up: bool) -> float:
        one = np.zeros(801)
        one[1:] += masses if up else 0
        one[:-1] += 0 if up else masses
        one[0] += math.exp(-top) / 2
        one[-1] += 0.5
        composed, losses = np.ones(1), np.arange(-400 * count, 400 * count + 1) * mesh
        for _ in range(count):
            composed = np.convolve(composed, one)
        return least(lambda e: float(composed @ np.maximum(-np.expm1(e - losses), 0)), 1e-6, count * top)

    low, high = rounded(False), rounded(True)
    for found in (tight((Laplace(scale, count),), 1e-6), history(Laplace(scale, count), delta=1e-6)):
        assert low - 1e-9 <= found <= high * 1.0005
    assert high - low < 0.02 * low


def gaussian_and_responses(mu: float, epsilons: list[float], delta: float) -> float:
    """ε of a Gaussian mechanism with sensitivity/σ = μ and one randomized response each, exactly."""
    weights, losses = [], []
    for signs in itertools.product((1, -1), repeat=len(epsilons)):
        losses.append(sum(sign * one for sign, one in zip(signs, epsilons, strict=True)))
        weights.append(math.prod(1 / (1 + math.exp(-sign * one)) for sign, one in zip(signs, epsilons, strict=True)))
    masses, places = np.array(weights), np.array(losses)

    def divergence(e: float) -> float:
        rest = e - places
        with np.errstate(over="ignore"):
            single = ndtr(mu / 2 - rest / mu) - np.exp(rest) * ndtr(-mu / 2 - rest / mu)
        return float(masses @ single)

    return least(divergence, delta, sum(epsilons) + mu**2 / 2 + 8 * mu)


def drawn(rng: np.random.Generator) -> tuple[tuple[Event, ...], float, float]:
    """About fifty different mechanisms in random order, δ, and ε."""
    noises = np.exp(rng.uniform(math.log(2), math.log(200), rng.integers(30, 50)))
    epsilons = np.exp(rng.uniform(math.log(0.003), math.log(0.8), rng.integers(2, 9)))
    events: list[Event] = [*map(Gaussian, noises.tolist()), *map(Pure, epsilons.tolist())]
    delta = float(10 ** rng.uniform(-9, -3))
    exact = gaussian_and_responses(math.sqrt(float((noises**-2.0).sum())), epsilons.tolist(), delta)
    return tuple(events[i] for i in rng.permutation(len(events))), delta, exact


def check_drawn(seed: int) -> None:
    events, delta, exact = drawn(np.random.default_rng(seed))
    bounds(exact, events, delta)


@pytest.mark.parametrize("seed", range(3))
def test_mixes_are_known_exactly(seed: int) -> None:
    check_drawn(seed)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(3, 43))
def test_many_mixes_are_known_exactly(seed: int) -> None:
    check_drawn(seed)


def test_nothing_costs_nothing_and_the_figure_grows() -> None:
    assert tight((), 1e-6) == 0
    events = (Gaussian(3.0), Pure(0.4), Laplace(2.0), Concentrated(0.01), SampledGaussian(1.0, 0.01, 100))
    grown = [tight(events[:n], 1e-6) for n in range(1, len(events) + 1)]
    assert grown == sorted(grown)
    assert tight((*events, Pure(0.4)), 1e-6) > grown[-1]
    assert tight(events, 1e-4) < grown[-1] < tight(events, 1e-9)


def test_a_loss_beyond_reckoning_is_infinite() -> None:
    assert math.isinf(tight((Gaussian(0.02, 10),), 1e-5))
    assert math.isinf(tight((Pure(1e4), Gaussian(2.0)), 1e-5))
    assert math.isinf(tight((Concentrated(1e4),), 1e-5))
