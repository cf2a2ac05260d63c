"""Guessing the canaries' coins from what the model makes of them, and what the guesses say about ε."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from tasks.methods.attack import one_run, one_run_gaussian
from tasks.methods.attack.one_run import Guessed

Bound = Literal["one_run", "one_run_gaussian"]
BOUNDS = {"one_run": one_run.lower_bound, "one_run_gaussian": one_run_gaussian.lower_bound}

DECIDES_AT = 0.001
"""The error at which the deciding bound may call an honest training dishonest: one audit in a thousand."""
SHOWN_AT = 0.05


@dataclass(frozen=True)
class Claim:
    """What a training promises for one canary.

    Attributes:
        epsilon: ε.
        delta: δ.
    """

    epsilon: float
    delta: float

    def of_group(self, size: int) -> Claim:
        """What it promises for so many units together: (kε, δ (e^kε − 1)/(e^ε − 1)).

        Vadhan 2017, "The Complexity of Differential Privacy", lemma 2.2, with its sum written out.
        """
        if size == 1 or math.isinf(self.epsilon):
            return self
        total = size * self.epsilon
        if total > 700:  # above all floats
            return Claim(total, 1.0)
        grown = self.delta * (size if self.epsilon == 0 else math.expm1(total) / math.expm1(self.epsilon))
        return Claim(total, min(grown, 1.0))


def guess(scores: np.ndarray, coins: np.ndarray, share: float) -> Guessed:
    """Call the highest scores in and the lowest out, as many of either, and abstain on the rest.

    The number of guesses hangs on ``share`` alone, and scores that tie are told apart by their place, so neither hangs
    on a coin.

    Args:
        scores: higher for what looks trained on, float64 [canaries]; NaN counts as lowest.
        coins: whether each was in the table, bool [canaries].
        share: of the canaries that is guessed, in (0, 1].
    """
    if not 0 < share <= 1:
        raise ValueError("the share of canaries that is guessed lies in (0, 1]")
    if len(scores) != len(coins):
        raise ValueError("each canary has a score and a coin")
    each = math.floor(share * len(scores) / 2 + 1e-9)
    order = np.argsort(np.where(np.isnan(scores), -np.inf, scores), kind="stable")
    highest, lowest = order[len(order) - each :], order[:each]
    return Guessed(len(scores), 2 * each, int(coins[highest].sum() + (~coins[lowest]).sum()))


def report(found: Guessed, claim: Claim | None, deciding: Bound, delta: float) -> dict[str, Any]:
    """Every bound, which of them decides, and what it could not have seen, as plain JSON.

    Args:
        found: the guesses.
        claim: what was promised for one canary as it was planted; ``None``: nothing.
        deciding: named before the run.
        delta: δ of the bounds where nothing was promised.

    Returns:
        ``canaries``, ``guesses``, ``correct``; ``bounds``, each at 5 %; ``deciding`` with ``bound``, ``significance``,
        ``epsilon_lower_bound``, ``ceiling`` (with every guess right), ``guesses_needed`` (all of them right, to refute
        the claim; ``None`` where even all canaries don't suffice) and ``refuted``.
    """
    delta = claim.delta if claim is not None else delta
    if delta >= 1:  # a group so large that nothing is promised for it
        return {"canaries": found.canaries, "guesses": found.guesses, "correct": found.correct, "bounds": {}}
    bound = BOUNDS[deciding]
    lower = bound(found, delta, DECIDES_AT)
    perfect = Guessed(found.canaries, found.guesses, found.guesses)
    needed = None if claim is None else _needed(deciding, found.canaries, claim)
    return {
        "canaries": found.canaries,
        "guesses": found.guesses,
        "correct": found.correct,
        "delta": delta,
        "bounds": {
            name: {"significance": SHOWN_AT, "epsilon_lower_bound": round(one(found, delta, SHOWN_AT), 4)}
            for name, one in BOUNDS.items()
        },
        "deciding": {
            "bound": deciding,
            "significance": DECIDES_AT,
            "epsilon_lower_bound": round(lower, 4),
            "ceiling": round(bound(perfect, delta, DECIDES_AT), 4),
            "guesses_needed": needed,
            "refuted": claim is not None and lower > claim.epsilon,
        },
    }


def _needed(deciding: Bound, canaries: int, claim: Claim) -> int | None:
    if deciding == "one_run":
        return one_run.guesses_needed(canaries, claim.epsilon, claim.delta, DECIDES_AT)
    # The Gaussian bound isn't monotone in the guesses for certain, so it is asked at every twentieth of the canaries.
    bound = BOUNDS[deciding]
    counts = sorted({max(1, canaries * part // 20) for part in range(1, 21)})
    return next((r for r in counts if bound(Guessed(canaries, r, r), claim.delta, DECIDES_AT) >= claim.epsilon), None)
