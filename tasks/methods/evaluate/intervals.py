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
