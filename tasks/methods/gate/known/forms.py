"""What is looked for of a value: its words, parts of a name, the digits of a number."""

# ruff: noqa: SIM905 - a list of words reads better than a hundred quotes.
from __future__ import annotations

import re
from collections.abc import Iterator

from tasks.methods.gate.known.digits import number_of
from tasks.methods.gate.known.fold import han_in

EXACT, PART, DIGITS = "exact", "part", "digits"
"""How a value is found: all its words, a part of a name, its digits alone."""

LEAST_PART = 3
"""Letters from which a part of a name is looked for by itself."""

_DIGIT = re.compile("[0-9]")
_LEAST_WORD = 4
_LEAST_NAME = 3
_LEAST_PHRASE = 6
_LEAST_FULL_NAME = 4
_LEAST_NUMBER = 5
_LEAST_HAN = 2
_MOST_WORDS = 32
_DATES = frozenset({"DATE", "DATE_TIME", "DATE_OF_BIRTH"})
_SHARED = frozenset(
    {"AGE", "GENDER", "TITLE", "AMOUNT", "INCOME", "COUNT", "CATEGORY", "UNDECLARED", "UNREAD_TEXT"}
)  # fmt: skip
"""Kinds whose values many people share, or that are no single value."""


_NOBODY = frozenset(
    """
    aunt brother captain client colonel customer dear dipl doctor father general hello judge junior justice king lady
    lord madam minister miss misses mother mrs nurse officer patient president prince princess prof professor queen
    regards reverend saint senator senior sergeant sincerely sister sir thank thanks uncle
    and bin das del den der dos esq iii ibn inc jnr las llc los ltd phd san snr ten ter the van von
    january february march april may june july august september october november december
    monday tuesday wednesday thursday friday saturday sunday
    """.split()
)
"""Words that stand in names or beside them with a capital letter, and mean nobody by themselves."""


def patterns(form: str, entity: str) -> Iterator[tuple[str, str]]:
    """What is looked for of a folded value, and how; nothing where it is too short to mean one person's value.

    Args:
        form: the value's folded words, with single spaces between them.
        entity: its kind.

    >>> list(patterns("maria lopez", "PERSON"))
    [('maria lopez', 'exact'), ('maria', 'part'), ('lopez', 'part')]
    >>> list(patterns("219 09 9999", "US_SSN")), list(patterns("34", "AGE"))
    ([('219 09 9999', 'exact'), ('219099999', 'digits')], [])
    """
    words = form.split()
    if entity in _SHARED or len(words) > _MOST_WORDS or not telling(words, entity):
        return
    yield form, EXACT
    if entity == "PERSON" and len(words) > 1:
        yield from ((word, PART) for word in dict.fromkeys(words) if is_part(word))
    if number := number_of(form):
        yield from ((digits, DIGITS) for digits in (_dialled(number) if entity == "PHONE_NUMBER" else [number]))


def _dialled(number: str) -> list[str]:
    """A telephone number without and with its country's code, where it is a North American or a Chinese one."""
    if len(number) == 10:
        return [number, "1" + number]
    if len(number) == 11 and number[0] == "1":
        return [number, number[1:], "86" + number]
    return [number, number[2:]] if len(number) == 13 and number.startswith("861") else [number]


def is_part(word: str) -> bool:
    """Whether a word of a name is looked for by itself."""
    return len(word) >= LEAST_PART and word.isalpha() and word not in _NOBODY


def telling(words: list[str], entity: str) -> bool:
    """Whether a value is long enough to be one person's, rather than a number or word that others share."""
    text = "".join(words)
    digits = len(_DIGIT.findall(text))
    if han := han_in(text):
        return han >= _LEAST_HAN
    if entity in _DATES:  # a day without its year is everybody's
        return digits >= _LEAST_NUMBER
    if digits:
        return digits >= _LEAST_NUMBER or (digits >= 2 and len(text) >= _LEAST_PHRASE and len(text) - digits >= 3)
    if len(words) > 1:
        return len(text) >= (_LEAST_FULL_NAME if entity == "PERSON" else _LEAST_PHRASE)
    return len(text) >= (_LEAST_NAME if entity == "PERSON" else _LEAST_WORD) and text not in _NOBODY
