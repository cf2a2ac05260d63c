"""What an operator may know of the row that a value stands in: whose it is, and who else is named there."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import cached_property

from tasks.methods.mask.names import persons
from tasks.methods.mask.normal import normalise


class Document:
    """A row: its person, and the values found in its cells and texts.

    Formal guarantees:
        Identities and numbers depend on the row's own values and their order in it alone.

    Args:
        subject: whose row it is, such as the ``unit_id``; ``None``: nobody knows, and the row's content stands for it.
        mentions: ``(kind, value, is a cell)`` of what is masked in the row, in order; may be a function, called when
            the first identity is asked for.
        content: a digest of all that the row holds; called when it is asked for.
    """

    def __init__(
        self,
        subject: str | None,
        mentions: Iterable[tuple[str, str, bool]] | Callable[[], Iterable[tuple[str, str, bool]]] = (),
        content: Callable[[], bytes] = bytes,
    ) -> None:
        self._subject, self._mentions, self._content = subject, mentions, content
        self._persons: dict[str, str] | None = None
        self._numbers: dict[str, dict[tuple[str, str], int]] = {}

    @property
    def subject(self) -> str:
        """Whose row it is."""
        return f"row:{self.content.hex()}" if self._subject is None else self._subject

    @cached_property
    def content(self) -> bytes:
        """A digest of all that the row holds."""
        return self._content()

    def identity(self, kind: str, value: str, day_first: bool = False) -> str:
        """What a value is the same as: of a person's name, the person meant; of others, the normalised value."""
        if kind != "PERSON":
            return normalise(kind, value, day_first)
        if self._persons is None:
            found = self._mentions() if callable(self._mentions) else self._mentions
            self._persons = persons([(text, cell) for entity, text, cell in found if entity == "PERSON"])
        return self._persons.get(value) or normalise(kind, value)

    def number(self, tag: str, kind: str, value: str) -> int:
        """The number of a value among those under one tag, from 1 in the order in which they are first asked for."""
        numbers = self._numbers.setdefault(tag, {})
        return numbers.setdefault((kind, self.identity(kind, value)), len(numbers) + 1)
