"""How sure a share is."""

from __future__ import annotations

import math

Z95 = 1.959963984540054


def wilson(hits: int, of: int, z: float = Z95) -> tuple[float, float]:
    """The score interval of a share (Wilson, 1927, JASA 22: 209-212); ``(0, 1)`` where nothing was counted.

    It takes the counted things as independent draws. Spans of one document aren't, quite, so it is a little narrow.

    Args:
        hits: how many fit.
        of: how many were counted.
        z: the normal quantile; by default that of 95 %.

    >>> tuple(round(x, 4) for x in wilson(8, 10))
    (0.4902, 0.9433)
    """
    if not 0 <= hits <= of:
        raise ValueError("a share has no more hits than it counts")
    if not of:
        return 0.0, 1.0
    share, square = hits / of, z * z
    middle = (share + square / (2 * of)) / (1 + square / of)
    half = z * math.sqrt(share * (1 - share) / of + square / (4 * of * of)) / (1 + square / of)
    return max(0.0, min(share, middle - half)), min(1.0, max(share, middle + half))


def clopper_pearson_upper(hits: int, of: int, confidence: float = 0.95) -> float:
    """The exact one-sided upper bound of a share (Clopper & Pearson, 1934, Biometrika 26: 404-413).

    It is the share at which ``hits`` or fewer would be seen with probability ``1 - confidence``: the quantile
    ``confidence`` of a Beta(hits + 1, of - hits) distribution.

    Formal guarantees:
        Over ``of`` independent draws that are hits with one probability, the bound is below that probability in at
        most ``1 - confidence`` of all samples. Where each draw has its own (so many draws of each format), the same
        holds of their mean, for the count only gets steadier (Hoeffding, 1956, Annals of Mathematical Statistics 27:
        713-721, theorem 4, for failures at a count at least one below the expected).

    Args:
        hits: how many fit.
        of: how many were counted; where nothing was, the bound is 1.
        confidence: of this side alone. Each bound of a two-sided 95 % interval takes 0.975.

    >>> f"{clopper_pearson_upper(0, 300):.6f}", f"{clopper_pearson_upper(8, 10, 0.975):.4f}"
    ('0.009936', '0.9748')
    """
    _check(hits, of, confidence)
    if hits == of:
        return 1.0
    # Here, not above: who asks for a score interval needs no scipy.
    from scipy.special import betaincinv

    return float(betaincinv(hits + 1, of - hits, confidence))


def clopper_pearson_lower(hits: int, of: int, confidence: float = 0.95) -> float:
    """The exact one-sided lower bound of a share: the upper bound's mirror (see :func:`clopper_pearson_upper`).

    >>> f"{clopper_pearson_lower(8, 10, 0.975):.4f}", clopper_pearson_lower(0, 10)
    ('0.4439', 0.0)
    """
    _check(hits, of, confidence)
    if hits == 0:
        return 0.0
    from scipy.special import betaincinv

    return float(betaincinv(hits, of - hits + 1, 1 - confidence))


def bonferroni(confidence: float, claims: int) -> float:
    """The confidence that each of so many bounds needs, for all of them to hold together with ``confidence``.

    Bonferroni's inequality (Dunn, 1961, Journal of the American Statistical Association 56: 52-64). It asks nothing of
    how the bounds depend on each other; Šidák's rule, for independent ones, would gain next to nothing.

    >>> round(bonferroni(0.95, 10), 6), bonferroni(0.95, 1)
    (0.995, 0.95)
    """
    if claims < 1:
        raise ValueError("there must be a claim to correct")
    if not 0 < confidence < 1:
        raise ValueError("a confidence lies between 0 and 1")
    return confidence if claims == 1 else 1 - (1 - confidence) / claims


def _check(hits: int, of: int, confidence: float) -> None:
    if not 0 <= hits <= of:
        raise ValueError("a share has no more hits than it counts")
    if not 0 < confidence < 1:
        raise ValueError("a confidence lies between 0 and 1")
