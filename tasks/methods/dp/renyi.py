"""The bound by Rényi divergences: looser than composing the privacy loss, but what many tools print.

Opacus sums a series at every fractional order, which takes seconds where the sampling rate is near one half, and stops
at order 63, too low for a small ε. Here each divergence is an integral over a line by the trapezoidal rule, which is
exact to many digits for such functions.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from scipy.special import logsumexp

from tasks.methods.dp.privacy_loss import Taken, loss

_ORDERS = [1 + tenths / 10 for tenths in range(1, 100)] + [*range(12, 64), *range(64, 1025, 32)]


def epsilon_renyi(taken: Sequence[Taken], delta: float) -> float:
    """ε at δ of steps by composed Rényi divergences.

    The divergence of a Poisson-subsampled Gaussian is Mironov, Talwar and Zhang's (2019, "Rényi Differential Privacy of
    the Sampled Gaussian Mechanism", Theorem 4), the conversion Canonne, Kamath and Steinke's (2020, "The Discrete
    Gaussian for Differential Privacy", Proposition 12).

    Args:
        taken: σ, q and number of each kind of steps.
        delta: δ.
    """
    best = math.inf
    for order in _ORDERS:
        divergence = sum(count * renyi_divergence(order, sigma, q) for sigma, q, count in taken)
        best = min(best, divergence + math.log1p(-1 / order) - math.log(delta * order) / (order - 1))
    return max(best, 0.0)


def renyi_divergence(order: float, sigma: float, q: float) -> float:
    """Rényi divergence of (1-q) N(0, σ²) + q N(1, σ²) from N(0, σ²), of an order above 1."""
    # The integrand's poles lie πσ² beside the line: a step of half σ² leaves an error of e^(-4π²).
    step = min(sigma, sigma**2) / 2
    places = np.arange(-12 * sigma, order + 12 * sigma, step)
    log_density = -((places / sigma) ** 2) / 2 - math.log(sigma * math.sqrt(2 * math.pi))
    log_moment = float(logsumexp(order * loss(places, sigma, q) + log_density)) + math.log(step)
    return max(log_moment, 0.0) / (order - 1)
