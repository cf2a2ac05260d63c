"""Losses of Laplace, randomized response and zero-concentrated mechanisms against their closed forms."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import minimize_scalar

from tasks.core.dp_events import Concentrated, Gaussian, Laplace, Pure, SampledGaussian
from tasks.methods.dp.accounting import Mechanism, epsilon_unamplified
from tasks.methods.dp.mechanisms import LaplaceNoise, RandomizedResponse, ZeroConcentrated, kinds_of
from tasks.methods.dp.privacy_loss import Kind, Sampled, Step, bound

LOSSES = np.linspace(-8, 8, 81)


def divergences(step: Step, mesh: float) -> np.ndarray:
    """The hockey-stick divergence at each of ``LOSSES``."""
    losses = step.indices() * mesh
    return step.infinite + np.array([step.pmf @ np.maximum(-np.expm1(at - losses), 0) for at in LOSSES])


def on_grid(kind: Kind, mesh: float, tail: float = 1e-12) -> Step:
    step = kind.on_grid(mesh, tail, added=False)
    assert step is not None
    assert np.all(step.pmf >= 0)
    assert step.pmf.sum() + step.infinite == pytest.approx(1, abs=1e-9)
    assert step.pmf @ np.exp(-step.indices() * mesh) == pytest.approx(1, abs=1e-6)
    return step


@settings(max_examples=60, deadline=None)
@given(scale=st.floats(0.15, 50), mesh=st.floats(1e-3, 2))
def test_laplace_noise_is_dominated_on_every_mesh(scale: float, mesh: float) -> None:
    top = 1 / scale
    exact = np.where(-top > LOSSES, -np.expm1(LOSSES), np.maximum(-np.expm1((LOSSES - top) / 2), 0))
    found = divergences(on_grid(LaplaceNoise(scale, 1), mesh), mesh)
    assert np.all(found >= exact - 1e-12)
    # Half a cell's width at the most, where the curve bends.
    assert np.all(found <= exact + mesh / 2 + 1e-9)
    assert mesh > 0.01 or np.all(found[0.9 * top > LOSSES] <= exact[0.9 * top > LOSSES] + mesh)


@settings(max_examples=60, deadline=None)
@given(epsilon=st.floats(1e-3, 8), mesh=st.floats(1e-3, 2))
def test_randomized_response_is_dominated_on_every_mesh(epsilon: float, mesh: float) -> None:
    stays, leaves = 1 / (1 + math.exp(-epsilon)), 1 / (1 + math.exp(epsilon))
    exact = stays * np.maximum(-np.expm1(LOSSES - epsilon), 0) + leaves * np.maximum(-np.expm1(LOSSES + epsilon), 0)
    found = divergences(on_grid(RandomizedResponse(epsilon, 1), mesh), mesh)
    assert np.all(found >= exact - 1e-12)
    assert np.all(found <= exact + mesh)


def test_masses_on_the_grid_are_exact() -> None:
    step = on_grid(RandomizedResponse(1.5, 3), 0.5)
    assert step.count == 3
    assert step.pmf[[0, -1]] == pytest.approx([1 / (1 + math.exp(1.5)), 1 / (1 + math.exp(-1.5))], rel=1e-12)
    step = on_grid(LaplaceNoise(0.5, 2), 0.25)
    found = divergences(step, 0.25)
    at = LOSSES == 1.0
    assert found[at] == pytest.approx(-math.expm1(-0.5), rel=1e-12)


def zero_concentrated(rho: float, epsilon: float) -> float:
    """The least of the known bounds on δ at ε."""

    def log_bound(log_excess: float) -> float:
        less = math.exp(log_excess)
        return less * math.log(less / (1 + less)) - math.log1p(less) + less * ((1 + less) * rho - epsilon)

    return math.exp(min(float(minimize_scalar(log_bound, bounds=(-20, 12), method="bounded").fun), 0.0))


@pytest.mark.parametrize("rho", [1e-5, 0.003, 0.1, 1.0, 7.0])
@pytest.mark.parametrize("mesh", [0.01, 0.1])
def test_a_zero_concentrated_loss_lies_below_what_is_known_and_above_its_examples(rho: float, mesh: float) -> None:
    mesh *= math.sqrt(2 * rho)
    found = divergences(on_grid(ZeroConcentrated(rho), mesh), mesh)
    known = np.array([zero_concentrated(rho, abs(at)) for at in LOSSES])
    known = np.where(LOSSES < 0, -np.expm1(LOSSES) + np.exp(LOSSES) * known, known)
    assert np.all(found <= known + mesh)
    # (ε, 0)-private mechanisms are ε²/2-zero-concentrated (Bun and Steinke 2016, Proposition 1.4); so are
    # Gaussian ones, and neither's curve lies below the other's.
    epsilon = math.sqrt(2 * rho)
    pure = divergences(on_grid(RandomizedResponse(epsilon, 1), epsilon / 64), epsilon / 64)
    assert np.all(found >= pure - 1e-9)
    gaussian = on_grid(Sampled(1 / epsilon, 1.0, 1), epsilon / 400)
    assert np.all(found >= divergences(gaussian, epsilon / 400) - 1e-4)


@pytest.mark.parametrize("rho", [1e-4, 0.02, 0.5, 5.0])
@pytest.mark.parametrize("delta", [1e-3, 1e-6, 1e-10])
def test_zero_concentration_alone_costs_what_is_known(rho: float, delta: float) -> None:
    found = bound([ZeroConcentrated(rho)], delta)
    gaussian = epsilon_unamplified(Mechanism(1 / math.sqrt(2 * rho), 1.0, 1), delta)
    assert gaussian <= found <= rho + 2 * math.sqrt(rho * -math.log(delta))  # Bun and Steinke 2016, Proposition 1.3
    if found > 0:
        assert zero_concentrated(rho, found * 1.002 + 1e-4) <= delta * 1.0001


def test_zero_concentrated_mechanisms_dominate_pure_ones_beside_others() -> None:
    others = [Sampled(2.0, 1.0, 3), LaplaceNoise(3.0, 2)]
    for epsilon in (0.2, 1.0, 2.5):
        pure = bound([*others, RandomizedResponse(epsilon, 1)], 1e-6)
        gaussian = bound([*others, Sampled(1 / epsilon, 1.0, 1)], 1e-6)
        found = bound([*others, ZeroConcentrated(epsilon**2 / 2)], 1e-6)
        assert found >= max(pure, gaussian) * 0.999
        assert found <= gaussian * 1.1


def test_a_grid_too_large_is_none() -> None:
    for kind in (LaplaceNoise(1e-3, 1), RandomizedResponse(601, 1), ZeroConcentrated(500.0)):
        assert kind.on_grid(0.1, 1e-9, added=False) is None
    for kind in (LaplaceNoise(1.0, 1), RandomizedResponse(1.0, 1), ZeroConcentrated(1.0)):
        assert kind.on_grid(1e-9, 1e-9, added=False) is None


def test_equal_mechanisms_are_put_together() -> None:
    events = (
        Gaussian(2.0, 3),
        Pure(0.5),
        Laplace(4.0, 2),
        SampledGaussian(2.0, 1, 4),
        Concentrated(0.25),
        Pure(0.5, 2),
    )
    kinds = kinds_of((*events, Concentrated(0.5), SampledGaussian(2.0, 0.1, 5), Laplace(4.0)))
    assert kinds == kinds_of((SampledGaussian(2.0, 0.1, 5), Laplace(4.0), Concentrated(0.5), *events))
    assert kinds == [
        Sampled(2.0, 0.1, 5),
        Sampled(2.0, 1, 7),
        LaplaceNoise(4.0, 3),
        RandomizedResponse(0.5, 3),
        ZeroConcentrated(0.75),
    ]
