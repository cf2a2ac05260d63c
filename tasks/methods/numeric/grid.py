"""Public bounds and a public grid: the only thing that a cell brings into a noisy figure is a place on it.

Snapping first, and adding whole grid steps after, leaves nothing of the cell's floating-point digits in the result.
Mironov 2012 shows how those digits give a cell away under textbook Laplace noise, and snaps the noisy figure; here
the arithmetic is in whole numbers from the start.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from functools import cached_property
from numbers import Rational, Real
from typing import Any

from tasks.core.errors import UserError

_DIGITS = 15
"""Significant digits of bounds, grid and budget: what a float holds, so that no two grid points print alike."""
_INT64 = 2**63 - 1

Number = int | float | str | Decimal | Fraction


def exact(value: Number, name: str) -> Fraction:
    """A public parameter as the decimal number that was written: 0.1 is one tenth, not the float next to it.

    Raises:
        UserError: where it isn't a number, or is out of reach; ``name`` says which.

    >>> exact(0.1, "granularity"), exact("2e5", "high")
    (Fraction(1, 10), Fraction(200000, 1))
    """
    wrong = UserError(f"{name} must be a decimal number, 0 or between 1e-15 and 1e15 in size")
    try:
        if isinstance(value, bool):
            raise wrong
        if isinstance(value, Fraction):
            number = value
        else:
            decimal = Decimal(str(value))
            if not decimal.is_finite() or (decimal and abs(decimal.adjusted()) > _DIGITS):
                raise wrong
            number = Fraction(decimal)
    except (ArithmeticError, ValueError, TypeError):
        raise wrong from None
    if number and not Fraction(1, 10**_DIGITS) <= abs(number) <= 10**_DIGITS:
        raise wrong
    return number


@dataclass(frozen=True, init=False)
class Grid:
    """The values a column may take in public: multiples of ``granularity`` from ``low`` to ``high``.

    All three come from the schema or from common knowledge. Bounds read off the data would tell what is in it.

    Args:
        low: least value; smaller cells count as this one.
        high: greatest value; larger cells count as this one.
        granularity: distance of neighbouring values. ``low`` and ``high`` are multiples of it.

    Raises:
        UserError: where they don't fit one another.

    >>> grid = Grid(0, 200_000, 100)
    >>> grid.steps, grid.value(grid.index(52_349.99))
    (2000, 52300)
    """

    low: Fraction
    high: Fraction
    granularity: Fraction

    def __init__(self, low: Number, high: Number, granularity: Number) -> None:
        for name, value in (("low", low), ("high", high), ("granularity", granularity)):
            object.__setattr__(self, name, exact(value, name))
        if self.granularity <= 0 or self.low >= self.high:
            raise UserError("low must lie below high, and granularity above 0")
        if self.low % self.granularity or self.high % self.granularity:
            raise UserError("low and high must be multiples of granularity: widen the bounds to the next ones")
        if max(abs(self.first), abs(self.last)) >= 10**_DIGITS:
            raise UserError(f"a grid has at most {_DIGITS} digits: choose a coarser granularity")

    @cached_property
    def first(self) -> int:
        """``low`` in steps."""
        return int(self.low / self.granularity)

    @cached_property
    def last(self) -> int:
        """``high`` in steps."""
        return int(self.high / self.granularity)

    @property
    def steps(self) -> int:
        """Steps from ``low`` to ``high``: how far two cells of the column can be apart."""
        return self.last - self.first

    @property
    def middle(self) -> int:
        """The point half-way, the lower one of two."""
        return (self.first + self.last) // 2

    def index(self, cell: Any) -> int | None:
        """The grid point nearest to a cell, in steps; ``None`` for an empty one.

        ``None`` and NaN are empty. Infinity and what lies outside the bounds count as the bound. A tie goes up.

        Raises:
            UserError: for a boolean, a text or anything else that is no number. The message doesn't hold it.
        """
        if isinstance(cell, Decimal):
            # A Decimal's exponent may be astronomic; as a float it is at worst infinite or 0.
            cell = math.nan if cell.is_nan() else float(cell)
        if cell is None or (isinstance(cell, Real) and not isinstance(cell, Rational) and math.isnan(cell)):
            return None
        if isinstance(cell, bool) or not isinstance(cell, Real):
            raise UserError(
                "a cell of a numeric column is no number: declare the column's type, and ingest sets such rows aside"
            )
        # NumPy's integers would keep their 64 bits through the arithmetic below, and overflow.
        place = Fraction(int(cell.numerator), int(cell.denominator)) if isinstance(cell, Rational) else float(cell)
        if place <= self.low:
            return self.first
        if place >= self.high:
            return self.last
        above, below = place.as_integer_ratio()
        above, below = 2 * above * self.granularity.denominator, below * self.granularity.numerator
        return (above + below) // (2 * below)

    def clamp(self, index: int) -> int:
        """The grid point within the bounds that is nearest to ``index``."""
        return min(max(index, self.first), self.last)

    def value(self, index: int) -> int | float:
        """The number at a grid point: an int where the granularity is whole, else the float nearest to the decimal.

        Ints stay within 64 bits, on the grid.
        """
        if self.granularity.denominator == 1:
            most = _INT64 // self.granularity.numerator
            return min(max(index, -most), most) * self.granularity.numerator
        return float(index * self.granularity)
