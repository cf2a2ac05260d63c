"""Exact samplers of the discrete Laplace and the discrete Gaussian distribution: integers in, integers out.

Canonne, Kamath and Steinke 2020, "The Discrete Gaussian for Differential Privacy" (arXiv:2004.00010), Algorithms 1
to 3. No floating-point number takes part, so none of the attacks on the rounding of textbook samplers applies
(Mironov 2012, "On Significance of the Least Significant Bits for Differential Privacy").
"""

from __future__ import annotations

from fractions import Fraction
from math import isqrt

from tasks.core.errors import AirlockError
from tasks.methods.numeric.stream import KeyStream


def bernoulli_exp(stream: KeyStream, numerator: int, denominator: int) -> bool:
    """True with probability exp(-numerator/denominator), for a fraction of at least 0 (Algorithm 1).

    The series for exp(-γ), γ at most 1, alternates: the first K for which a coin of chance γ/K falls on 0 is odd with
    probability exp(-γ). A larger γ is taken one unit at a time.
    """
    while numerator > denominator:
        if not _bernoulli_exp_to_one(stream, 1, 1):
            return False
        numerator -= denominator
    return _bernoulli_exp_to_one(stream, numerator, denominator)


def _bernoulli_exp_to_one(stream: KeyStream, numerator: int, denominator: int) -> bool:
    k = 1
    while stream.below(denominator * k) < numerator:
        k += 1
    return k % 2 == 1


def discrete_laplace(stream: KeyStream, scale: Fraction) -> int:
    """An integer z with probability proportional to exp(-|z|/scale) (Algorithm 2).

    Raises:
        AirlockError: where the scale is not positive.
    """
    if scale <= 0:
        raise AirlockError("the scale of a Laplace distribution is above 0")
    t, s = scale.numerator, scale.denominator
    while True:
        u = stream.below(t)
        if not _bernoulli_exp_to_one(stream, u, t):
            continue
        v = 0
        while _bernoulli_exp_to_one(stream, 1, 1):
            v += 1
        magnitude = (u + t * v) // s
        negative = stream.below(2)
        if negative and magnitude == 0:
            continue  # otherwise 0 would come up twice as often as it should
        return -magnitude if negative else magnitude


def discrete_gaussian(stream: KeyStream, variance: Fraction) -> int:
    """An integer z with probability proportional to exp(-z²/(2·variance)) (Algorithm 3).

    ``variance`` is the parameter σ²; the distribution's own variance is never larger.

    Raises:
        AirlockError: where the parameter is not positive.
    """
    if variance <= 0:
        raise AirlockError("the parameter of a Gaussian distribution is above 0")
    a, b = variance.numerator, variance.denominator
    t = isqrt(a // b) + 1
    scale = Fraction(t)
    while True:
        candidate = discrete_laplace(stream, scale)
        # exp(-(|y| - σ²/t)² / (2σ²)) with σ² = a/b, both sides of the fraction whole numbers
        if bernoulli_exp(stream, (abs(candidate) * b * t - a) ** 2, 2 * a * b * t * t):
            return candidate
