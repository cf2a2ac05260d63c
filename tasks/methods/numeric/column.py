"""Noisy count, sum, mean and histogram of a column (central differential privacy), with a cap on a person's rows.

The cost (:meth:`charge`) is known before a row is read, so the ledger is charged first; then :meth:`release` takes the
rows and the ledger entry's nonce.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from tasks.core.errors import UserError
from tasks.methods.numeric.contributions import contributions
from tasks.methods.numeric.grid import Grid, Number, exact
from tasks.methods.numeric.noise import Guarantee, Noise
from tasks.methods.numeric.release import Charge, Entry, Relation, Release, charge_of, check_cap
from tasks.methods.numeric.stream import KeyStream

_DOUBT = 0.05
"""What is left of certainty in an interval."""


@dataclass(frozen=True)
class _Statistic:
    """What the statistics share.

    Attributes:
        column: the column's name.
        grid: public bounds and granularity.
        guarantee: what the figure may tell about a person.
        max_rows: the public cap on a person's rows that count.
        relation: ``add_or_remove`` a person, or ``replace`` one by another with as many rows.
    """

    column: str
    grid: Grid
    guarantee: Guarantee
    max_rows: int
    relation: Relation = "add_or_remove"

    def __post_init__(self) -> None:
        check_cap(self.max_rows)

    def _indices(self, cells: Iterable[tuple[str, Any]], entry: Entry) -> list[int]:
        return contributions(cells, self.grid, self.max_rows, entry.stream("cap", self.column).take(32))

    def _stream(self, entry: Entry, part: str, noise: Noise) -> KeyStream:
        """The noise of one part. All that makes it another figure is in the label: no two may share their noise."""
        public = (self.grid.low, self.grid.high, self.grid.granularity, self.max_rows, noise.parameter)
        return entry.stream("noise", part, self.column, self.relation, noise.kind, *map(str, public))

    @property
    def _times(self) -> int:
        """Replacing a person is removing one and adding another."""
        return 2 if self.relation == "replace" else 1


@dataclass(frozen=True)
class ColumnCount(_Statistic):
    """How many rows have a number in the column, at most ``max_rows`` a person.

    Formal guarantees:
        The guarantee holds for a person under the relation. One person's rows move the count by at most ``max_rows``;
        under ``replace`` too, since a cell may be empty.
    """

    @property
    def noise(self) -> Noise:
        """The noise, in rows."""
        return self.guarantee.noise(self.max_rows)

    def charge(self) -> Charge:
        """The cost."""
        return charge_of(self.guarantee, self.noise.event(), self.relation)

    def release(self, cells: Iterable[tuple[str, Any]], entry: Entry) -> Release:
        """The noisy count, never below 0.

        Args:
            cells: a person's ``unit_id`` and a cell, a pair a row.
            entry: the ledger entry that was charged.
        """
        noisy = len(self._indices(cells, entry)) + self.noise.draw(self._stream(entry, "count", self.noise))
        room = self.noise.beyond(_DOUBT)
        interval = (float(max(noisy - room, 0)), float(max(noisy + room, 0)))
        return Release("count", self.column, max(noisy, 0), interval, float(self.max_rows), self.charge())


@dataclass(frozen=True)
class ColumnSum(_Statistic):
    """The sum of the column's clamped cells, at most ``max_rows`` a person.

    Formal guarantees:
        The guarantee holds for a person under the relation. One person's rows move the sum by at most ``max_rows``
        times the larger of |low| and |high|; replacing them by others, empty ones too, by at most ``max_rows`` times
        the distance of the farthest of low, high and 0.
    """

    @property
    def sensitivity(self) -> int:
        """How far a person can move the sum, in grid steps."""
        first, last = self.grid.first, self.grid.last
        if self.relation == "replace":
            return self.max_rows * (max(last, 0) - min(first, 0))
        return self.max_rows * max(abs(first), abs(last))

    @property
    def noise(self) -> Noise:
        """The noise, in grid steps."""
        return self.guarantee.noise(self.sensitivity)

    def charge(self) -> Charge:
        """The cost."""
        return charge_of(self.guarantee, self.noise.event(), self.relation)

    def release(self, cells: Iterable[tuple[str, Any]], entry: Entry) -> Release:
        """The noisy sum, a multiple of the granularity. Arguments as for :meth:`ColumnCount.release`."""
        noisy = sum(self._indices(cells, entry)) + self.noise.draw(self._stream(entry, "sum", self.noise))
        room = self.noise.beyond(_DOUBT)
        interval = (float(self.grid.value(noisy - room)), float(self.grid.value(noisy + room)))
        sensitivity = float(self.sensitivity * self.grid.granularity)
        return Release("sum", self.column, self.grid.value(noisy), interval, sensitivity, self.charge())


@dataclass(frozen=True)
class ColumnHistogram(_Statistic):
    """How many rows fall into each bin, at most ``max_rows`` a person.

    Attributes:
        edges: public, rising; bin i holds cells from edge i up to edge i+1 without it. Cells below the first edge
            count in the first bin, cells from the last edge on in the last.

    Formal guarantees:
        The guarantee holds for a person under the relation. One person's rows move the counts by at most ``max_rows``
        in L1 and, all in one bin, in L2; replacing them moves two bins, twice that in L1 and √2 times in L2.

    Raises:
        UserError: where there are fewer than two edges, or they don't rise.
    """

    edges: Sequence[Number] = ()

    def __post_init__(self) -> None:
        super().__post_init__()
        edges = [exact(edge, "edges") for edge in self.edges]
        if len(edges) < 2 or any(right <= left for left, right in zip(edges, edges[1:], strict=False)):
            raise UserError("a histogram needs at least two edges, each above the one before")

    @property
    def noise(self) -> Noise:
        """The noise of each bin, in rows."""
        return self.guarantee.noise(self._times * self.max_rows, self._times * self.max_rows**2)

    def charge(self) -> Charge:
        """The cost of all bins together."""
        return charge_of(self.guarantee, self.noise.event(), self.relation)

    def release(self, cells: Iterable[tuple[str, Any]], entry: Entry) -> Release:
        """The noisy counts, none below 0. Arguments as for :meth:`ColumnCount.release`."""
        edges = [exact(edge, "edges") for edge in self.edges]
        counts = [0] * (len(edges) - 1)
        for index in self._indices(cells, entry):
            place = bisect_right(edges, index * self.grid.granularity) - 1
            counts[min(max(place, 0), len(counts) - 1)] += 1
        stream = self._stream(entry, " ".join(["histogram", *map(str, edges)]), self.noise)
        noisy = tuple(max(count + self.noise.draw(stream), 0) for count in counts)
        room = float(self.noise.beyond(_DOUBT / len(counts)))
        return Release("histogram", self.column, noisy, (-room, room), float(self.max_rows), self.charge())


@dataclass(frozen=True)
class ColumnMean(_Statistic):
    """The mean of the column's clamped cells, at most ``max_rows`` a person.

    A noisy sum of distances from the middle of the bounds, over a noisy count, plus the middle. Distances from the
    middle halve what a person can add, and make little of the count's noise where the mean is near the middle.

    Attributes:
        count_share: the part of ε (of ρ under Gaussian noise) that the count gets. A third is near the best where the
            mean lies half-way between the middle and a bound.
        public_count: the number of rows that count, where that is public anyway: the sum gets everything. It is the
            caller's word that this number doesn't come from the rows.

    Formal guarantees:
        The guarantee holds for a person under the relation, for sum and count together: their costs add up to it, and
        the quotient, its clamping and rounding work on what is noisy already. One person's rows move the centred sum
        by at most ``max_rows`` times half the range (one step more where the range is odd), twice that under
        ``replace``; the count as in :class:`ColumnCount`.

    Raises:
        UserError: where the share is not between 0 and 1, or the public count is below 1.
    """

    count_share: Fraction = Fraction(1, 3)
    public_count: int | None = None

    def __post_init__(self) -> None:
        super().__post_init__()
        if not 0 < self.count_share < 1:
            raise UserError("the count's share of a mean's budget lies between 0 and 1")
        if self.public_count is not None and self.public_count < 1:
            raise UserError("the public count of a mean is at least 1")

    @property
    def sensitivity(self) -> int:
        """How far a person can move the centred sum, in grid steps."""
        reach = max(self.grid.last - self.grid.middle, self.grid.middle - self.grid.first)
        whole = self.grid.steps if self.relation == "replace" else reach
        return self.max_rows * whole

    @property
    def noises(self) -> tuple[Noise, Noise | None]:
        """The noise of the centred sum in grid steps, and of the count in rows, unless that is public."""
        if self.public_count is not None:
            return self.guarantee.noise(self.sensitivity), None
        for_sum = self.guarantee.share(1 - self.count_share).noise(self.sensitivity)
        return for_sum, self.guarantee.share(self.count_share).noise(self.max_rows)

    def charge(self) -> Charge:
        """The cost of sum and count together."""
        for_sum, for_count = self.noises
        if for_count is None:
            return charge_of(self.guarantee, for_sum.event(), self.relation)
        mechanism = {"kind": "composed", "parts": [for_sum.event(), for_count.event()]}
        return charge_of(self.guarantee, mechanism, self.relation)

    def release(self, cells: Iterable[tuple[str, Any]], entry: Entry) -> Release:
        """The noisy mean, within the bounds, on the grid. Arguments as for :meth:`ColumnCount.release`."""
        for_sum, for_count = self.noises
        indices = self._indices(cells, entry)
        centred = sum(index - self.grid.middle for index in indices)
        centred += for_sum.draw(self._stream(entry, "mean, sum", for_sum))
        if for_count is None:
            count, count_room, doubt = self.public_count or 1, 0, _DOUBT
        else:
            count = max(len(indices) + for_count.draw(self._stream(entry, "mean, count", for_count)), 1)
            count_room, doubt = for_count.beyond(_DOUBT / 2), _DOUBT / 2
        room = for_sum.beyond(doubt)
        ends = [
            Fraction(centred + side * room, max(count + other * count_room, 1)) for side in (-1, 1) for other in (-1, 1)
        ]
        interval = (float(self._near(min(ends))), float(self._near(max(ends))))
        figure = self.grid.value(self.grid.clamp(self.grid.middle + round(Fraction(centred, count))))
        sensitivity = float(self.sensitivity * self.grid.granularity)
        return Release("mean", self.column, figure, interval, sensitivity, self.charge())

    def _near(self, distance: Fraction) -> Fraction:
        """The number at a distance from the middle, in the column's unit, within the bounds."""
        point = (self.grid.middle + distance) * self.grid.granularity
        return min(max(point, self.grid.low), self.grid.high)


def replace_by_mean(cells: Sequence[Any], release: Release) -> list[int | float]:
    """The column with its released mean in every cell, the empty ones too: nothing of a row is left in it.

    Post-processing of one release: it costs nothing beyond that, however many cells, batches or shards it fills.

    Raises:
        UserError: where the release is no mean.
    """
    if release.statistic != "mean" or isinstance(release.value, tuple):
        raise UserError("a column can be replaced by a released mean only")
    return [release.value] * len(cells)
