"""Texts in several languages: each goes to the masker of its own language."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Protocol

from tasks.methods.detect.spans import Span

UNREAD = "UNREAD_TEXT"
"""The kind of a whole text in a language that no detector of the policy reads."""


class Finds(Protocol):
    """Finds personal data in texts: :class:`~tasks.methods.detect.masker.Masker`, or several of them."""

    def find(
        self, texts: Sequence[str | None], own: Sequence[Sequence[tuple[str, object]]] | None = None
    ) -> list[list[Span]]:
        """The findings in each text, ordered by place."""


class Polyglot:
    """Asks each text's language and hands it to that language's masker.

    A text in a language without a masker is a finding as a whole, so that it never passes unread: what happens to it
    is the policy's line for :data:`UNREAD`.

    Args:
        languages: those with a masker.
        masker: makes a language's masker when its first text comes.
        language_of: the language that a text is to be read in, such as
            :func:`tasks.methods.detect.language.among`.

    Formal guarantees:
        What is found in a text is a function of that text and its own row's cells.
    """

    def __init__(
        self, languages: Sequence[str], masker: Callable[[str], Finds], language_of: Callable[[str], str]
    ) -> None:
        self._languages, self._make, self._language_of = tuple(languages), masker, language_of
        self._maskers: dict[str, Finds] = {}

    def find(
        self, texts: Sequence[str | None], own: Sequence[Sequence[tuple[str, object]]] | None = None
    ) -> list[list[Span]]:
        """The findings in each text; see :meth:`tasks.methods.detect.masker.Masker.find`."""
        found: list[list[Span]] = [[] for _ in texts]
        rows: dict[str, list[int]] = {}
        for row, text in enumerate(texts):
            if text is None or not text or text.isspace():
                continue
            language = self._language_of(text)
            if language in self._languages:
                rows.setdefault(language, []).append(row)
            else:
                found[row] = [Span(0, len(text), UNREAD, 1.0, "language")]
        for language in self._languages:
            asked = rows.get(language, [])
            if not asked:
                continue
            if language not in self._maskers:
                self._maskers[language] = self._make(language)
            cells: Mapping[int, Sequence[tuple[str, object]]] = {row: own[row] for row in asked} if own else {}
            answers = self._maskers[language].find(
                [texts[r] for r in asked], [cells[r] for r in asked] if own else None
            )
            for row, spans in zip(asked, answers, strict=True):
                found[row] = spans
        return found
