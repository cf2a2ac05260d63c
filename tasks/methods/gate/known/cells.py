"""Cells of masked text with the raw cell each came from."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from tasks.methods.gate.known.fold import WALL
from tasks.methods.gate.placeholders import Placeholders


@dataclass(frozen=True)
class Cells:
    """Cells of one column in some neighbouring rows.

    Attributes:
        first: number of the first row, counted through all shards.
        column: index of the column.
        masked: its masked cells.
        raw: the raw cell of the n-th of them; asked only where something was found.
    """

    first: int
    column: int
    masked: Sequence[str | None]
    raw: Callable[[int], str | None]


def walled(text: str, placeholders: Placeholders) -> str:
    """A masked text of the same length in which placeholders are walls."""
    text = text.replace(WALL, " ")
    pieces, last = [], 0
    for start, end in placeholders.places(text):
        if end > start:
            pieces += [text[last:start], WALL.ljust(end - start)]
            last = end
    return "".join([*pieces, text[last:]]) if pieces else text
