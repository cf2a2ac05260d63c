"""How large the error is, said before anybody pays for it."""

from __future__ import annotations

import math

from tasks.methods.numeric.column import ColumnCount, ColumnHistogram, ColumnMean, ColumnSum
from tasks.methods.numeric.local import LocalNoise


def cell_error(noise: LocalNoise) -> str:
    """What noise on cells does to a cell, and to an average over many.

    >>> from tasks.methods.numeric.grid import Grid
    >>> from tasks.methods.numeric.noise import Guarantee
    >>> print(cell_error(LocalNoise("salary", Grid(0, 200_000, 1), Guarantee.pure(1), clamp=False)))
    column salary: a cell between 0 and 200,000 gets noise with a standard deviation of 283,000 (141 % of the range); \
an average over 10,000 cells of different people is still off by about 2,830
    """
    step = float(noise.grid.granularity)
    deviation = noise.noise.deviation * step
    span = noise.grid.steps * step
    clamped = " (before figures beyond the bounds are set to the bound, which pulls it to the middle)"
    low, high = _plain(float(noise.grid.low)), _plain(float(noise.grid.high))
    return (
        f"column {noise.column}: a cell between {low} and {high} gets noise with a standard deviation of "
        f"{_plain(deviation)} ({100 * deviation / span:.0f} % of the range); an average over 10,000 cells of different "
        f"people is still off by about {_plain(deviation / 100)}" + (clamped if noise.clamp else "")
    )


def statistic_error(statistic: ColumnCount | ColumnSum | ColumnHistogram | ColumnMean, people: int) -> str:
    """What the noise does to a statistic, should so many people bring as many rows as the cap lets them.

    Args:
        statistic: what is asked for.
        people: a public guess; never the real number unless that is public.
    """
    rows = people * statistic.max_rows
    step = float(statistic.grid.granularity)
    if isinstance(statistic, ColumnMean):
        for_sum, for_count = statistic.noises
        spread = for_sum.deviation / rows
        if for_count is not None:
            # The worst case of the count's part: a mean at one of the bounds.
            spread = math.hypot(spread, for_count.deviation / rows * statistic.grid.steps / 2)
        return (
            f"mean of column {statistic.column} over {_plain(rows)} rows: off by about {_plain(spread * step)} at most"
        )
    name = {ColumnCount: "count", ColumnSum: "sum", ColumnHistogram: "each bin"}[type(statistic)]
    unit = step if isinstance(statistic, ColumnSum) else 1.0
    return f"{name} of column {statistic.column}: off by about {_plain(statistic.noise.deviation * unit)}"


def _plain(number: float) -> str:
    """Three significant digits without an exponent."""
    if number == 0 or not math.isfinite(number):
        return f"{number:g}"
    digits = 2 - math.floor(math.log10(abs(number)))
    return (
        f"{round(number, digits):,.{max(digits, 0)}f}" if digits > 0 and number % 1 else f"{round(number, digits):,.0f}"
    )
