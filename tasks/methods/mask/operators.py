"""The operators on one value: the same object masks a stretch of text and a cell of a column."""

from __future__ import annotations

import datetime
from collections.abc import Callable, Sequence
from typing import Any

from tasks.core.errors import AirlockError, UserError
from tasks.methods.mask.cipher import Tokens
from tasks.methods.mask.document import Document
from tasks.methods.mask.keyed import MaskKey
from tasks.methods.mask.plan import Operation
from tasks.methods.mask.values import age_band, age_band_in, ending, year_in, year_of, zip3


class Operator:
    """Masks values of one kind.

    A subclass gives :meth:`text`, and :meth:`cell` where a cell is masked otherwise than as it is written.

    Args:
        kind: the kind.
        operation: what to do with it.
    """

    blank: str | None = ""
    """What a cell without characters becomes: nothing stands there, so nothing is masked."""

    def __init__(self, kind: str, operation: Operation) -> None:
        self.kind, self.tag, self.operation = kind, operation.tag, operation

    def text(self, value: str, document: Document) -> str:
        """What stands in the place of a stretch of text."""
        raise NotImplementedError

    def cell(self, value: Any, document: Document) -> Any:
        """What stands in the place of a cell."""
        return self.text(written(value), document)

    def apply(self, cells: Sequence[Any], documents: Sequence[Document]) -> list[Any]:
        """The masked cells of a column (see :class:`tasks.methods.mask.columns.CellOperator`)."""
        return [
            None if cell is None else self.blank if cell == "" else self.cell(cell, document)
            for cell, document in zip(cells, documents, strict=True)
        ]


def written(cell: Any) -> str:
    """A cell as text: dates as ISO 8601."""
    return cell.isoformat() if isinstance(cell, datetime.date) else str(cell)


class Tag(Operator):
    """The name of the kind."""

    def text(self, value: str, document: Document) -> str:
        return self.tag


class NumberedTag(Operator):
    """The name of the kind and a number, the same for the same person or value within a document."""

    def text(self, value: str, document: Document) -> str:
        return f"{self.tag[:-1]}_{document.number(self.tag, self.kind, value)}>"


class Redact(Operator):
    """Nothing."""

    def text(self, value: str, document: Document) -> str:
        return ""


class Stars(Operator):
    """A star for every character."""

    def text(self, value: str, document: Document) -> str:
        return "*" * len(value)


class Keep(Operator):
    """The value."""

    def text(self, value: str, document: Document) -> str:
        return value

    def cell(self, value: Any, document: Document) -> Any:
        return value


class Partial(Operator):
    """Four stars and the last characters."""

    def text(self, value: str, document: Document) -> str:
        return ending(value, self.operation.keep)


class Year(Operator):
    """The year of a date. In text the tag stands in place of a date without one; such a cell becomes empty."""

    blank = None

    def text(self, value: str, document: Document) -> str:
        return str(year_in(value) or self.tag)

    def cell(self, value: Any, document: Document) -> int | None:
        return year_of(value)


class AgeBand(Operator):
    """The band of ten years of an age, or the tag."""

    def text(self, value: str, document: Document) -> str:
        return age_band_in(value) or self.tag

    def cell(self, value: Any, document: Document) -> str:
        return age_band(value)


class Zip3(Operator):
    """Three digits of a ZIP code, or the tag."""

    def text(self, value: str, document: Document) -> str:
        return zip3(value) or self.tag

    def cell(self, value: Any, document: Document) -> str:
        return self.text(f"{value:05d}" if isinstance(value, int) else str(value), document)


class Hash(Operator):
    """A keyed hash of the person or the normalised value."""

    def __init__(self, kind: str, operation: Operation, key: MaskKey) -> None:
        super().__init__(kind, operation)
        self._key = key

    def text(self, value: str, document: Document) -> str:
        identity = document.identity(self.kind, value, self.operation.day_first)
        return f"{self.tag[:-1]}:{self._key.value_hash(self.kind, identity)}>"


class Encrypt(Operator):
    """The value under a key, as it is written."""

    def __init__(self, kind: str, operation: Operation, key: MaskKey) -> None:
        super().__init__(kind, operation)
        self._tokens = Tokens(key.subkey("encrypt"))

    def text(self, value: str, document: Document) -> str:
        return self._tokens.seal(self.tag, value)


class ShiftDate(Operator):
    """A date moved by its person's number of days. What can't be read becomes the tag, in a date column nothing."""

    def __init__(self, kind: str, operation: Operation, key: MaskKey) -> None:
        super().__init__(kind, operation)
        self._key = key

    def text(self, value: str, document: Document) -> str:
        from tasks.methods.mask.dates import shift_written

        moved = shift_written(value, self._key.days(document.subject), self.operation.day_first)
        return self.tag if moved is None else moved

    def cell(self, value: Any, document: Document) -> Any:
        if not isinstance(value, datetime.date):
            return self.text(value, document)
        try:
            return value + datetime.timedelta(days=self._key.days(document.subject))
        except OverflowError:
            return None


class Surrogate(Operator):
    """Another value of the same kind."""

    def __init__(self, kind: str, operation: Operation, key: MaskKey) -> None:
        from tasks.methods.mask.surrogates import Surrogates

        super().__init__(kind, operation)
        self._made = Surrogates(key, kind, operation.locale, operation.tag, operation.day_first)

    def text(self, value: str, document: Document) -> str:
        return self._made.text(value, document)

    def cell(self, value: Any, document: Document) -> Any:
        if isinstance(value, datetime.date):
            return self._made.date(value, document)
        return self.text(value, document)


class Number(Tag):
    """A number under noise or a mean, where it stands in text: the tag.

    Cells are for :mod:`tasks.methods.mask.figures`, and for what was released of the column.
    """

    def cell(self, value: Any, document: Document) -> Any:
        raise AirlockError(f"kind {self.kind}: `{self.operation.operator}` needs the column, not a cell alone")


_PLAIN: dict[str, type[Operator]] = {
    "tag": Tag,
    "numbered_tag": NumberedTag,
    "redact": Redact,
    "delete": Redact,
    "stars": Stars,
    "partial": Partial,
    "year": Year,
    "age_band": AgeBand,
    "zip3": Zip3,
    "noise": Number,
    "jitter": Number,
    "mean": Number,
    "keep": Keep,
}
_KEYED: dict[str, Callable[[str, Operation, MaskKey], Operator]] = {
    "hash": Hash,
    "encrypt": Encrypt,
    "surrogate": Surrogate,
    "shift_date": ShiftDate,
}


def operator(kind: str, operation: Operation, key: MaskKey | None = None) -> Operator:
    """The operator that an operation names.

    Raises:
        AirlockError: where there is none of the name.
        UserError: where it needs a key and there is none, or a parameter names what doesn't exist.
    """
    if operation.operator in _PLAIN:
        return _PLAIN[operation.operator](kind, operation)
    if operation.operator not in _KEYED:
        raise AirlockError(f"there is no operator {operation.operator}")
    if key is None:
        raise UserError(f"kind {kind}: the operator `{operation.operator}` needs the deployment's mask key")
    return _KEYED[operation.operator](kind, operation, key)
