"""Rényi divergences of the ledger's mechanisms, by numpy alone: what the privacy filter adds up."""

from __future__ import annotations

import functools
import math
from collections.abc import Sequence

import numpy as np

from tasks.core.dp_events import Concentrated, Event, Gaussian, Laplace, Pure, SampledGaussian

_POINTS = 1 << 17


def divergences(event: Event, orders: Sequence[float]) -> np.ndarray:
    """A bound on the Rényi divergence between neighbouring data sets' outputs at each order, shape ``[orders]``.

    Truncation of batches is left to :func:`log_truncated`.
    """
    return np.array([_divergence(event, float(order)) for order in orders])


def _divergence(event: Event, order: float) -> float:
    match event:
        case SampledGaussian(sigma, rate, steps):
            return steps * sampled_gaussian(order, sigma, rate)
        case Gaussian(sigma, count):
            return count * order / (2 * sigma**2)  # Mironov 2017, "Rényi Differential Privacy", Proposition 7
        case Laplace(scale, count):
            return count * _laplace(order, scale)
        case Pure(epsilon, count):
            return count * _pure(order, epsilon)
        case Concentrated(rho):
            return order * rho


@functools.lru_cache(maxsize=65_536)
def sampled_gaussian(order: float, sigma: float, q: float) -> float:
    """Rényi divergence of (1-q) N(0, σ²) + q N(1, σ²) from N(0, σ²), of an order above 1.

    It is the larger of the two directions (Mironov, Talwar and Zhang 2019, "Rényi Differential Privacy of the Sampled
    Gaussian Mechanism", Theorem 5), and its integral over a line, taken by the trapezoidal rule, is exact to many
    digits. Where little noise would need too fine a rule, a bound stands for it.
    """
    if q == 1:
        return order / (2 * sigma**2)
    # The integrand's poles lie πσ² beside the line: a step of half σ² leaves an error of e^(-4π²).
    step = min(sigma, sigma**2) / 2
    if order + 24 * sigma > _POINTS * step:
        # By convexity (1-q + qr)^α ≤ 1-q + q r^α, whose mean is known.
        whole = order * (order - 1) / (2 * sigma**2)
        return float(np.logaddexp(math.log1p(-q), math.log(q) + whole)) / (order - 1)
    places = np.arange(-12 * sigma, order + 12 * sigma, step)
    log_density = -((places / sigma) ** 2) / 2 - math.log(sigma * math.sqrt(2 * math.pi))
    log_ratio = np.logaddexp(math.log1p(-q), math.log(q) + (2 * places - 1) / (2 * sigma**2))
    terms = order * log_ratio + log_density
    top = int(terms.argmax())
    peak = float(terms[top])
    log_moment = peak + math.log(float(np.exp(terms - peak).sum())) + math.log(step)
    rounding = 1e-15 * (16 + abs(order * float(log_ratio[top])))
    return (max(log_moment, 0.0) + rounding) / (order - 1)


def _laplace(order: float, scale: float) -> float:
    """Mironov 2017, Proposition 6."""
    first = math.log(order / (2 * order - 1)) + (order - 1) / scale
    second = math.log((order - 1) / (2 * order - 1)) - order / scale
    return float(np.logaddexp(first, second)) / (order - 1)


def _pure(order: float, epsilon: float) -> float:
    """Of randomized response, which dominates any (ε, 0)-private mechanism (Bun and Steinke 2016, Proposition 3.3)."""
    # The two outcomes have chances e^ε/(1+e^ε) and 1/(1+e^ε), which change places.
    stays = -math.log1p(math.exp(-epsilon))
    leaves = stays - epsilon
    moment = np.logaddexp(order * stays + (1 - order) * leaves, order * leaves + (1 - order) * stays)
    return min(max(float(moment), 0.0) / (order - 1), epsilon)


def log_truncated(event: Event, epsilon: float) -> float:
    """Log of what truncated batches add to δ at ε: T (1 + e^ε) P[Bin(n, q) > cap]; -inf where none is cut.

    Chua et al. 2024, "Scalable DP-SGD: Shuffling vs. Poisson Subsampling" (arXiv 2411.04205).
    """
    if not isinstance(event, SampledGaussian) or event.batch_cap is None or event.population is None:
        return -math.inf
    tail = _log_tail(event.population, event.sample_rate, event.batch_cap)
    return math.log(event.steps) + epsilon + math.log1p(math.exp(-epsilon)) + tail


@functools.lru_cache(maxsize=1024)
def _log_tail(n: int, q: float, cap: int) -> float:
    """Log of P[Bin(n, q) > cap], rounded up: terms are added until what is left is bounded by a geometric series."""
    if cap >= n:
        return -math.inf
    if q == 1 or cap < n * q:
        return 0.0
    k = cap + 1
    log_term = math.lgamma(n + 1) - math.lgamma(k + 1) - math.lgamma(n - k + 1)
    log_term += k * math.log(q) + (n - k) * math.log1p(-q)
    total, term = 0.0, 1.0
    while True:
        total += term
        ratio = (n - k) / (k + 1) * q / (1 - q)
        rest = term * ratio / (1 - ratio) if ratio < 1 else math.inf
        if rest <= 1e-9 * total:
            return log_term + math.log(total + rest)
        term, k = term * ratio, k + 1
