"""Whether an attack does better on values that were trained on than on values that weren't.

The controls come from the same generator as the trained-on values, and chance alone said which of them were trained
on. Had training told the model nothing, the two groups could change places: given how many values the attack got in
all, the number among the trained-on ones is hypergeometric. That is Fisher's exact test (Fisher, 1935, "The Design of
Experiments", chapter 2; Yates, 1984, JRSS A 147: 426-463). It holds at any size, where a χ² test needs some five hits
in each cell, and it needs no belief about how often a value is guessed anyway, for the controls tell that. Where the
chance of a hit is known, as one among C candidates, the exact binomial test says the same without controls.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from scipy.special import betaincinv
from scipy.stats import binom, hypergeom

from tasks.methods.evaluate.intervals import clopper_pearson_lower, clopper_pearson_upper

SIGNIFICANCE = 0.01
"""How often, at most, an attack that learnt nothing is called better than chance."""

POWER = 0.8
"""How surely a rate must be told from chance to count as one that could have been told (Cohen, 1988)."""

Verdict = Literal["at chance", "above chance"]

_SIDE = 0.975


@dataclass(frozen=True)
class Count:
    """How many values an attack got, of how many."""

    hits: int
    of: int

    def __post_init__(self) -> None:
        if not 0 <= self.hits <= self.of:
            raise ValueError("a count has no more hits than values")

    @property
    def rate(self) -> float:
        """The share of hits; 0 where there was no value."""
        return self.hits / self.of if self.of else 0.0

    @property
    def interval(self) -> tuple[float, float]:
        """The exact 95 % interval of the share (Clopper & Pearson, 1934); (0, 1) where there was no value."""
        return clopper_pearson_lower(self.hits, self.of, _SIDE), clopper_pearson_upper(self.hits, self.of, _SIDE)


@dataclass(frozen=True)
class Chance:
    """What an attack's success says.

    Attributes:
        trained: what it got of the values that were trained on.
        against: what it got of the controls; or the known rate of a guess.
        p_value: one-sided; the probability of so many hits or more, had nothing been learnt.
        verdict: ``above chance`` where the p-value is no larger than the significance.
        detectable: the smallest rate on trained-on values that this test would have called above chance with
            probability :data:`POWER`; ``None`` where no rate would: there were too few values to tell anything.
    """

    trained: Count
    against: Count | float
    p_value: float
    verdict: Verdict
    detectable: float | None


def against_controls(trained: Count, controls: Count, significance: float = SIGNIFICANCE) -> Chance:
    """Compare with values that were never trained on, by Fisher's exact test.

    Formal guarantees:
        Where which values were trained on was drawn by chance and the attack's outcome doesn't hang on that draw, the
        verdict is ``above chance`` with probability at most ``significance``. The hits need not be independent of each
        other. Where only the two values of one slot can change places, and a slot gives up one of them at most, the
        test is a little too ready to see a leak at control rates far from 0, never at those near it.

    Args:
        trained: values that were trained on.
        controls: values of the same generator that weren't.
        significance: the error of this test alone.

    Returns:
        the verdict; its ``detectable`` takes the controls' hits as they came out.

    Raises:
        ValueError: for a significance outside (0, 1).

    >>> against_controls(Count(12, 50), Count(0, 50)).verdict, against_controls(Count(5, 5), Count(0, 5)).verdict
    ('above chance', 'above chance')
    >>> against_controls(Count(0, 3), Count(0, 3)).detectable is None
    True
    """

    def p_value(hits: int) -> float:
        return float(hypergeom.sf(hits - 1, trained.of + controls.of, hits + controls.hits, trained.of))

    return _judged(trained, controls, p_value, significance)


def against_rate(trained: Count, rate: float, significance: float = SIGNIFICANCE) -> Chance:
    """Compare with a known rate, by the exact binomial test.

    Formal guarantees:
        Where each value is hit with probability ``rate`` or less whatever became of the others, the verdict is
        ``above chance`` with probability at most ``significance``.

    Args:
        trained: values that were trained on.
        rate: of a guess: 1/C for one of C candidates.
        significance: the error of this test alone.

    Raises:
        ValueError: for a rate or a significance outside (0, 1).

    >>> found = against_rate(Count(8, 20), 0.1)
    >>> f"{found.p_value:.6f}", found.verdict, f"{found.detectable:.3f}"
    ('0.000416', 'above chance', '0.418')
    """
    if not 0 < rate < 1:
        raise ValueError("the rate of a guess lies between 0 and 1")
    return _judged(trained, rate, lambda hits: float(binom.sf(hits - 1, trained.of, rate)), significance)


def _judged(trained: Count, against: Count | float, p_value: Callable[[int], float], significance: float) -> Chance:
    if not 0 < significance < 1:
        raise ValueError("a significance lies between 0 and 1")
    p = min(1.0, p_value(trained.hits)) if trained.hits else 1.0
    return Chance(
        trained=trained,
        against=against,
        p_value=p,
        verdict="above chance" if p <= significance else "at chance",
        detectable=_detectable(trained.of, p_value, significance),
    )


def _detectable(of: int, p_value: Callable[[int], float], significance: float) -> float | None:
    if not of or p_value(of) > significance:
        return None
    low, high = 0, of  # the p-value falls with every hit
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if p_value(middle) <= significance else (middle, high)
    # P[Binomial(of, rate) >= high] is the incomplete beta function I_rate(high, of - high + 1).
    return float(betaincinv(high, of - high + 1, POWER))
