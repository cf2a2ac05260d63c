"""How many members any attack may find at a rate of false alarms: what differential privacy allows at most.

A membership test at true-positive rate TPR and false-positive rate FPR against an (ε, δ)-private training has
TPR ≤ e^ε FPR + δ and 1 − FPR ≤ e^ε (1 − TPR) + δ (Kairouz, Oh & Viswanath 2015, "The Composition Theorem for
Differential Privacy", ICML, section 2). A mechanism is private at many (ε, δ) at once, and each of them bounds.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import numpy as np

from tasks.core.errors import UserError

Pair = tuple[float, float]
"""ε and δ."""

_TAILS = 10.0 ** np.arange(-12, -2, 0.25)
DELTAS = tuple(np.concatenate([_TAILS, np.arange(0.01, 0.99, 0.01), 1 - _TAILS[::-1]]).tolist())
"""The δ at which a mechanism's ε is asked for: close enough together that the curve is told to 2 % (tests)."""


def ceiling(fpr: float, epsilon: float, delta: float) -> float:
    """The highest true-positive rate that (ε, δ)-differential privacy allows at a false-positive rate.

    Formal guarantees:
        Take one unit and any rule that tells from the trained model alone whether the unit was in the table, and let
        ``fpr`` be at least the rule's chance of a false alarm where it wasn't. Where training is (ε, δ)-private under
        adding and removing that unit, the rule's chance to find it where it was is at most this ceiling. The bound is
        concave in ``fpr``, so it holds of averages over many units, too, where each of them is in or out by a draw of
        its own. It does not hold of what tells the groups apart without the model (documents of another time or
        source), nor of several units together, nor of one that stands in the table twice.

    Args:
        fpr: the rule's false-positive rate or a bound on it from above, in [0, 1].
        epsilon: ε ≥ 0; may be infinite.
        delta: δ in [0, 1].

    Returns:
        in [fpr, 1].

    >>> round(ceiling(0.01, 1.0, 1e-5), 5), round(ceiling(0.9, 1.0, 1e-5), 5)
    (0.02719, 0.96322)
    """
    if not 0 <= fpr <= 1:
        raise ValueError("a rate lies in [0, 1]")
    if not (epsilon >= 0 and 0 <= delta <= 1):
        raise ValueError("epsilon can't be negative, and delta lies in [0, 1]")
    # e^ε may be above all floats; what it is multiplied by may be 0.
    first = delta + (math.exp(min(epsilon + math.log(fpr), 1.0)) if fpr else 0.0)
    second = 1 - math.exp(-epsilon) * max(1 - delta - fpr, 0.0)
    return min(first, second, 1.0)


def tightest(fpr: float, pairs: Sequence[Pair]) -> float:
    """The lowest :func:`ceiling` of the (ε, δ) at which one mechanism is private, 1 where there is none.

    Formal guarantees:
        As :func:`ceiling`, where training is private at every pair; more pairs only make it tighter.
    """
    return min((ceiling(fpr, epsilon, delta) for epsilon, delta in pairs), default=1.0)


def pairs_of(epsilon_at: Callable[[float], float], deltas: Sequence[float] = DELTAS) -> list[Pair]:
    """The (ε, δ) at which a mechanism is private, from an accountant that gives upper bounds on ε.

    With enough of them :func:`tightest` comes near the mechanism's own trade-off curve (Dong, Roth & Su 2022, "Gaussian
    Differential Privacy", JRSS B 84: 3-37, proposition 2.12), from above only.

    Args:
        epsilon_at: an upper bound on ε at a δ, for a unit removed and for one added: such as
            ``lambda delta: accounting.epsilon_of((mechanism,), delta)`` or ``lambda delta: tight(events, delta)``. A
            :class:`tasks.core.errors.UserError` or an infinite ε leaves out that δ.
        deltas: where to ask.
    """
    found = []
    for delta in sorted(deltas):
        try:
            epsilon = epsilon_at(delta)
        except UserError:
            continue
        if math.isfinite(epsilon):
            found.append((epsilon, delta))
            if epsilon <= 0:
                # No larger δ says more: the ceiling only rises with it.
                break
    return found
