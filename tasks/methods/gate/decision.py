"""What the verdict is asked and what it answers: limits by kind of evidence, a line for each, exact arithmetic."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

SHAPE, INDEPENDENT, KNOWN, PLANTED, GROUPS, REVIEW = (
    "shape",
    "independent",
    "known values",
    "planted values",
    "groups",
    "review",
)
"""Kinds of evidence, as lines name them."""


@dataclass(frozen=True)
class GroupLimits:
    """How large and how varied the groups must be in which all rows share their quasi-identifiers.

    Attributes:
        k: rows.
        limit: the largest share of rows in smaller, or poorer, groups.
        l: distinct sensitive values; 1 asks for nothing.
        rows: rows that have a group, where some are left out of the table.
    """

    k: int
    limit: float = 0.0
    l: int = 1  # noqa: E741 - the literature's name
    rows: int | None = None


@dataclass(frozen=True)
class Limits:
    """What the evidence is held against. A kind of evidence that is left out is not judged.

    Attributes:
        independent: by kind of personal data (``""``: any of them), the largest share of rows with a finding.
        detectors_required: kinds for which the gate must have a detector of its own.
        known_values: by kind, the largest share of rows with a value that is known from elsewhere.
        planted: by kind, the largest upper bound of the share of planted values that came through.
        groups: of rows that share their quasi-identifiers.
        review: the largest upper bound of the share of rows that leak, from a reader's sample.
        confidence: at which the planted bounds hold.
    """

    independent: Mapping[str, float]
    detectors_required: Sequence[str] = ()
    known_values: Mapping[str, float] | None = None
    planted: Mapping[str, float] | None = None
    groups: GroupLimits | None = None
    review: float | None = None
    confidence: float = 0.95


@dataclass(frozen=True)
class Line:
    """What one expectation said.

    Attributes:
        name: the kind of personal data, or what is expected.
        passed: whether it holds.
        limit: the largest share of rows at fault, or the largest bound; none where there is no such thing.
        allowed: how many rows that is.
        found: rows or values at fault, or what was counted in place of what was expected.
        evidence: the kind of evidence.
        of: what ``found`` was counted among: rows, planted values, rows that were read.
        bound: the upper bound that is held against the limit, of planted values and of a review.
        needed: how many values must be planted so that the bound is within the limit when none comes through.
    """

    name: str
    passed: bool = False
    limit: float | None = None
    allowed: int = 0
    found: int = 0
    evidence: str = SHAPE
    of: int = 0
    bound: float | None = None
    needed: int = 0


@dataclass(frozen=True)
class Verdict:
    """The gate's decision.

    Attributes:
        rows: rows that masking promised.
        entities: a line a kind: the gate's own detectors' findings.
        shape: a line an expectation of the table's shape.
        others: detectors that are required, known values, planted values, groups, review; those asked for.
    """

    rows: int
    entities: tuple[Line, ...]
    shape: tuple[Line, ...]
    others: tuple[Line, ...] = ()

    @property
    def passed(self) -> bool:
        """Whether every expectation holds."""
        return not self.failures

    @property
    def lines(self) -> list[Line]:
        """All lines, the table's shape first."""
        return [*self.shape, *self.entities, *self.others]

    @property
    def failures(self) -> list[Line]:
        """The lines that don't hold, the table's shape first."""
        return [line for line in self.lines if not line.passed]


def allowed_rows(limit: float, rows: int) -> int:
    """The largest number of rows within ``limit``, in exact arithmetic on the decimal that was written.

    >>> allowed_rows(0.1, 30), allowed_rows(0.07, 100), allowed_rows(0.0, 10)
    (3, 7, 0)
    """
    return int(Fraction(str(limit)) * rows)


def planted_needed(limit: float, confidence: float = 0.95) -> int:
    """How many values must be planted, none coming through, for a bound within ``limit``; 0: no number is enough.

    With none of n through, the exact one-sided bound is 1 - (1 - confidence)^(1/n) (Clopper and Pearson, 1934,
    Biometrika 26: 404-413).

    >>> planted_needed(0.05), planted_needed(0.01), planted_needed(0.0), planted_needed(1.0)
    (59, 299, 0, 1)
    """
    if limit >= 1.0 or limit <= 0.0:
        return int(limit >= 1.0)
    return math.ceil(math.log(1.0 - confidence) / math.log1p(-limit))
