"""Rényi divergences against closed forms."""

from __future__ import annotations

import math

import pytest
from scipy.special import gammaln, logsumexp

from tasks.methods.dp.renyi import epsilon_renyi, renyi_divergence


@pytest.mark.parametrize("order", [1.1, 1.5, 2, 7.3, 63, 1024])
@pytest.mark.parametrize("sigma", [0.3, 1.0, 50.0])
def test_the_gaussian_mechanisms_divergence_is_known(order: float, sigma: float) -> None:
    assert renyi_divergence(order, sigma, 1.0) == pytest.approx(order / (2 * sigma**2), rel=1e-7)


@pytest.mark.parametrize("order", [2, 5, 32, 256])
@pytest.mark.parametrize(("sigma", "q"), [(0.4, 0.001), (0.8, 0.02), (1.5, 0.5), (6.0, 0.1)])
def test_whole_orders_are_binomial_sums(order: int, sigma: float, q: float) -> None:
    terms = [
        gammaln(order + 1) - gammaln(i + 1) - gammaln(order - i + 1)
        + i * math.log(q) + (order - i) * math.log1p(-q) + (i * i - i) / (2 * sigma**2)
        for i in range(order + 1)
    ]  # fmt: skip
    assert renyi_divergence(order, sigma, q) == pytest.approx(logsumexp(terms) / (order - 1), rel=1e-6, abs=1e-12)


@pytest.mark.parametrize(
    ("sigma", "q", "steps", "delta", "printed"),
    [(3.456, 0.05, 203, 1e-5, 0.876682), (6.91, 1.0, 50, 1e-5, 4.855473), (0.76, 0.0148, 50, 1e-8, 4.547823)],
)
def test_epsilon_is_what_dp_accounting_prints(sigma: float, q: float, steps: int, delta: float, printed: float) -> None:
    assert epsilon_renyi([(sigma, q, steps)], delta) == pytest.approx(printed, rel=0.002)
