"""Which known values are also ordinary words, by how the corpus itself writes them."""

from __future__ import annotations

import re
from dataclasses import dataclass

from tasks.methods.gate.known.fold import han_in
from tasks.methods.gate.vocabulary import is_word as english

_DIGIT = re.compile("[0-9]")
_NUMBER = 5
"""Digits from which a form is a number."""

_CODES = frozenset({"EMAIL_ADDRESS", "URL", "USERNAME", "SECRET", "DOMAIN_NAME"})
"""Kinds whose values are no words, whatever they are made of."""

_MANY = 4
"""A word that stands this many times as often as it was masked is no secret of the few places that masked it."""

_MANY_WRITTEN_SMALL = 3
"""The same for a word that also stands without a capital letter."""

_HABIT = 2
"""Times from which a way of writing is more than a slip."""

_ABBREVIATION = 3
"""Letters of a word that is an abbreviation more often than a name."""

_ODD = 0.1
"""Up to this share of its occurrences a name is taken to be written carelessly, without its capital."""


@dataclass(frozen=True)
class Uses:
    """How often a form is written, and how.

    Attributes:
        masked: times it was masked or filled a column.
        masked_lower: those among them without a capital letter.
        lower: times it stands in masked text without a capital letter, where others have one.
        other: times it stands there otherwise.
    """

    masked: int
    masked_lower: int = 0
    lower: int = 0
    other: int = 0


def is_word(form: str, entity: str) -> bool:
    """Whether a form may be an ordinary word or phrase at all."""
    if entity == "USERNAME" and english(form):
        return True
    # Words of which one is no English stand together by no accident; two Han characters may be parts of two words.
    words = [word for word in form.split() if word.isalpha()]
    if len(words) > 1 and han_in(form) != 2 and not all(map(english, words)):
        return False
    return entity not in _CODES and len(_DIGIT.findall(form)) < _NUMBER


def ordinary(form: str, uses: Uses) -> bool:
    """Whether a form is an ordinary word here, so that nothing it matches counts.

    One of three letters at most says nothing unless it was masked more often than it stands: the masker took an
    abbreviation for a name in passing. A word that is masked as a name only with its capital and stands without it as
    often as it was masked ("will", "rose") is one. So is any that stands far more often than it was masked, and a pair
    of Han characters that stands more often than it was masked: there is no case to tell, and a pair may be the end
    and the beginning of two words.
    """
    standing = uses.lower + uses.other
    if han_in(form) == 2:
        return standing > uses.masked
    if han_in(form) == 0 and len(form) <= _ABBREVIATION:
        return standing >= uses.masked
    small = uses.lower >= _HABIT
    if standing > (_MANY_WRITTEN_SMALL if small else _MANY) * uses.masked:
        return True
    return small and uses.lower >= uses.masked and uses.masked_lower <= _ODD * uses.masked


def careless(uses: Uses) -> bool:
    """Whether a form that stands without a capital letter, or where any word has one, is the name all the same."""
    return uses.lower <= uses.masked_lower + _ODD * (uses.masked + uses.other)
