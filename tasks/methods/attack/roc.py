"""How well scores tell members from non-members: ROC, its area, and how many are found at few false alarms.

Scores are higher for members and may be infinite. A rule takes everyone with one score or none, so ties can't be broken
in the attack's favour.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from scipy.optimize import brentq
from scipy.special import betaincinv
from scipy.stats import rankdata

from tasks.methods.evaluate.intervals import Z95, clopper_pearson_lower, clopper_pearson_upper

FPR = 0.01
LOW_FPR = 0.001
_LEAST_FOR_LOW = 10_000
_SIDE = 0.975
"""The confidence of each side of a 95 % interval."""


@dataclass(frozen=True)
class Area:
    """The area under a ROC curve: the chance that a member scores above a non-member, a tie counting half; with its
    95 % interval.
    """

    value: float
    low: float
    high: float


@dataclass(frozen=True)
class Found:
    """Members found at few false alarms.

    Attributes:
        fpr: the expected false-positive rate of the rule, at most.
        false_positives: non-members above the threshold.
        non_members: how many there were.
        fpr_high: 97.5 % upper bound on the false-positive rate of this very threshold.
        true_positives: members above the threshold.
        members: how many there were.
        tpr: the share of members above it.
        low: end of the 95 % interval of the true-positive rate of this very threshold.
        high: the other end.
    """

    fpr: float
    false_positives: int
    non_members: int
    fpr_high: float
    true_positives: int
    members: int
    tpr: float
    low: float
    high: float


@dataclass(frozen=True)
class Attacked:
    """An attack's success.

    Attributes:
        auc: the area under the curve.
        at_fpr: at a false-positive rate of 1 %; ``None`` with fewer than 99 non-members.
        at_low_fpr: at 0.1 %; ``None`` with fewer than 10,000 non-members.
    """

    auc: Area
    at_fpr: Found | None
    at_low_fpr: Found | None


def attacked(members: np.ndarray, non_members: np.ndarray) -> Attacked:
    """The figures that a report gives.

    Args:
        members: scores of documents that were trained on, [members].
        non_members: of others from the same source, [non-members].

    Raises:
        ValueError: either is empty or holds NaN.
    """
    low = found_at(members, non_members, LOW_FPR) if len(non_members) >= _LEAST_FOR_LOW else None
    return Attacked(auc(members, non_members), found_at(members, non_members, FPR), low)


def curve(members: np.ndarray, non_members: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """False- and true-positive rates of the rules "at least this score", one point for each score that occurs.

    Returns:
        two float64 [points], both ascending from (0, 0) to (1, 1). Between two points lies what a coin would reach that
        is thrown for everyone with the score; the area counts that, the rates of :func:`found_at` don't.

    Raises:
        ValueError: either is empty or holds NaN.
    """
    members, non_members = _checked(members), _checked(non_members)
    at = np.unique(np.concatenate([members, non_members]))[::-1]
    rates = [
        np.concatenate([[0.0], 1 - np.searchsorted(np.sort(scores), at, side="left") / len(scores)])
        for scores in (non_members, members)
    ]
    return rates[0], rates[1]


def auc(members: np.ndarray, non_members: np.ndarray) -> Area:
    """The area under the curve with an interval that doesn't vanish where it is 0 or 1.

    On each side the wider of two 95 % intervals: that of DeLong, DeLong & Clarke-Pearson (1988, Biometrics 44: 837-845;
    by midranks as Sun & Xu 2014, IEEE Signal Processing Letters 21: 1389-1393), which asks nothing of the scores'
    distribution but has width 0 where both groups are parted, and method 5 of Newcombe (2006, Statistics in Medicine
    25: 559-573), which solves for the areas that the observed one is compatible with. Both are for large samples.

    Raises:
        ValueError: either is empty or holds NaN.
    """
    members, non_members = _checked(members), _checked(non_members)
    m, n = len(members), len(non_members)
    ranks = rankdata(np.concatenate([members, non_members]))
    # What share of the other group each one is on the right side of.
    above = (ranks[:m] - rankdata(members)) / n
    below = 1 - (ranks[m:] - rankdata(non_members)) / m
    area = float(above.mean())
    low, high = _newcombe(area, m, n)
    if min(m, n) > 1:
        half = Z95 * math.sqrt(float(above.var(ddof=1)) / m + float(below.var(ddof=1)) / n)
        low, high = max(min(low, area - half), 0.0), min(max(high, area + half), 1.0)
    return Area(area, low, high)


def found_at(members: np.ndarray, non_members: np.ndarray, fpr: float) -> Found | None:
    """How many members score above a threshold with at most a rate of false alarms.

    The threshold is the k-th highest of all n non-members' scores with k = ⌊fpr (n + 1)⌋, and a member is found only
    above it, never at it. That needs no second half of the non-members to judge it by:

    Formal guarantees:
        Let the n non-members and one further one be exchangeable. The further one scores above the k-th highest of the
        others with probability at most k/(n + 1) ≤ ``fpr``, whatever the scores' distribution, for it is then among
        the k highest of n + 1 (Vovk, Gammerman & Shafer 2005, "Algorithmic Learning in a Random World", chapter 2).
        The threshold is a function of the non-members alone, so independent members are found with one probability
        given it, and its Clopper-Pearson interval holds. ``fpr_high`` is exact, too: the rate above the
        k-th highest of n independent scores is at most Beta(k, n + 1 − k)-distributed (Wilks 1941, Annals of
        Mathematical Statistics 12: 91-96).

    Args:
        members: scores, [members].
        non_members: scores, [non-members].
        fpr: the rate of false alarms in (0, 1).

    Returns:
        ``None`` where there are fewer than 1/fpr − 1 non-members, too few for such a rate.

    Raises:
        ValueError: either is empty or holds NaN.
    """
    members, non_members = _checked(members), _checked(non_members)
    if not 0 < fpr < 1:
        raise ValueError("a rate of false alarms lies between 0 and 1")
    m, n = len(members), len(non_members)
    k = math.floor(fpr * (n + 1) + 1e-9)  # 0.01 * 100 may come out below 1
    if k < 1:
        return None
    threshold = np.partition(non_members, n - k)[n - k]
    false, true = int((non_members > threshold).sum()), int((members > threshold).sum())
    return Found(
        fpr=fpr, false_positives=false, non_members=n, fpr_high=float(betaincinv(k, n + 1 - k, _SIDE)),
        true_positives=true, members=m, tpr=true / m,
        low=clopper_pearson_lower(true, m, _SIDE), high=clopper_pearson_upper(true, m, _SIDE),
    )  # fmt: skip


def _newcombe(area: float, m: int, n: int) -> tuple[float, float]:
    mean = (m + n) / 2 - 1

    def excess(one: float, sign: float) -> float:
        variance = one * (1 - one) * (1 + mean * (1 - one) / (2 - one) + mean * one / (1 + one)) / (m * n)
        return sign * (one - area) - Z95 * math.sqrt(variance)

    # Away from 0 and 1, where both sides of the equation may be 0.
    tiny = 1e-12
    low = brentq(excess, tiny, min(area, 1 - tiny), args=(-1.0,)) if area > tiny else 0.0
    high = brentq(excess, max(area, tiny), 1 - tiny, args=(1.0,)) if area < 1 - tiny else 1.0
    return float(low), float(high)


def _checked(scores: np.ndarray) -> np.ndarray:
    scores = np.asarray(scores, dtype=np.float64)
    if scores.ndim != 1 or not len(scores):
        raise ValueError("a group needs a score")
    if np.isnan(scores).any():
        raise ValueError("documents without a score must be dropped and counted first")
    return scores
