"""Noise without a guarantee. It blurs what a glance sees and promises nothing, so all that comes of it is labelled."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from statistics import NormalDist
from typing import Any, ClassVar, Literal

from tasks.core.errors import UserError
from tasks.methods.numeric.grid import Grid, Number, exact
from tasks.methods.numeric.stream import KeyStream

NO_EPSILON = "no ε"
"""The label of noise without a guarantee."""

_LABEL = "airlock/numeric/jitter/1"
_BITS = 53


@dataclass(frozen=True)
class Jitter:
    """Noise in proportion to the cell.

    A cell of 0 stays 0, a large one stays large, a well-known one can be recognised: there is no ε, whatever
    ``relative`` is. The draw is a keyed function of column, person, cell and row, as for noise with a guarantee.

    Attributes:
        column: the column's name.
        relative: size of the noise as a share of the cell: the standard deviation of ``gaussian`` noise, the farthest
            reach of ``uniform``.
        granularity: the result is a multiple of it.
        shape: ``gaussian`` or ``uniform``.

    Raises:
        UserError: where ``relative`` is not between 0 and 1, or the granularity not above 0.
    """

    column: str
    relative: Number
    granularity: Number
    shape: Literal["gaussian", "uniform"] = "gaussian"
    label: ClassVar[str] = NO_EPSILON

    def __post_init__(self) -> None:
        if not 0 < exact(self.relative, "relative") <= 1 or exact(self.granularity, "granularity") <= 0:
            raise UserError("relative lies above 0 and at most at 1, and granularity above 0")

    def apply(self, cell: Any, *, secret: bytes, unit: str, content: bytes) -> int | float | None:
        """The cell with noise. Empty, infinite and astronomic cells (from 1e14 on) come out empty.

        Args:
            cell: a number, ``None`` or NaN.
            secret: at least 32 bytes.
            unit: the person's ``unit_id``, or nothing where none is known.
            content: of the whole raw row, from :func:`tasks.methods.numeric.local.row_content`.

        Raises:
            UserError: where the cell is no number.
        """
        index = self._widest.index(cell)
        if index is None or abs(index) >= self._widest.last:
            return None
        size = exact(self.relative, "relative")
        parameters = (self.shape, str(size), str(self._widest.granularity))
        stream = KeyStream(secret, _LABEL, self.column, *parameters, unit, str(index), content)
        share = (stream.below(2**_BITS) + 0.5) / 2**_BITS
        draw = NormalDist().inv_cdf(share) if self.shape == "gaussian" else 2 * share - 1
        factor = 1 + size * Fraction(draw)
        return self._widest.value(math.floor(index * factor + Fraction(1, 2)))

    @cached_property
    def _widest(self) -> Grid:
        step = exact(self.granularity, "granularity")
        reach = math.floor(Fraction(10**14) * min(step, Fraction(1)) / step) * step
        return Grid(-reach, reach, step)

    def statement(self) -> str:
        """One sentence for reports."""
        return (
            f"column {self.column}: {self.shape} noise of {float(exact(self.relative, 'relative')):.3g} of each cell, "
            f"{self.label}: it gives no privacy guarantee"
        )


@dataclass(frozen=True)
class Jittered:
    """A column with noise that guarantees nothing, and the label that says so.

    Attributes:
        cells: what came of the column's cells.
        label: always :data:`NO_EPSILON`.
        statement: the sentence for reports.
    """

    cells: list[int | float | None]
    label: str
    statement: str


def jittered_column(
    jitter: Jitter, cells: Sequence[Any], *, secret: bytes, units: Sequence[str], contents: Sequence[bytes]
) -> Jittered:
    """:meth:`Jitter.apply` for every cell of a batch."""
    noisy = [
        jitter.apply(cell, secret=secret, unit=unit, content=content)
        for cell, unit, content in zip(cells, units, contents, strict=True)
    ]
    return Jittered(noisy, jitter.label, jitter.statement())
