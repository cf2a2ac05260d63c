"""What an attacker's error rates say about ε from below, where the canaries don't disturb each other.

The rates of true and of false positives are a point on the trade-off curve of the training (Kairouz, Oh & Viswanath
2015, "The Composition Theorem for Differential Privacy", ICML; Dong, Roth & Su 2022, Journal of the Royal Statistical
Society B 84: 3-37). Canaries that share neither a coordinate of the gradient nor noise give one independent trial each,
so the rates have exact bounds from one run (Nasr et al. 2023, "Tight Auditing of Differentially Private Machine
Learning", USENIX Security, section 5, white box; Steinke, Nasr & Jagielski 2023, arXiv 2305.08846, Dirac canaries).
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from scipy.special import ndtri

from tasks.methods.dp.accounting import Mechanism
from tasks.methods.dp.privacy_loss import epsilon_bound
from tasks.methods.evaluate.intervals import bonferroni, clopper_pearson_lower, clopper_pearson_upper

_LOG_SIGMA_ERROR = 1e-5


@dataclass(frozen=True)
class Confusion:
    """What became of the guesses, one for each canary.

    Attributes:
        true_positives: canaries in the table that were called in.
        false_negatives: canaries in the table that were called out.
        false_positives: canaries not in the table that were called in.
        true_negatives: canaries not in the table that were called out.
    """

    true_positives: int
    false_negatives: int
    false_positives: int
    true_negatives: int

    def __post_init__(self) -> None:
        if min(self.true_positives, self.false_negatives, self.false_positives, self.true_negatives) < 0:
            raise ValueError("counts can't be negative")

    @property
    def right(self) -> int:
        """How many guesses were right."""
        return self.true_positives + self.true_negatives

    @property
    def canaries(self) -> int:
        """How many canaries there are, each guessed once."""
        return self.right + self.false_positives + self.false_negatives


def call(scores: np.ndarray, coins: np.ndarray, threshold: float) -> Confusion:
    """Call in whose score is above a threshold that was fixed before any score was seen.

    A threshold taken from the scores themselves, their median for example, would tie the guesses together: the bounds
    of this module would no longer be exact.

    Args:
        scores: higher for what looks trained on, float64 [canaries].
        coins: whether each was in the table, bool [canaries].
        threshold: the canaries above it are called in.
    """
    if len(scores) != len(coins):
        raise ValueError("each canary has a score and a coin")
    above = scores > threshold
    hits, alarms, ins = int((above & coins).sum()), int((above & ~coins).sum()), int(coins.sum())
    return Confusion(hits, ins - hits, alarms, len(coins) - ins - alarms)


def total_variation_bound(found: Confusion, confidence: float = 0.95) -> float:
    """A lower bound on the total variation distance of training with and without a canary: its δ at ε = 0.

    Formal guarantees:
        Where the coins are fair and each guess hangs on its own canary's coin, sampling and noise alone, no guess is
        right with more than (1 + TV)/2, so the number of right ones isn't larger, in distribution, than a binomial with
        that probability, and the bound is above TV with probability at most ``1 - confidence`` (Clopper & Pearson). It
        holds for gradient canaries of one coordinate each with Poisson sampling and independent noise
        (:mod:`tasks.methods.attack.white_box`). It does NOT hold for canaries that are guessed from a finished model's
        answers, where one canary moves the score of another: :mod:`tasks.methods.attack.one_run` is for those.

    Args:
        found: the guesses; every canary was guessed.
        confidence: of this bound alone, one-sided.

    >>> round(total_variation_bound(Confusion(2800, 2200, 2200, 2800)), 4)
    0.1035
    """
    return max(0.0, 2 * clopper_pearson_lower(found.right, found.canaries, confidence) - 1)


def epsilon_bound_of_family(found: Confusion, mechanism: Mechanism, delta: float, confidence: float = 0.95) -> float:
    """A lower bound on ε at δ, if training is the accounted mechanism with some other noise.

    Of all mechanisms with the accounted number of steps and sampling rate, it finds the one with the most noise whose
    total variation the guesses don't refute, and says what that one costs at δ by our own accountant.

    Formal guarantees:
        Where training is, for each canary, the mechanism with some noise multiplier s in place of its own, the bound is
        above the accountant's ε for s with probability at most ``1 - confidence``, under the conditions of
        :func:`total_variation_bound`. The total variation is taken from the accountant, too, which bounds it from
        above, so its error makes the bound smaller. A bound above the claimed ε says, without any assumption on the
        shape, that the training has a larger total variation than the claimed mechanism, so isn't that mechanism. The
        figure itself, between total variation and ε at δ, hangs on the family: for a training of another shape, such as
        one without Poisson sampling, it measures how far it is from what was claimed, and
        :func:`epsilon_bound_of_event` bounds ε.

    Args:
        found: the guesses; every canary was guessed.
        mechanism: what the accountant was told. Its noise multiplier isn't used.
        delta: δ of the claim that is audited.
        confidence: of this bound alone, one-sided.

    Returns:
        ε; 0 where the guesses refute no amount of noise.

    Raises:
        ValueError: batches are truncated, by which one canary pushes out another; or there is no such δ.

    >>> round(epsilon_bound_of_family(Confusion(2800, 2200, 2200, 2800), Mechanism(5.4286, 0.1, 200), 1e-5), 2)
    0.99
    """
    if mechanism.batch_cap is not None:
        raise ValueError("in truncated batches canaries aren't independent")
    if not 0 < delta < 1:
        raise ValueError("delta lies between 0 and 1")
    distance = total_variation_bound(found, confidence)
    if distance <= delta:
        return 0.0
    rate, steps = mechanism.sample_rate, mechanism.steps

    def refuted(log_sigma: float) -> bool:
        step = (math.exp(log_sigma), rate, steps)
        # So little noise that the accountant has no figure isn't refuted: a smaller bound is a valid one.
        return epsilon_bound([step], distance) == 0 and math.isfinite(epsilon_bound([step], delta))

    # The central limit gives a first guess (Bu, Dong, Long and Su 2020, Corollary 4); the bracket grows from there.
    mu = 2 * float(ndtri((1 + distance) / 2))
    low = high = -0.5 * math.log(math.log1p(mu**2 / (rate**2 * steps)))
    while not refuted(high):
        low, high = high, high + 0.05
    while refuted(low):
        low, high = low - 0.05, low
    while high - low > _LOG_SIGMA_ERROR:
        middle = (low + high) / 2
        low, high = (low, middle) if refuted(middle) else (middle, high)
    return epsilon_bound([(math.exp(high), rate, steps)], delta)


def epsilon_bound_of_event(found: Confusion, delta: float, confidence: float = 0.95) -> float:
    """A lower bound on ε at δ from one event, whatever the shape of the trade-off curve.

    An (ε, δ)-private training has true positives at most e^ε times as often as false ones, plus δ (Kairouz et al. 2015,
    theorem 2.1), so ε ≥ log((TPR - δ)/FPR). It says most at a threshold so high that few canaries pass, and needs many
    canaries for it.

    Formal guarantees:
        Where training is (ε, δ)-differentially private under adding or removing one canary, the bound is above ε with
        probability at most ``1 - confidence``: each rate has an exact bound (Clopper & Pearson), and both hold together
        (Bonferroni). Each guess must hang on its own canary's coin, sampling and noise alone. As for a binomial of
        equal chances, it takes canaries of one kind.

    Args:
        found: the guesses.
        delta: δ of the claim that is audited.
        confidence: of this bound alone, one-sided.

    >>> round(epsilon_bound_of_event(Confusion(400, 4600, 20, 4980), 1e-5), 2)
    2.47
    """
    if not 0 <= delta < 1:
        raise ValueError("delta lies in [0, 1)")
    each = bonferroni(confidence, 2)
    ins, outs = found.true_positives + found.false_negatives, found.false_positives + found.true_negatives
    if not ins or not outs:
        return 0.0
    true_rate = clopper_pearson_lower(found.true_positives, ins, each)
    false_rate = clopper_pearson_upper(found.false_positives, outs, each)
    return max(0.0, math.log((true_rate - delta) / false_rate)) if true_rate > delta else 0.0
