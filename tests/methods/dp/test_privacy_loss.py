"""The composed privacy loss against closed forms: one step, and Gaussian mechanisms without sampling."""

from __future__ import annotations

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from opacus.accountants import PRVAccountant
from scipy.optimize import brentq
from scipy.special import ndtr

from tasks.methods.dp.accounting import Mechanism, epsilon_unamplified
from tasks.methods.dp.privacy_loss import epsilon_bound, epsilon_on


def one_step(sigma: float, q: float, delta: float, added: bool) -> float:
    """ε of a single step, from the divergence's closed form."""

    def divergence(epsilon: float) -> float:
        weight = math.expm1(-epsilon if added else epsilon) + q
        place = (sigma**2 * math.log(weight / q) + 0.5) / sigma if weight > 0 else -math.inf
        if added:
            without, mixed = ndtr(place), (1 - q) * ndtr(place) + q * ndtr(place - 1 / sigma)
            return float(without - math.exp(epsilon) * mixed)
        without, mixed = ndtr(-place), (1 - q) * ndtr(-place) + q * ndtr(1 / sigma - place)
        return float(mixed - math.exp(epsilon) * without)

    return 0.0 if divergence(0) <= delta else float(brentq(lambda e: divergence(e) - delta, 0, 300, xtol=1e-12))


@settings(max_examples=40, deadline=None)
@given(
    sigma=st.floats(0.4, 20),
    q=st.floats(0.001, 0.99),
    delta=st.sampled_from([1e-3, 1e-6, 1e-9]),
    added=st.booleans(),
)
def test_one_step_is_bounded_closely_in_both_directions(sigma: float, q: float, delta: float, added: bool) -> None:
    exact, found = one_step(sigma, q, delta, added), epsilon_on([(sigma, q, 1)], delta, 0.002 / sigma, added)
    assert exact * (1 - 1e-9) - 1e-9 <= found <= exact * 1.005 + 0.005 / sigma
    both = max(one_step(sigma, q, delta, False), one_step(sigma, q, delta, True))
    assert both * (1 - 1e-9) - 1e-9 <= epsilon_bound([(sigma, q, 1)], delta) <= both * 1.005 + 1e-4


@pytest.mark.parametrize("delta", [1e-3, 1e-6, 1e-10, 1e-14])
@pytest.mark.parametrize(("sigma", "steps"), [(0.7, 1), (1.0, 3), (5.0, 50), (20.0, 1000), (150.0, 100_000), (2.0, 40)])
def test_composed_gaussians_without_sampling_are_known_exactly(sigma: float, steps: int, delta: float) -> None:
    exact = epsilon_unamplified(Mechanism(sigma, 1.0, steps), delta)
    assert exact <= epsilon_bound([(sigma, 1.0, steps)], delta) <= exact * 1.003


@pytest.mark.parametrize("mesh", [2.0, 1.0, 0.3, 0.1, 0.03])
@pytest.mark.parametrize("added", [False, True])
def test_every_mesh_gives_an_upper_bound(mesh: float, added: bool) -> None:
    taken = [(2.0, 1.0, 8), (4.0, 1.0, 16)]
    exact = epsilon_unamplified(Mechanism(1 / math.sqrt(8 / 4 + 16 / 16), 1.0, 1), 1e-6)
    found = epsilon_on(taken, 1e-6, mesh * math.sqrt(3 / 24), added)
    assert exact <= found
    assert mesh > 0.1 or found <= exact * 1.003


@pytest.mark.parametrize(
    ("sigma", "q", "steps", "delta"), [(0.9, 0.02, 60, 1e-5), (3.456, 0.05, 203, 1e-5), (0.6, 0.002, 300, 1e-6)]
)
def test_it_lies_within_what_opacus_allows(sigma: float, q: float, steps: int, delta: float) -> None:
    found, opacus = epsilon_bound([(sigma, q, steps)], delta), PRVAccountant()
    opacus.history = [(sigma, q, steps)]
    error = 0.004 * found
    upper = opacus.get_epsilon(delta, eps_error=error)
    assert upper - 2.1 * error <= found <= upper


def test_nothing_is_said_where_a_loss_is_beyond_reckoning() -> None:
    assert math.isinf(epsilon_bound([(0.02, 1.0, 10)], 1e-5))
    assert math.isinf(epsilon_bound([(0.5, 1.0, 1000)], 1e-5))
