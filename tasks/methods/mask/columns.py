"""Masking the cells of a structured column by the operator of its declared kind."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from tasks.core.errors import AirlockError, UserError
from tasks.methods.mask.values import age_band, year_of

_NUMBERS = ("integer", "number")
_ANY = ("string", "integer", "number", "boolean", "date", "datetime")
_TYPES: dict[str, tuple[tuple[str, ...], str]] = {
    "tag": (("string", "integer", "date", "datetime"), "string"),
    "redact": (("string",), "string"),
    "stars": (("string",), "string"),
    "year": (("string", "date", "datetime"), "integer"),
    "age_band": (_NUMBERS, "string"),
    "delete": (_ANY, ""),
    "keep": (_ANY, ""),
}
"""By operator: the types it takes, and the type that comes out where it changes."""


def masked_type(operator: str, type_: str, column: str, kind: str) -> str | None:
    """The type of the column after masking, ``None`` where the column goes.

    Raises:
        UserError: where the operator can't work on a column of this type.
    """
    takes, gives = _TYPES[operator]
    if type_ not in takes:
        raise UserError(
            f"column {column} has type {type_}, on which the policy's `{operator}` for kind {kind} cannot work: "
            f"use {', '.join(name for name, (types, _) in _TYPES.items() if type_ in types)}"
        )
    return None if operator == "delete" else gives or type_


def mask_cells(cells: Sequence[Any], operator: str, tag: str) -> list[Any]:
    """The masked cells of a column; an empty cell stays empty.

    Raises:
        AirlockError: for ``delete``, which has no cells, and for what is no operator.
    """
    apply = _CELL.get(operator)
    if apply is None:
        raise AirlockError(f"operator {operator} does not apply to cells")
    return [None if cell is None else apply(cell, tag) for cell in cells]


def _tag(_cell: Any, tag: str) -> str:
    return tag


_CELL: dict[str, Callable[[Any, str], Any]] = {
    "tag": _tag,
    "redact": lambda _cell, _tag: "",
    "stars": lambda cell, _tag: "*" * len(cell),
    "year": lambda cell, _tag: year_of(cell),
    "age_band": lambda cell, _tag: age_band(cell),
    "keep": lambda cell, _tag: cell,
}
