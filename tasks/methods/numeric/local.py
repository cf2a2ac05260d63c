"""Noise on single cells (local differential privacy): each figure is noisy before it leaves the raw zone.

The noise of a cell is a keyed function of the cell, its row and its person, so a run that is repeated or sharded
otherwise writes the same bytes, and nobody else's row has a part in it (Erlingsson, Pihur and Korolova 2014, RAPPOR,
call the like a permanent response). A draw that hung on the person alone would be worse than none: two figures with
the same noise show their difference.
"""

from __future__ import annotations

import hashlib
import struct
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from functools import cached_property
from typing import Any, Literal

from tasks.core.errors import AirlockError, UserError
from tasks.methods.numeric.grid import Grid
from tasks.methods.numeric.noise import Guarantee, Noise
from tasks.methods.numeric.stream import KeyStream, encoded

_LABEL = "airlock/numeric/local/1"
_RESERVED = frozenset({"record_id", "unit_id", "split"})


@dataclass(frozen=True)
class LocalNoise:
    """Noise on every cell of a numeric column.

    Attributes:
        column: its name.
        grid: public bounds and granularity.
        guarantee: what one cell may tell.
        empty: ``hide``: an empty cell gets noise around the middle of the bounds, so that not even its being empty
            shows. ``show``: it stays empty, and the guarantee is silent about which cells are.
        clamp: whether noisy figures beyond the bounds become the bound. It costs nothing (it works on what is noisy
            already) and biases averages towards the middle.

    Formal guarantees:
        Let the rows of one person be given, and which of them are exact copies of one another. For any two contents
        of this column in those rows (under ``empty="show"``: any two that are empty in the same places), the figures
        released for them are as likely up to the guarantee, once for each row that is no copy: one cell costs
        ``guarantee``, m cells add up to m times its ε (or ρ). Copies get the same figure, which tells nothing more
        about its value, but shows that they are copies. This holds for whoever lacks the secret and has bounded
        computing power (indistinguishability-based computational differential privacy: Mironov, Pandey, Reingold and
        Vadhan 2009), since the draws for different labels can't be told from independent ones. It doesn't hold
        against whoever may write rows in the same person's name and sees what becomes of them: equal rows have equal
        figures, so a guess can be tried. A row that changed between two runs is a new row, and costs again.

        Time is not covered: how long a draw takes depends on the noise drawn.
    """

    column: str
    grid: Grid
    guarantee: Guarantee
    empty: Literal["hide", "show"] = "hide"
    clamp: bool = True

    @cached_property
    def noise(self) -> Noise:
        """The noise of one cell."""
        return self.guarantee.noise(self.grid.steps)

    @cached_property
    def _mechanism(self) -> tuple[str, ...]:
        """The mechanism as it stands in the label.

        Two runs with different ε on the same stream would have the same noise up to a factor, and show the cell.
        Clamping works on the noisy figure only, so it needs no draw of its own.
        """
        public = (self.grid.low, self.grid.high, self.grid.granularity, self.noise.parameter)
        return (_LABEL, self.column, self.noise.kind, *map(str, public))

    def release(self, cell: Any, *, secret: bytes, unit: str, content: bytes) -> int | float | None:
        """The noisy figure of a cell: a multiple of the granularity.

        Args:
            cell: a number, or empty (``None``, NaN). Infinity counts as the bound.
            secret: at least 32 bytes, the deployment's.
            unit: the person's ``unit_id``.
            content: of the whole raw row, from :func:`row_content`.

        Raises:
            UserError: where the cell is no number, or no person is known.
        """
        if not unit:
            raise UserError(
                f"column {self.column}: noise on cells needs to know whose they are: declare a column with role person"
            )
        index = self.grid.index(cell)
        if index is None:
            if self.empty == "show":
                return None
            index = self.grid.middle
        # The cell stands in the label by itself too, whatever the caller put into the content.
        stream = KeyStream(secret, *self._mechanism, unit, str(index), content)
        noisy = index + self.noise.draw(stream)
        return self.grid.value(self.grid.clamp(noisy) if self.clamp else noisy)

    def statement(self) -> str:
        """One sentence for reports: what a cell's noise is, and what it covers."""
        g = self.guarantee
        cost = (
            f"ε = {float(g.epsilon):g}"
            if g.kind == "laplace"
            else f"(ε, δ) = ({g.cost():.4g}, {float(g.delta):g}), ρ = {float(g.rho):.4g}"
        )
        empties = "" if self.empty == "hide" else "; which cells are empty is not covered"
        return (
            f"column {self.column}: discrete {g.kind.capitalize()} noise on every cell, {cost} a cell, bounds "
            f"{float(self.grid.low):g} to {float(self.grid.high):g} in steps of "
            f"{float(self.grid.granularity):g}{empties}"
        )


def row_content(row: Mapping[str, Any]) -> bytes:
    """A digest of everything a raw row holds, whatever the order of its columns: 32 bytes.

    Args:
        row: the declared columns and their cells, without what Airlock adds.

    Raises:
        AirlockError: for ``record_id``, ``unit_id`` or ``split``, from which no noise may be drawn, and for a cell of
            a type that no column has.

    >>> row_content({"a": 1, "b": None}) == row_content({"b": None, "a": 1})
    True
    >>> row_content({"a": 1}) == row_content({"a": "1"})
    False
    """
    if _RESERVED & row.keys():
        raise AirlockError("noise is drawn from what a row holds, never from its record_id, unit_id or split")
    parts: list[str | bytes] = []
    for name in sorted(row):
        kind, raw = _cell_bytes(row[name])
        parts += (name, kind, raw)
    return hashlib.sha256(encoded(tuple(parts))).digest()


def noisy_column(
    noise: LocalNoise, cells: Sequence[Any], *, secret: bytes, units: Sequence[str], contents: Sequence[bytes]
) -> list[int | float | None]:
    """:meth:`LocalNoise.release` for every cell of a batch."""
    return [
        noise.release(cell, secret=secret, unit=unit, content=content)
        for cell, unit, content in zip(cells, units, contents, strict=True)
    ]


def _cell_bytes(cell: Any) -> tuple[str, bytes]:
    """A cell's type and an injective form of its value."""
    if cell is None:
        return "none", b""
    if isinstance(cell, bool):
        return "bool", bytes([cell])
    if isinstance(cell, int):
        return "int", str(cell).encode()
    if isinstance(cell, float):
        return "float", b"nan" if cell != cell else struct.pack(">d", cell)
    if isinstance(cell, str):
        return "str", cell.encode("utf-8", "surrogatepass")
    if isinstance(cell, bytes):
        return "bytes", cell
    if isinstance(cell, datetime | date):
        return type(cell).__name__, cell.isoformat().encode()
    if isinstance(cell, Decimal):
        return "decimal", str(cell).encode()
    raise AirlockError(f"a row's cell has type {type(cell).__name__}, which no column has")
