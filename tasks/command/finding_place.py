"""A finding's place, as it is typed, and the masked text around it."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tasks.core.errors import UserError

if TYPE_CHECKING:
    from tasks.core.artifacts import Artifact

_PLACE = re.compile(
    r"(?P<record>[0-9]{1,19})(?::(?P<column>.+?)(?::(?P<start>[0-9]{1,9})-(?P<end>[0-9]{1,9}))?)?", re.S
)
_AROUND = 60
"""Characters shown on either side of a finding."""

_OWN = ("record_id", "unit_id", "split")


@dataclass(frozen=True)
class Place:
    """Where a finding stands.

    Attributes:
        record: the row's ``record_id``.
        column: its column; empty: every column.
        start: first character in the masked cell; ``None``: the whole cell.
        end: one past the last.
    """

    record: int
    column: str = ""
    start: int | None = None
    end: int | None = None

    @classmethod
    def parse(cls, text: str) -> Place:
        """Read ``RECORD[:COLUMN[:START-END]]``.

        Raises:
            UserError: where it is something else.

        >>> Place.parse("17:note:4-11")
        Place(record=17, column='note', start=4, end=11)
        """
        match = _PLACE.fullmatch(text)
        if match is None or int(match["record"]) >= 1 << 63:
            raise UserError(
                "reveal: --finding takes RECORD, RECORD:COLUMN or RECORD:COLUMN:START-END, as in 17:note:4-11"
            )
        start, end = match["start"], match["end"]
        if start is not None and int(start) >= int(end):
            raise UserError("reveal: --finding: START-END must hold a character; a finding ends behind its last one")
        return cls(int(match["record"]), match["column"] or "", *(None if x is None else int(x) for x in (start, end)))


@dataclass(frozen=True)
class Shown:
    """A masked cell, or the part of it around a finding.

    Attributes:
        column: its column.
        text: what is shown.
        marked: start and end of the finding in ``text``.
    """

    column: str
    text: str
    marked: tuple[int, int] | None = None

    @property
    def parts(self) -> tuple[str, str, str]:
        """What stands before the finding, the finding, and what stands behind it."""
        start, end = self.marked or (0, len(self.text))
        return self.text[:start], self.text[start:end], self.text[end:]


def look_up(place: Place, masked: Iterable[Artifact]) -> list[Shown]:
    """The masked text of a place.

    Args:
        place: where to look.
        masked: mask's artifacts.

    Raises:
        UserError: where there is no such row, column or place.
    """
    import pyarrow.parquet as pq

    for artifact in masked:
        path = artifact.local("rows.parquet")
        rows = pq.read_table(path, filters=[("record_id", "==", place.record)]).to_pylist()
        if rows:
            return _shown(place, {name: cell for name, cell in rows[0].items() if name not in _OWN})
    raise UserError("reveal: no masked row of this run has this record_id (or it was set aside)")


def _shown(place: Place, cells: dict[str, object]) -> list[Shown]:
    if place.column and place.column not in cells:
        raise UserError("reveal: --finding: the masked rows have no column of this name")
    wanted = {place.column: cells[place.column]} if place.column else cells
    texts = {name: cell if isinstance(cell, str) else str(cell) for name, cell in wanted.items() if cell is not None}
    if not texts:
        raise UserError("reveal: the masked cell is empty")
    if place.start is None or place.end is None:
        return [Shown(name, text) for name, text in texts.items()]
    text = texts[place.column]
    if place.end > len(text):
        raise UserError(
            f"reveal: --finding: the masked cell has {len(text):,} characters, and the place ends behind it"
        )
    low = max(0, place.start - _AROUND)
    return [Shown(place.column, text[low : place.end + _AROUND], (place.start - low, place.end - low))]
