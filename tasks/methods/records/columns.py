"""What a caller declares about the records, and why a record may be set aside."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

CellType = Literal["string", "integer", "number", "boolean", "date", "datetime"]


@dataclass(frozen=True)
class Column:
    """A declared column. Columns that are not declared are not read.

    Attributes:
        name: its name in the source, to the letter.
        type: a cell that doesn't fit sets its record aside.
        required: no null; for a string also no empty cell.
        unique: the second and later records with a value are set aside (see :mod:`.distinct`).
        label: a string cell that reads ``NaN`` counts as a missing label too.
    """

    name: str
    type: CellType = "string"
    required: bool = False
    unique: bool = False
    label: bool = False


WRONG_ENCODING = "wrong_encoding"
OVER_SIZE = "over_size_limit"
UNCLOSED_QUOTE = "unclosed_quote"
STRAY_QUOTE = "stray_quote"
FIELD_COUNT = "field_count"
BROKEN_JSON = "broken_json"
NOT_AN_OBJECT = "not_an_object"
DUPLICATE_KEY = "duplicate_key"
TYPE_MISMATCH = "type_mismatch"
NOT_FINITE = "not_finite"
MISSING_VALUE = "missing_value"
REPEATED_VALUE = "repeated_value"

REASONS: dict[str, str] = {
    WRONG_ENCODING: "bytes that are not in the declared encoding",
    OVER_SIZE: "a record over the size limit",
    UNCLOSED_QUOTE: "a quoted field that doesn't end within the size limit",
    STRAY_QUOTE: "a quote inside an unquoted field, or text behind a closing quote",
    FIELD_COUNT: "more or fewer fields than the header",
    BROKEN_JSON: "a line that is not JSON",
    NOT_AN_OBJECT: "a line of JSON that is not an object",
    DUPLICATE_KEY: "an object with the same key twice",
    TYPE_MISMATCH: "a cell that doesn't fit its column's type",
    NOT_FINITE: "NaN or infinity",
    MISSING_VALUE: "nothing in a required column",
    REPEATED_VALUE: "a value again in a column declared unique",
}
"""Every reason, and what it says to a person."""


@dataclass(frozen=True, slots=True)
class Reject:
    """A record that was set aside: where it stands and why, never what it says.

    Attributes:
        row: its ordinal in the file, from 0; records kept and set aside count alike.
        line: the physical line it begins on, from 1 (``None`` in Parquet).
        offset: of its first byte in the uncompressed file (``None`` in Parquet).
        length: in bytes, without its line end (``None`` in Parquet).
        column: the declared column at fault, where there is one.
    """

    row: int
    line: int | None
    offset: int | None
    length: int | None
    column: str | None
    reason: str

    @property
    def position(self) -> str:
        """Where it stands, for a message."""
        if self.line is None:
            return f"row {self.row + 1:,}"
        return f"line {self.line:,} (byte {self.offset:,})"
