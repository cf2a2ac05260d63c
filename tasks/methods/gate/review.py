"""The bound of a person's review: the share of rows that leak, given what the reader finds of leaks that are known.

A reader misses some. Known leaks are seeded among the rows, so the share that was found of them says how much of what
is there the reader sees, and the share found among the real rows is divided by it (seeded errors: H. D. Mills, 1972;
intervals: Clopper and Pearson, 1934, Biometrika 26: 404-413).
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import asdict, dataclass
from math import ceil
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from tasks.methods.evaluate.intervals import bonferroni, clopper_pearson_lower, clopper_pearson_upper


@dataclass(frozen=True)
class ReviewBound:
    """What a review says, in numbers.

    Attributes:
        rows_read: real rows that were read.
        leaking: real rows that the reader marked.
        seeded_read: seeded rows that were read.
        seeded_found: seeded rows that the reader marked.
        found_upper: upper bound of the share of real rows that such a reader marks.
        detection_lower: lower bound of the share of leaking rows that such a reader marks.
        bound: upper bound of the share of real rows that leak.
        confidence: of ``bound``.
    """

    rows_read: int
    leaking: int
    seeded_read: int
    seeded_found: int
    found_upper: float
    detection_lower: float
    bound: float
    confidence: float

    def to_dict(self) -> dict[str, Any]:
        """Plain JSON: numbers only."""
        return asdict(self)

    def sentence(self) -> str:
        """What it means, in a sentence about the real rows.

        >>> bound(100, 1, 20, 19).sentence()
        'A reader marked 1 of 100 real rows and 19 of 20 known leaks: at most 7.3 % of the rows leak (95 % confidence).'
        """
        return (
            f"A reader marked {self.leaking:,} of {self.rows_read:,} real rows and {self.seeded_found:,} of "
            f"{self.seeded_read:,} known leaks: at most {ceil(1000 * self.bound) / 10:.1f} % of the rows leak "
            f"({100 * self.confidence:.0f} % confidence)."
        )


def bound(read: int, leaking: int, seeded: int, found: int, confidence: float = 0.95) -> ReviewBound:
    """Upper bound of the share of rows that leak.

    Formal guarantees:
        Let p be the share of rows that leak and d the probability that the reader marks a leaking row. The real rows
        are a uniform sample without replacement; the number marked is binomial with a share of at least p·d, or less
        spread than that where the population is small, which is ignored: it only widens the bound. With error (1 -
        confidence) / 2 for each, the one-sided Clopper-Pearson bounds hold together with probability ``confidence``
        at least (Bonferroni), and then p = p·d / d ≤ ``found_upper`` / ``detection_lower``. A row marked without a
        leak in it only raises the bound.

        This rests on one assumption that no figure here can check: that a seeded leak is no easier to see than a real
        one. And on how many rows are read being fixed before the first is.

    Args:
        read: real rows read.
        leaking: how many of them were marked.
        seeded: seeded rows read.
        found: how many of them were marked.
        confidence: of the bound.

    Raises:
        ValueError: where more was marked than read, or the confidence isn't between 0 and 1.

    >>> round(bound(100, 0, 20, 20).bound, 4)
    0.0436
    >>> bound(100, 0, 0, 0).bound
    1.0
    """
    if not (0 <= leaking <= read and 0 <= found <= seeded and 0 < confidence < 1):
        raise ValueError("a review marks no more rows than it reads, and its confidence is between 0 and 1")
    each = bonferroni(confidence, 2)
    upper = clopper_pearson_upper(leaking, read, each)
    lower = clopper_pearson_lower(found, seeded, each)
    share = min(1.0, upper / lower) if lower > 0 else 1.0
    return ReviewBound(read, leaking, seeded, found, upper, lower, share, confidence)


def judge(key: Path, read: int, leaking: Collection[int], confidence: float = 0.95) -> ReviewBound:
    """The bound of an answer to a sample.

    Args:
        key: the sample's ``key.parquet``, which knows the seeded rows.
        read: rows 1 to ``read`` were read.
        leaking: ordinals of the rows that were marked.
        confidence: of the bound.
    """
    table = pq.read_table(key, columns=["ordinal", "seeded"])
    marked = set(leaking)
    counts = {(seeded, hit): 0 for seeded in (False, True) for hit in (False, True)}
    for ordinal, seeded in zip(table["ordinal"].to_pylist(), table["seeded"].to_pylist(), strict=True):
        if ordinal <= read:
            counts[seeded, ordinal in marked] += 1
    return bound(
        counts[False, False] + counts[False, True],
        counts[False, True],
        counts[True, False] + counts[True, True],
        counts[True, True],
        confidence,
    )
