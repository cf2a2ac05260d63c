"""The face that masking a table asks of an operator on cells, over noise with a guarantee or without."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol

from tasks.core.errors import UserError
from tasks.methods.numeric.grid import Grid, Number
from tasks.methods.numeric.jitter import Jitter
from tasks.methods.numeric.local import LocalNoise
from tasks.methods.numeric.noise import Guarantee

_PERSON = "unit:"

Bounds = tuple[Number | None, Number | None, Number | None]
"""Low, high and granularity of a column, as far as they are declared."""


class Row(Protocol):
    """What noise needs to know of a cell's row.

    Attributes:
        subject: whose it is: ``unit:`` and the ``unit_id``, or anything else where that isn't known.
        content: a digest of all it holds (:func:`tasks.methods.numeric.local.row_content`).
    """

    @property
    def subject(self) -> str: ...

    @property
    def content(self) -> bytes: ...


class NumberOperator:
    """Masks the cells of a numeric column.

    Args:
        noise: noise with a guarantee, or without.
        secret: at least 32 bytes, the deployment's.
    """

    def __init__(self, noise: LocalNoise | Jitter, secret: bytes) -> None:
        self.noise = noise
        self._secret = secret

    def apply(self, cells: Sequence[Any], documents: Sequence[Row]) -> list[int | float | None]:
        """The noisy cells, in the same order. Each depends on its cell, its row and the secret alone.

        Raises:
            UserError: where a cell is no number, or noise with a guarantee doesn't know whose it is.
        """
        release = self.noise.release if isinstance(self.noise, LocalNoise) else self.noise.apply
        return [
            release(cell, secret=self._secret, unit=_person(row.subject), content=row.content)
            for cell, row in zip(cells, documents, strict=True)
        ]


def noise_on_cells(
    column: str,
    type_: str,
    bounds: Bounds,
    *,
    epsilon: Number | None = None,
    delta: Number | None = None,
    rho: Number | None = None,
    empty: str = "hide",
) -> LocalNoise:
    """Noise with a guarantee, from a column's declaration and a line of a policy; nothing is read from the data.

    Args:
        column: the column's name.
        type_: ``integer`` or ``number``.
        bounds: low, high and granularity from the schema; an empty granularity is 1 for integers, else refused.
        epsilon: ε a cell.
        delta: δ; with it the noise is Gaussian.
        rho: ρ in the place of ε.
        empty: ``hide`` or ``show`` which cells are empty.

    Raises:
        UserError: where bounds or budget are missing or don't fit the column.
    """
    grid = public_grid("noise", column, type_, bounds)
    if empty not in ("hide", "show"):
        raise UserError(f"column {column}: `empty` is hide or show")
    try:
        guarantee = Guarantee.wanted(epsilon, delta, rho)
    except UserError as exc:
        raise UserError(f"column {column}: {exc}") from None
    return LocalNoise(column, grid, guarantee, "show" if empty == "show" else "hide")


def public_grid(what: str, column: str, type_: str, bounds: Bounds) -> Grid:
    """The public grid of a declared column.

    Args:
        what: what needs it, for the message.
        column: the column's name.
        type_: ``integer`` or ``number``.
        bounds: low, high and granularity from the schema; an empty granularity is 1 for integers, else refused.

    Raises:
        UserError: where they are missing or don't fit the column.
    """
    if type_ not in ("integer", "number"):
        raise UserError(f"column {column} has type {type_}: {what} needs a column of type integer or number")
    low, high, granularity = bounds
    if granularity is None and type_ == "integer":
        granularity = 1
    if low is None or high is None or granularity is None:
        raise UserError(
            f"column {column}: {what} needs public bounds: give its low, high and granularity, and not from the data"
        )
    try:
        grid = Grid(low, high, granularity)
    except UserError as exc:
        raise UserError(f"column {column}: {exc}") from None
    if type_ == "integer" and grid.granularity.denominator != 1:
        raise UserError(f"column {column} has type integer: its granularity must be a whole number")
    return grid


def _person(subject: str) -> str:
    return subject.removeprefix(_PERSON) if subject.startswith(_PERSON) else ""
