"""How much of a canary a model has memorised: its exposure among canaries of the same format that were never planted.

Carlini, Liu, Erlingsson, Kos & Song 2019 ("The Secret Sharer: Evaluating and Testing Unintended Memorization in Neural
Networks", USENIX Security, sections 4.2 and 4.3). The scores are higher for what the model finds likelier, as
:func:`tasks.methods.attack.membership.loss` is.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from scipy.special import gammaln, logsumexp
from scipy.stats import kstest, mannwhitneyu, skewnorm

NEVER_TRAINED = 1 / math.log(2)
"""Mean exposure in bits of a canary that was never trained, among many references: 1.44."""
_REJECTED = 0.01
_LEAST = 100
"""A test of fit with fewer references would reject next to nothing."""
_FAR = 1e-3
"""Below this mass the tail is integrated: the library's survival function loses it where the shape is extreme."""


@dataclass(frozen=True)
class Extrapolated:
    """Exposures beyond what the number of references can show.

    Attributes:
        bits: float64 [canaries]; ``None`` where the skew-normal distribution doesn't fit the references.
        p_value: of the Kolmogorov-Smirnov test of fit; ``None`` where nothing could be fitted.
        why_not: in words, where there are no figures.
    """

    bits: np.ndarray | None
    p_value: float | None
    why_not: str | None


def by_rank(canaries: np.ndarray, references: np.ndarray) -> np.ndarray:
    """log2|R| − log2 rank for each canary, where R is the references and the canary itself.

    Formal guarantees:
        A canary that was drawn as the references were and never trained on has more than b bits with probability below
        2^-b, whatever the model: its rank is uniform, and ties only raise the rank, as a reference goes first.

    Args:
        canaries: scores, [canaries].
        references: scores of other fillings of the same format by the same model, [references].

    Returns:
        bits in [0, :func:`highest`], float64 [canaries].

    Raises:
        ValueError: there is no reference, or a score is NaN.

    >>> by_rank(np.array([4.0, 3.0, 0.0]), np.array([1.0, 2.0, 3.0])).tolist()
    [2.0, 1.0, 0.0]
    """
    canaries, references = _checked(canaries), _checked(references)
    rank = 1 + len(references) - np.searchsorted(np.sort(references), canaries, side="left")
    return np.asarray(np.maximum(highest(len(references)) - np.log2(rank), 0.0))


def highest(references: int) -> float:
    """The highest exposure in bits that so many references can show: log2|R|."""
    if references < 1:
        raise ValueError("exposure needs a reference")
    return math.log2(references + 1)


def never_trained(references: int) -> float:
    """The mean exposure in bits of a canary that was never trained, its rank being uniform: below and near 1.44.

    >>> round(never_trained(1023), 2)
    1.44
    """
    size = references + 1
    return highest(references) - float(gammaln(size + 1)) / math.log(2) / size


def extrapolated(canaries: np.ndarray, references: np.ndarray) -> Extrapolated:
    """Exposure by a skew-normal distribution of the references' scores: −log2 of its mass at or above the canary.

    Section 4.3 of the paper. Beyond the highest reference the figure rests on the distribution's tail, which no
    reference has tested. The test of fit is the Kolmogorov-Smirnov test against the fitted distribution itself, so it
    rejects less often than 1 % says (Lilliefors 1967, JASA 62: 399-402): what it rejects doesn't fit, what it accepts
    may fit badly in the tail.

    Args:
        canaries: scores, [canaries].
        references: scores, [references].

    Raises:
        ValueError: there is no reference, or a score is NaN.
    """
    canaries, references = _checked(canaries), _checked(references)
    if len(references) < _LEAST:
        return Extrapolated(None, None, f"fewer than {_LEAST} references")
    if not np.isfinite(references).all() or np.ptp(references) <= 1e-9 * max(1.0, float(np.abs(references).max())):
        return Extrapolated(None, None, "the references' scores are infinite or all the same")
    with np.errstate(all="ignore"):
        shape, place, scale = (float(one) for one in skewnorm.fit(references))
    if not (math.isfinite(shape) and math.isfinite(place) and scale > 0):
        return Extrapolated(None, None, "no skew-normal distribution could be fitted to the references")
    p_value = float(kstest(references, skewnorm(shape, place, scale).cdf).pvalue)
    if not p_value >= _REJECTED:
        return Extrapolated(None, p_value, "the references' scores aren't skew-normal (Kolmogorov-Smirnov p < 0.01)")
    bits = [-_log_above((float(one) - place) / scale, shape) / math.log(2) for one in canaries]
    return Extrapolated(np.maximum(bits, 0.0), p_value, None)


def more_exposed(canaries: np.ndarray, controls: np.ndarray) -> float:
    """How probable it would be that planted canaries rank so far above controls, had training left no trace.

    The one-sided rank-sum test (Mann & Whitney 1947, Annals of Mathematical Statistics 18: 50-60), exact for up to 8 of
    a kind without ties, otherwise by the normal distribution with the correction for ties.

    Args:
        canaries: scores or exposures of canaries that were planted, [canaries].
        controls: of canaries that were drawn in the same way and left out, [controls].

    Raises:
        ValueError: either is empty or holds NaN.
    """
    canaries, controls = _checked(canaries), _checked(controls)
    # Infinite scores tie with each other and beat the rest; their ranks say so without any arithmetic on them.
    ranks = np.unique(np.concatenate([canaries, controls]), return_inverse=True)[1]
    if ranks.max() == 0:
        return 1.0
    return float(mannwhitneyu(ranks[: len(canaries)], ranks[len(canaries) :], alternative="greater").pvalue)


def _log_above(x: float, shape: float) -> float:
    """Log of the mass of the standard skew-normal distribution at or above ``x``, also where it is below all floats."""
    if math.isinf(x):
        return -math.inf if x > 0 else 0.0
    above = float(skewnorm.sf(x, shape))
    if above > _FAR:
        return math.log(above)
    # From x on the density falls like e^(-steep x t), and at least as a normal one of variance 1/steep.
    steep = 1 + min(shape, 0.0) ** 2
    places = np.linspace(0.0, 50 / max(steep * x, math.sqrt(steep)), 20_001)
    logs = skewnorm.logpdf(x + places, shape)
    weights = np.full(len(places), places[1])
    weights[[0, -1]] /= 2
    return float(logsumexp(logs, b=weights))


def _checked(scores: np.ndarray) -> np.ndarray:
    scores = np.asarray(scores, dtype=np.float64)
    if scores.ndim != 1 or not len(scores):
        raise ValueError("scores of at least one are needed")
    if np.isnan(scores).any():
        raise ValueError("a score is NaN")
    return scores
