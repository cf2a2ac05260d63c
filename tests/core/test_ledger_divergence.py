"""Rényi divergences against closed forms and against integrals computed another way."""

from __future__ import annotations

import math
import time

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.integrate import quad
from scipy.stats import binom

from tasks.core.dp_events import Concentrated, Event, Gaussian, Laplace, Pure, SampledGaussian, from_json, to_json
from tasks.core.errors import UserError
from tasks.core.ledger.divergence import divergences, log_truncated, sampled_gaussian
from tasks.methods.dp.renyi import epsilon_renyi

ORDERS = (1.05, 1.5, 2.0, 3.7, 8.0, 20.0)


def one(event: Event, order: float) -> float:
    return float(divergences(event, [order])[0])


def integral(order: float, log_p, log_q, places: list[float]) -> float:
    """1/(α-1) log of the integral of p^α q^(1-α), piece by piece."""
    peak = max(order * log_p(x) + (1 - order) * log_q(x) for x in np.linspace(places[0], places[-1], 801))

    def scaled(x: float) -> float:
        return math.exp(order * log_p(x) + (1 - order) * log_q(x) - peak)

    pieces = [
        quad(scaled, a, b, epsabs=0, epsrel=1e-11, limit=400)[0] for a, b in zip(places, places[1:], strict=False)
    ]
    return (math.log(sum(pieces)) + peak) / (order - 1)


def normal(mean: float, sigma: float):
    return lambda x: -((x - mean) ** 2) / (2 * sigma**2) - math.log(sigma * math.sqrt(2 * math.pi))


@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize(("sigma", "q"), [(0.5, 0.01), (0.8, 0.3), (1.0, 0.001), (1.3, 0.05), (3.0, 0.5), (10.0, 0.02)])
def test_the_sampled_gaussian_is_the_larger_of_both_directions(order: float, sigma: float, q: float) -> None:
    without = normal(0, sigma)

    def with_it(x: float) -> float:
        return float(np.logaddexp(math.log1p(-q) + without(x), math.log(q) + normal(1, sigma)(x)))

    places = [-14 * sigma, -4 * sigma, 0.0, 0.5, 1.0, 1 + 4 * sigma, *np.linspace(1 + 5 * sigma, order + 14 * sigma, 9)]
    places = sorted(set(places))
    removed, added = integral(order, with_it, without, places), integral(order, without, with_it, places)
    assert removed >= added * (1 - 1e-9)
    found = sampled_gaussian(order, sigma, q)
    assert found == pytest.approx(removed, rel=1e-7, abs=1e-11)
    assert found >= removed - 1e-10 * max(1.0, removed), "it may only be rounded up"


@pytest.mark.parametrize("order", [2, 3, 8, 32])
@pytest.mark.parametrize(("sigma", "q"), [(0.7, 0.01), (1.1, 0.004), (2.0, 0.2)])
def test_the_sampled_gaussian_at_whole_orders_is_a_sum(order: int, sigma: float, q: float) -> None:
    # Mironov, Talwar and Zhang 2019, section 3.3.
    terms = [
        math.log(math.comb(order, k)) + (order - k) * math.log1p(-q) + k * math.log(q) + k * (k - 1) / (2 * sigma**2)
        for k in range(order + 1)
    ]
    wanted = float(np.logaddexp.reduce(terms)) / (order - 1)
    assert sampled_gaussian(order, sigma, q) == pytest.approx(wanted, rel=1e-9, abs=1e-11)
    assert one(SampledGaussian(sigma, q, 500), order) == pytest.approx(500 * wanted, rel=1e-9, abs=1e-8)


@pytest.mark.parametrize("order", ORDERS)
def test_without_sampling_it_is_the_gaussian(order: float) -> None:
    wanted = order / (2 * 1.7**2)
    for found in (sampled_gaussian(order, 1.7, 1.0), one(Gaussian(1.7), order), one(Concentrated(0.5 / 1.7**2), order)):
        assert found == pytest.approx(wanted, rel=1e-12)
    assert sampled_gaussian(order, 1.7, 1 - 1e-12) == pytest.approx(wanted, rel=1e-6)
    assert one(Gaussian(1.7, 9), order) == pytest.approx(9 * wanted)


@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize("scale", [0.3, 1.0, 4.0])
def test_laplace(order: float, scale: float) -> None:
    def at(mean: float):
        return lambda x: -abs(x - mean) / scale - math.log(2 * scale)

    reach = 60 * scale
    wanted = integral(order, at(0), at(1), [-reach, 0.0, 1.0, 1 + reach])
    assert one(Laplace(scale), order) == pytest.approx(wanted, rel=1e-8)
    assert wanted <= 1 / scale + 1e-9
    assert one(Laplace(scale), 10_000.0) == pytest.approx(1 / scale, rel=1e-3)


@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize("epsilon", [0.01, 0.5, 2.0, 30.0])
def test_a_pure_mechanism_is_randomized_response(order: float, epsilon: float) -> None:
    p = 1 / (1 + math.exp(-epsilon))
    terms = [order * math.log(a) + (1 - order) * math.log(b) for a, b in ((p, 1 - p), (1 - p, p))] if p < 1 else []
    found = one(Pure(epsilon), order)
    if terms and epsilon < 20:
        assert found == pytest.approx(float(np.logaddexp.reduce(terms)) / (order - 1), rel=1e-6)
    assert 0 < found <= epsilon
    assert found <= order * epsilon**2 / 2 + 1e-12  # Bun and Steinke 2016, Proposition 3.3
    assert one(Laplace(1 / epsilon), order) <= found * (1 + 1e-9)


EVENTS = st.one_of(
    st.builds(SampledGaussian, st.floats(0.3, 30), st.floats(1e-6, 1), st.integers(1, 10**5)),
    st.builds(Gaussian, st.floats(0.05, 100), st.integers(1, 1000)),
    st.builds(Laplace, st.floats(0.05, 100), st.integers(1, 1000)),
    st.builds(Pure, st.floats(0.001, 10), st.integers(1, 1000)),
    st.builds(Concentrated, st.floats(1e-6, 10)),
)


@settings(max_examples=150, deadline=None)
@given(EVENTS, st.floats(1.01, 200), st.floats(1.0, 4.0))
def test_divergences_are_positive_and_grow_with_the_order(event: Event, order: float, more: float) -> None:
    lower, higher = divergences(event, [order, order * more])
    # What arithmetic may lose of each step's moment is added to it, and counts 1 / (order - 1) times.
    rounding = getattr(event, "steps", 1) * 1e-13 / (order - 1)
    assert 0 < lower <= higher * (1 + 1e-9) + 1e-7 + rounding
    assert math.isfinite(higher)


@settings(max_examples=150, deadline=None)
@given(st.floats(0.3, 30), st.floats(1e-6, 1), st.floats(1.05, 60), st.floats(1.0, 3.0))
def test_more_noise_and_rarer_sampling_cost_less(sigma: float, q: float, order: float, more: float) -> None:
    whole = sampled_gaussian(order, sigma, q)
    slack = 1e-8 * whole + 1e-10
    assert sampled_gaussian(order, sigma * more, q) <= whole + slack
    assert sampled_gaussian(order, sigma, q / more) <= whole + slack
    assert whole <= order / (2 * sigma**2) * (1 + 1e-9) + 1e-10


@pytest.mark.parametrize("sigma", [0.2, 0.1, 0.05, 0.03, 0.01, 1e-3, 1e-9])
def test_too_little_noise_costs_much_and_is_told_in_no_time(sigma: float) -> None:
    started = time.monotonic()
    found = [sampled_gaussian(order, sigma, 0.01) for order in (1.03, 2.0, 40.0, 6000.0)]
    assert time.monotonic() - started < 2
    assert all(math.isfinite(value) for value in found)
    # The integral is bounded from below by the part on which the unit is in the sample.
    for order, value in zip((1.03, 2.0, 40.0, 6000.0), found, strict=True):
        whole = order / (2 * sigma**2)
        assert value >= (whole + order / (order - 1) * math.log(0.01)) * (1 - 1e-9)
        assert value <= whole * (1 + 1e-9)


def test_it_agrees_with_the_reports_bound() -> None:
    event, delta = SampledGaussian(1.1, 0.01, 3000), 1e-6
    orders = np.arange(1.1, 60, 0.1)
    by_hand = divergences(event, orders) + np.log1p(-1 / orders) - np.log(delta * orders) / (orders - 1)
    assert float(by_hand.min()) == pytest.approx(epsilon_renyi([(1.1, 0.01, 3000)], delta), rel=2e-3)


@pytest.mark.parametrize(("n", "q", "cap"), [(1000, 0.01, 20), (1000, 0.01, 11), (50, 0.5, 30), (10**6, 1e-3, 1200)])
def test_truncation_costs_the_tail_of_the_batchs_size(n: int, q: float, cap: int) -> None:
    event = SampledGaussian(1.0, q, 300, batch_cap=cap, population=n)
    wanted = math.log(300 * (1 + math.exp(2.0))) + float(binom.logsf(cap, n, q))
    assert log_truncated(event, 2.0) == pytest.approx(wanted, rel=1e-6)


def test_truncation_costs_nothing_where_nothing_is_cut_and_all_where_much_is() -> None:
    assert log_truncated(Gaussian(1.0), 1.0) == -math.inf
    assert log_truncated(SampledGaussian(1.0, 0.1, 10), 1.0) == -math.inf
    assert log_truncated(SampledGaussian(1.0, 0.1, 10, batch_cap=50, population=50), 1.0) == -math.inf
    assert log_truncated(SampledGaussian(1.0, 0.5, 10, batch_cap=20, population=50), 1.0) >= math.log(10)
    assert log_truncated(SampledGaussian(1.0, 1.0, 10, batch_cap=20, population=50), 1.0) >= math.log(10)


@settings(max_examples=100, deadline=None)
@given(st.lists(EVENTS, max_size=4))
def test_events_survive_their_json(events: list[Event]) -> None:
    assert from_json(to_json(events)) == tuple(events)


@pytest.mark.parametrize(
    "plain",
    [
        {"type": "magic"},
        {},
        {"type": "gaussian"},
        {"type": "gaussian", "noise_multiplier": 0},
        {"type": "gaussian", "noise_multiplier": math.nan},
        {"type": "gaussian", "noise_multiplier": "2"},
        {"type": "gaussian", "noise_multiplier": 1.0, "count": 0},
        {"type": "gaussian", "noise_multiplier": 1.0, "count": True},
        {"type": "gaussian", "noise_multiplier": 1.0, "colour": "red"},
        {"type": "pure", "epsilon": -1.0},
        {"type": "zcdp", "rho": math.inf},
        {"type": "poisson_sampled_gaussian", "noise_multiplier": 1.0, "sample_rate": 1.5, "steps": 3},
        {"type": "poisson_sampled_gaussian", "noise_multiplier": 1.0, "sample_rate": 0.5, "steps": 2.5},
        {"type": "poisson_sampled_gaussian", "noise_multiplier": 1.0, "sample_rate": 0.5, "steps": 3, "batch_cap": 9},
    ],
)
def test_what_is_no_mechanism_is_refused(plain: dict[str, object]) -> None:
    with pytest.raises(UserError):
        from_json([plain])
