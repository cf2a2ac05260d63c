r"""From strings to typed columns, strictly: nothing is nulled, cut or rounded in silence.

================ ==================================================================================
string           any text; Unicode NFC, ``\r\n`` and ``\r`` become ``\n``
integer          ``[+-]digits`` within 64 bits
number           a decimal number, also with an exponent; ``NaN`` and infinity are set aside
boolean          ``true``, ``false`` in any case, ``1``, ``0``
date             ISO 8601 ``2026-01-31``
datetime         ISO 8601 ``2026-01-31T08:15[:30[.123456]][Z|+01:00]``, ``T`` or a blank; kept as UTC, and taken
                 as UTC where it has no offset
================ ==================================================================================

An empty cell is an empty string in a column of strings and a null in every other. White space is part of a cell.
"""

from __future__ import annotations

import unicodedata

import polars as pl

from tasks.methods.records.columns import MISSING_VALUE, NOT_FINITE, TYPE_MISMATCH, WRONG_ENCODING, CellType, Column

POLARS_TYPES: dict[CellType, pl.DataType] = {
    "string": pl.String(),
    "integer": pl.Int64(),
    "number": pl.Float64(),
    "boolean": pl.Boolean(),
    "date": pl.Date(),
    "datetime": pl.Datetime("us", "UTC"),
}

_INTEGER = r"^[+-]?[0-9]+$"
_NUMBER = r"^[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?$"
_NOT_FINITE = r"^(?i:[+-]?(?:nan|inf|infinity))$"
_NAN = r"^(?i:nan)$"
_DATE = r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$"
_DATETIME = (
    r"^([0-9]{4}-[0-9]{2}-[0-9]{2})[T ]([0-9]{2}:[0-9]{2})"
    r"(:[0-5][0-9])?(\.[0-9]{1,6})?(Z|[+-][0-9]{2}:[0-9]{2})?$"
)


def normal_text(cells: pl.Series) -> pl.Series:
    r"""NFC (Unicode Annex 15), and ``\n`` for every line end."""
    # ASCII is in NFC; of the rest Python finds at once what already is, which Polars doesn't.
    if not (cells.str.len_bytes() == cells.str.len_chars()).all():
        texts = (cell if cell is None else unicodedata.normalize("NFC", cell) for cell in cells.to_list())
        cells = pl.Series(cells.name, texts, dtype=pl.String)
    if cells.str.contains("\r", literal=True).any():
        cells = cells.str.replace_all("\r\n", "\n", literal=True).str.replace_all("\r", "\n", literal=True)
    return cells


def typed(cells: pl.Series, kind: CellType) -> tuple[pl.Series, pl.Series]:
    """Parse a column of strings.

    Args:
        cells: strings and nulls.

    Returns:
        the typed column, null where a cell is empty or doesn't fit; and for each cell whether it doesn't fit.
    """
    if kind == "string":
        return normal_text(cells), pl.repeat(False, len(cells), dtype=pl.Boolean, eager=True)
    filled = cells.is_not_null() & (cells != "")
    if kind == "integer":
        values = cells.set(~_matches(cells, _INTEGER), None).cast(pl.Int64, strict=False)
    elif kind == "number":
        # Infinities and NaN parse too: they have a reason of their own.
        fits = _matches(cells, _NUMBER) | _matches(cells, _NOT_FINITE)
        values = cells.set(~fits, None).str.to_lowercase().cast(pl.Float64, strict=False)
    elif kind == "boolean":
        values = cells.str.to_lowercase().replace_strict(
            ["true", "1", "false", "0"], [True, True, False, False], default=None, return_dtype=pl.Boolean
        )
    elif kind == "date":
        values = cells.set(~_matches(cells, _DATE), None).str.to_date("%Y-%m-%d", strict=False)
    else:
        values = _datetimes(cells)
    return values, filled & values.is_null()


def first_faults(columns: list[tuple[Column, pl.Series, pl.Series]]) -> dict[int, tuple[str, str]]:
    """The first fault of each row that has one.

    Args:
        columns: in declared order: the declaration, the typed column and which cells don't fit.

    Returns:
        row index to the column's name and the reason.
    """
    faults: dict[int, tuple[str, str]] = {}
    for column, values, unfit in columns:
        # Any text is a string; what doesn't fit there is a cell of Parquet whose bytes aren't UTF-8.
        reasons = [(WRONG_ENCODING if column.type == "string" else TYPE_MISMATCH, unfit)]
        if column.type == "number":
            reasons.append((NOT_FINITE, ~values.is_finite()))
        if column.label and column.type == "string":
            reasons.append((NOT_FINITE, _matches(values, _NAN)))
        if column.required:
            missing = values.is_null()
            reasons.append((MISSING_VALUE, missing | (values == "") if column.type == "string" else missing))
        for reason, mask in reasons:
            if mask.any():
                for index in mask.fill_null(False).arg_true().to_list():
                    faults.setdefault(index, (column.name, reason))
    return faults


def _matches(cells: pl.Series, pattern: str) -> pl.Series:
    return cells.str.contains(pattern).fill_null(False)


def _datetimes(cells: pl.Series) -> pl.Series:
    parts = cells.str.extract_groups(_DATETIME).struct.unnest()
    day, minute, second, fraction, offset = (parts[str(i)] for i in range(1, 6))
    # A fraction without seconds is no time of day.
    day = day.set(fraction.is_not_null() & second.is_null(), None)
    offset = offset.fill_null("+00:00").set(offset == "Z", "+00:00")
    text = day + "T" + minute + second.fill_null(":00") + fraction.fill_null(".0") + offset
    return text.str.to_datetime("%Y-%m-%dT%H:%M:%S%.f%:z", time_unit="us", strict=False).cast(POLARS_TYPES["datetime"])
