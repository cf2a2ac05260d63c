"""From a line of JSON to the cells of the declared columns."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from typing import Any

from tasks.methods.records.columns import (
    BROKEN_JSON,
    DUPLICATE_KEY,
    NOT_AN_OBJECT,
    TYPE_MISMATCH,
    WRONG_ENCODING,
    CellType,
    Column,
)

Cells = list[str | None]


class _DuplicateKeyError(Exception):
    pass


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise _DuplicateKeyError
    return found


_DECODER = json.JSONDecoder(object_pairs_hook=_object)


def _text(value: Any) -> str | None:
    return value if type(value) is str else None


def _integer(value: Any) -> str | None:
    return str(value) if type(value) is int else None


def _number(value: Any) -> str | None:
    return repr(value) if type(value) in (int, float) else None


def _boolean(value: Any) -> str | None:
    return str(value) if type(value) is bool else None


_CONVERT: dict[CellType, Callable[[Any], str | None]] = {
    "string": _text,
    "integer": _integer,
    "number": _number,
    "boolean": _boolean,
    "date": _text,
    "datetime": _text,
}


class ObjectReader:
    """Reads objects of JSON Lines, one a line (RFC 8259).

    A cell must have JSON's own type: a number in a column of strings, or a string in a column of numbers, doesn't
    fit. A key that isn't there is a null; keys that are not declared are not read. The literals ``NaN`` and
    ``Infinity`` are read as such, so that they are set aside as not finite with their column's name.

    Attributes:
        unseen: declared columns that no object so far had as a key.
    """

    def __init__(self, columns: Sequence[Column]) -> None:
        self._plan = [(column.name, _CONVERT[column.type]) for column in columns]
        self.unseen = {column.name for column in columns}
        self.objects = 0
        self._last: dict[str, Any] = {}

    def cells(self, text: str) -> tuple[Cells | None, str | None, str]:
        """Read one line.

        Returns:
            the cells as strings in declared order; or ``None``, the column at fault if there is one, and a reason.
        """
        self._last = {}
        try:
            found = _DECODER.decode(text)
        except _DuplicateKeyError:
            return None, None, DUPLICATE_KEY
        except (ValueError, RecursionError):
            return None, None, BROKEN_JSON
        if type(found) is not dict:
            return None, None, NOT_AN_OBJECT
        self.objects += 1
        self._last = found
        if self.unseen:
            self.unseen -= found.keys()
        escapes = "\\u" in text
        cells: Cells = []
        for name, convert in self._plan:
            value = found.get(name)
            if value is None:
                cells.append(None)
                continue
            cell = convert(value)
            if cell is None:
                return None, name, TYPE_MISMATCH
            # \ud800 alone is JSON and no character: it has no form in UTF-8.
            if escapes and not _encodable(cell):
                return None, name, WRONG_ENCODING
            cells.append(cell)
        return cells, None, ""

    def cell(self, name: str) -> str | None:
        """A declared column's cell in the line read last, also where the line is set aside for another."""
        value = self._last.get(name)
        cell = None if value is None else dict(self._plan)[name](value)
        return cell if cell is not None and _encodable(cell) else None


def _encodable(cell: str) -> bool:
    try:
        cell.encode()
    except UnicodeEncodeError:
        return False
    return True
