"""Zero-concentrated differential privacy (ρ-zCDP) and (ε, δ): from one to the other, on the safe side.

ρ-zCDP is Bun and Steinke 2016 (arXiv:1605.02065), Definition 1.1. It adds up over releases, and noise of the discrete
Gaussian with parameter σ² on integers at most Δ apart (in L2) has ρ = Δ²/(2σ²), for every pair within Δ (Canonne,
Kamath and Steinke 2020, arXiv:2004.00010). The exact (ε, δ) of one figure alone is a little smaller.
"""

from __future__ import annotations

import math
from fractions import Fraction

from tasks.core.errors import UserError

_SLACK = 1e-9
"""Relative, far above what rounding adds up to in these formulas."""
_LOG_RANGE = (-40.0, 40.0)
_ROUNDS = 100
"""Enough for either search to end at the precision of a float."""


def up(value: Fraction) -> float:
    """The least float that is not below ``value``: a cost may be over-counted, never under-counted."""
    nearest = float(value)
    return nearest if Fraction(nearest) >= value else math.nextafter(nearest, math.inf)


def epsilon_of(rho: float | Fraction, delta: float | Fraction) -> float:
    """An ε such that ρ-zCDP gives (ε, δ)-DP, by the conversion of Canonne, Kamath and Steinke 2020.

    ε = inf over α > 1 of α·ρ + ln(1/(α·δ))/(α-1) + ln(1-1/α). Every α gives a valid ε; the search finds a good one.

    >>> round(epsilon_of(0.05, 1e-6), 2)
    1.47
    """
    rho, delta = float(rho), float(delta)
    if rho == 0:
        return 0.0

    def bound(log_excess: float) -> float:
        excess = math.exp(log_excess)  # α - 1
        alpha = 1 + excess
        return alpha * rho - math.log(alpha * delta) / excess + log_excess - math.log1p(excess)

    low, high = _LOG_RANGE
    shrink = (math.sqrt(5) - 1) / 2
    left, right = high - shrink * (high - low), low + shrink * (high - low)
    at_left, at_right = bound(left), bound(right)
    for _ in range(_ROUNDS):
        if at_left <= at_right:
            high, right, at_right = right, left, at_left
            left = high - shrink * (high - low)
            at_left = bound(left)
        else:
            low, left, at_left = left, right, at_right
            right = low + shrink * (high - low)
            at_right = bound(right)
    return max(min(at_left, at_right) * (1 + _SLACK), 0.0)


def rho_of(epsilon: Fraction, delta: Fraction) -> Fraction:
    """The largest ρ, to nine digits, whose (ε, δ) stays within the one wanted.

    Raises:
        UserError: where ε or δ leave no room for any.
    """
    low, high = -60.0, 60.0
    for _ in range(_ROUNDS):
        middle = (low + high) / 2
        low, high = (middle, high) if epsilon_of(math.exp(middle), delta) <= epsilon else (low, middle)
    digits = f"{math.exp(low) * (1 - 1e-8):.9e}"
    rho = Fraction(digits)
    if rho < Fraction(1, 10**15) or epsilon_of(rho, delta) > epsilon:
        raise UserError("no Gaussian noise within reach gives so small an epsilon with this delta: raise one of them")
    return rho
