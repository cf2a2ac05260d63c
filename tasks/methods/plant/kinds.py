"""The kinds that can be planted, by language."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from tasks.methods.plant.value import Formats
from tasks.methods.plant.values_en import ENGLISH
from tasks.methods.plant.values_zh import CHINESE

FORMATS: dict[str, dict[str, Formats]] = {"en": ENGLISH, "zh": CHINESE}
"""Formats of values, by language and kind."""

NOT_IN_TEXT = frozenset({"INCOME", "UNDECLARED", "UNREAD_TEXT", "CATEGORY", "COUNT"})
"""Lines of a policy that speak of columns or of whole texts: no value of theirs is looked for within a text."""


def languages_of(kind: str, languages: Sequence[str]) -> list[str]:
    """The languages, among those given, in which values of the kind can be made."""
    return [language for language in languages if kind in FORMATS[language]]


def plantable(kinds: Iterable[str], languages: Sequence[str]) -> list[str]:
    """The kinds that can be planted in texts of these languages, in their order."""
    return [kind for kind in kinds if languages_of(kind, languages)]


def not_plantable(kinds: Iterable[str], languages: Sequence[str]) -> list[str]:
    """The kinds of text for which nothing can be planted: of the user's own invention, or of another language."""
    return [kind for kind in kinds if kind not in NOT_IN_TEXT and not languages_of(kind, languages)]
