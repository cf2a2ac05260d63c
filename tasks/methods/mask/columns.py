"""Structured columns: the types an operator takes and gives, and what an operator on cells is. Light to import."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Protocol

from tasks.core.errors import UserError

if TYPE_CHECKING:
    from tasks.methods.mask.document import Document

_NUMBERS = ("integer", "number")
_WRITTEN = ("string", "integer", "date", "datetime")
_DATES = ("string", "date", "datetime")
_ANY = ("string", "integer", "number", "boolean", "date", "datetime")

TYPES: dict[str, tuple[tuple[str, ...], str]] = {
    "tag": (_WRITTEN, "string"),
    "numbered_tag": (_WRITTEN, "string"),
    "redact": (("string",), "string"),
    "stars": (("string",), "string"),
    "partial": (("string", "integer"), "string"),
    "hash": (_WRITTEN, "string"),
    "encrypt": (_WRITTEN, "string"),
    "surrogate": (("string", "date"), ""),
    "year": (_DATES, "integer"),
    "shift_date": (_DATES, ""),
    "age_band": (_NUMBERS, "string"),
    "zip3": (("string", "integer"), "string"),
    "noise": (_NUMBERS, ""),
    "jitter": (_NUMBERS, ""),
    "mean": (_NUMBERS, ""),
    "delete": (_ANY, ""),
    "keep": (_ANY, ""),
}
"""By operator: the types it takes, and the type that comes out where it changes."""


class CellOperator(Protocol):
    """What masks the cells of a column. An operator on numbers or on text has the same face."""

    def apply(self, cells: Sequence[Any], documents: Sequence[Document]) -> list[Any]:
        """The masked cells, in the same order; an empty cell (``None``) stays empty, but where the operator
        hides which are.

        A cell that comes out depends on its own cell, its own document, parameters and keys, and on nothing else in
        ``cells``.

        Args:
            cells: of the type that :data:`TYPES` lets the operator take.
            documents: of each cell's row: whose it is (``subject``), and the names that stand in it.
        """


def masked_type(operator: str, type_: str, column: str, kind: str) -> str | None:
    """The type of the column after masking, ``None`` where the column goes.

    Raises:
        UserError: where the operator can't work on a column of this type.
    """
    takes, gives = TYPES[operator]
    if type_ not in takes:
        raise UserError(
            f"column {column} has type {type_}, on which the policy's `{operator}` for kind {kind} cannot work: "
            f"use {', '.join(name for name, (types, _) in TYPES.items() if type_ in types)}"
        )
    return None if operator == "delete" else gives or type_
