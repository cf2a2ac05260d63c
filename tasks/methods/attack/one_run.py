"""A lower bound on ε from one training run with canaries in it.

Steinke, Nasr & Jagielski 2023 ("Privacy auditing with one (1) training run", NeurIPS, arXiv 2305.08846). Each of m
canaries is in the training table or out of it by a fair coin of its own. The attacker sees the model, guesses the coins
of ``guesses`` canaries and abstains on the others. Someone who guesses better than (ε, δ)-differential privacy allows
has refuted it.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy.stats import binom

SIGNIFICANCE = 0.05
_HIGHEST = 64.0
"""No number of canaries that fits a machine tells an ε above this from infinity."""


@dataclass(frozen=True)
class Guessed:
    """What the attacker reached.

    Attributes:
        canaries: m, those with a coin.
        guesses: r, those whose coin was guessed; the others were abstained on.
        correct: how many of the guesses were right.
    """

    canaries: int
    guesses: int
    correct: int

    def __post_init__(self) -> None:
        if not 0 <= self.correct <= self.guesses <= self.canaries:
            raise ValueError("no more right guesses than guesses, and no more guesses than canaries")


def p_value(found: Guessed, epsilon: float, delta: float) -> float:
    """How probable it is, at most, to guess so well against an (ε, δ)-private training.

    Theorem 5.2 of the paper: with q = e^ε/(1 + e^ε), β = P[Binomial(r, q) ≥ c] and
    α = max over i of (P[Binomial(r, q) ≥ c − i] − β)/i, the probability is at most β + 2mδα.

    Formal guarantees:
        Whatever the attacker does with the model, and whatever it knows of the table but the coins, it guesses ``c`` or
        more right with at most this probability where training is (ε, δ)-differentially private under adding or
        removing one canary. The coins must be fair, independent and unknown to it; the number of guesses must not
        depend on the coins. A canary that stands in the table k times is covered by the (ε, δ) of groups of k only.

    Args:
        found: the guesses.
        epsilon: ε to be refuted.
        delta: its δ.
    """
    if epsilon < 0 or not 0 <= delta < 1:
        raise ValueError("epsilon can't be negative, and delta lies in [0, 1)")
    if found.correct == 0:
        return 1.0
    q = 1 / (1 + math.exp(-epsilon))
    beta = float(binom.sf(found.correct - 1, found.guesses, q))
    if delta == 0:
        return beta
    fewer = np.arange(1, found.correct + 1)
    alpha = float(np.max((binom.sf(found.correct - 1 - fewer, found.guesses, q) - beta) / fewer))
    return min(1.0, beta + 2 * found.canaries * delta * max(alpha, 0.0))


def lower_bound(found: Guessed, delta: float, significance: float = SIGNIFICANCE) -> float:
    """The largest ε that the guesses refute; 0 where they refute none.

    Formal guarantees:
        Where training is (ε, δ)-private, the bound is above ε with probability at most ``significance``, under the
        conditions of :func:`p_value`.

    Args:
        found: the guesses.
        delta: δ of the claim that is audited.
        significance: the error of this bound alone, one-sided.

    >>> round(lower_bound(Guessed(500, 100, 100), 1e-5), 3), round(lower_bound(Guessed(500, 100, 60), 1e-5), 3)
    (3.479, 0.051)
    """
    if not 0 < significance < 1:
        raise ValueError("a significance lies between 0 and 1")
    return largest_refuted(lambda epsilon: p_value(found, epsilon, delta) <= significance)


def ceiling(canaries: int, guesses: int, delta: float, significance: float = SIGNIFICANCE) -> float:
    """The bound that a perfect attacker would reach: no higher ε can be refuted with so many guesses.

    An audit whose ceiling lies below the claimed ε can't contradict the claim, and its report must say so.

    >>> round(ceiling(1000, 1000, 1e-5), 2)
    5.78
    """
    return lower_bound(Guessed(canaries, guesses, guesses), delta, significance)


def guesses_needed(canaries: int, epsilon: float, delta: float, significance: float = SIGNIFICANCE) -> int | None:
    """The fewest guesses that, were all of them right, refute ε; ``None`` where even all canaries don't suffice."""
    if ceiling(canaries, canaries, delta, significance) < epsilon:
        # The δ term grows with m, not with r, so a perfect attacker never loses by one more guess.
        return None
    low, high = 0, canaries
    while high - low > 1:
        middle = (low + high) // 2
        if ceiling(canaries, middle, delta, significance) >= epsilon:
            high = middle
        else:
            low = middle
    return high


def largest_refuted(refuted: Callable[[float], bool], error: float = 1e-7) -> float:
    """The largest ε that a test refutes, to ``error`` from below, for a test that refutes every smaller one, too."""
    if not refuted(0.0):
        return 0.0
    low, high = 0.0, 1.0
    while refuted(high):
        if high >= _HIGHEST:
            return high
        low, high = high, 2 * high
    while high - low > error:
        middle = (low + high) / 2
        low, high = (middle, high) if refuted(middle) else (low, middle)
    return low
