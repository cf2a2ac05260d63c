"""The one-run bound for training whose trade-off curve is a Gaussian's: tighter than for any (ε, δ) at once.

Mahloujifar, Melis & Chaudhuri 2024 ("Auditing f-differential privacy in one run", arXiv 2410.22235), their algorithm
for guesses with abstention, with f the curve of μ-Gaussian differential privacy (Dong, Roth & Su 2022, Journal of the
Royal Statistical Society B 84: 3-37).
"""

from __future__ import annotations

import math

from scipy.optimize import brentq
from scipy.special import log_ndtr, ndtr, ndtri

from tasks.methods.attack.one_run import SIGNIFICANCE, Guessed, largest_refuted


def lower_bound(found: Guessed, delta: float, significance: float = SIGNIFICANCE) -> float:
    """The largest ε at δ whose Gaussian curve the guesses refute; 0 where they refute none.

    Formal guarantees:
        Where training is μ-Gaussian differentially private under adding or removing one canary, the bound is above the
        ε that μ gives at δ with probability at most ``significance``, under the conditions of
        :func:`tasks.methods.attack.one_run.p_value`. DP-SGD of many steps is close to such a curve, not on it, so this
        bound refutes the claim together with its shape: where the other bound doesn't refute, too, look at both.

    Args:
        found: the guesses.
        delta: δ of the claim that is audited; not 0, where a Gaussian has no ε.
        significance: the error of this bound alone, one-sided.

    >>> round(lower_bound(Guessed(1000, 100, 75), 1e-5), 2)
    1.01
    """
    if not 0 < delta < 1:
        raise ValueError("a Gaussian curve has an epsilon for 0 < delta < 1 only")
    if not 0 < significance < 1:
        raise ValueError("a significance lies between 0 and 1")
    return largest_refuted(lambda epsilon: refuted(found, mu_of(epsilon, delta), significance))


def refuted(found: Guessed, mu: float, significance: float) -> bool:
    """Whether μ-Gaussian differential privacy allows such guesses with less than ``significance``.

    The recursion bounds, from c right guesses downwards, the joint chance r of "i are right and so is this one" and h
    of "i are right and this one isn't": of two neighbouring tables, an event of chance x under the one has at least
    Φ(Φ⁻¹(x) − μ) under the other. What comes out as more than all guesses together contradicts the curve.
    """
    m, guesses, correct = found.canaries, found.guesses, found.correct
    if not correct:
        return False
    right, wrong = significance * correct / m, significance * (guesses - correct) / m
    for i in range(correct - 1, -1, -1):
        least = float(ndtr(ndtri(right) - mu))
        if least <= wrong:
            break  # neither would ever change again
        right, wrong = min(right + i / (guesses - i) * (least - wrong), 1.0), least
    return right + wrong > guesses / m


def mu_of(epsilon: float, delta: float) -> float:
    """μ of the Gaussian curve that goes through (ε, δ).

    Corollary 2.13 of Dong, Roth & Su: δ = Φ(−ε/μ + μ/2) − e^ε Φ(−ε/μ − μ/2).
    """

    def excess(mu: float) -> float:
        other = math.exp(epsilon + float(log_ndtr(-epsilon / mu - mu / 2)))
        return float(ndtr(-epsilon / mu + mu / 2)) - other - delta

    high = 1.0
    while excess(high) < 0:
        high *= 2
    return float(brentq(excess, 1e-9, high, xtol=1e-12))


def epsilon_of(mu: float, delta: float) -> float:
    """ε at δ of μ-Gaussian differential privacy, 0 where δ suffices alone."""
    if mu <= 0 or mu_of(0.0, delta) >= mu:
        return 0.0
    high = 1.0
    while mu_of(high, delta) < mu:
        high *= 2
    return float(brentq(lambda epsilon: mu_of(epsilon, delta) - mu, 0.0, high, xtol=1e-10))
