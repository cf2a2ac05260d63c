r"""What a text must hold for a pattern to match in it at all, read off the pattern.

``\b[0-9]{8,17}\b`` can't match where no eight digits stand in a row, so most texts need not be searched for it. The
conditions are necessary ones: a text that fails them has no match, whatever the pattern's boundaries, look-arounds
and flags say, because those only take matches away.

Formal guarantees:
    For every pattern and text: ``not admits(need_of(pattern, flags), Shape(text))`` implies that the pattern has no
    match of at least one character in the text. A pattern that this module can't read for certain gets the need that
    every text meets.
"""

from __future__ import annotations

import re
import warnings
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from re import _constants as op  # type: ignore[attr-defined]
from re import _parser as parser  # type: ignore[attr-defined]
from typing import Any

import regex

_DIGITS = regex.compile(r"\d+")
_WORDS = regex.compile(r"\w+")
_READ_FLAGS = regex.IGNORECASE | regex.MULTILINE | regex.DOTALL | regex.VERBOSE | regex.ASCII | regex.UNICODE
_QUANTIFIER = re.compile(r"\{\d+(?:,\d*)?\}|\{,\d+\}")
_ESCAPED = re.compile(r"\\.", re.DOTALL)
_SMALL = 4
"""A group of more characters than this is not worth looking for."""


@dataclass(frozen=True, slots=True)
class Need:
    """What every match of a pattern holds.

    Attributes:
        width: characters.
        digits: decimal digits, of any script.
        digit_run: decimal digits in a row.
        word_run: word characters in a row.
        groups: sets of characters, of each of which it holds one.
    """

    width: int = 0
    digits: int = 0
    digit_run: int = 0
    word_run: int = 0
    groups: frozenset[frozenset[str]] = frozenset()


ANYTHING = Need()
"""Met by every text."""


class Shape:
    """What a text holds, counted once for all patterns."""

    def __init__(self, text: str) -> None:
        self.text = text
        runs = _DIGITS.findall(text)
        self.digits = sum(map(len, runs))
        self.digit_run = max(map(len, runs), default=0)
        self._has: dict[frozenset[str], bool] = {}

    @cached_property
    def word_run(self) -> int:
        """The longest row of word characters."""
        return max(map(len, _WORDS.findall(self.text)), default=0)

    def has(self, group: frozenset[str]) -> bool:
        """Whether the text holds one of the characters."""
        known = self._has.get(group)
        if known is None:
            known = self._has[group] = any(character in self.text for character in group)
        return known


def admits(need: Need, shape: Shape) -> bool:
    """Whether the text can hold a match: ``False`` is certain."""
    return (
        shape.digits >= need.digits
        and shape.digit_run >= need.digit_run
        and len(shape.text) >= need.width
        and all(map(shape.has, need.groups))
        and (need.word_run <= 1 or shape.word_run >= need.word_run)
    )


def need_of(pattern: str, flags: int = 0) -> Need:
    r"""The need of a pattern written for the ``regex`` module (its version 0 syntax).

    It is parsed as the standard library reads it; what the two read differently (nested sets, POSIX classes, fuzzy
    counts) or the library can't read at all gives :data:`ANYTHING`.

    >>> need_of(r"\b[0-9]{3}-[0-9]{2}\b")
    Need(width=6, digits=5, digit_run=3, word_run=3, groups=frozenset({frozenset({'-'})}))
    """
    bare = _ESCAPED.sub("", pattern)
    if int(flags) & ~int(_READ_FLAGS) or "[[" in bare or "[:" in bare or "{" in _QUANTIFIER.sub("", bare):
        return ANYTHING
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        try:
            tree = parser.parse(pattern, int(flags) & int(re.VERBOSE | re.IGNORECASE))
        except (re.error, Warning, OverflowError, RecursionError, ValueError):
            return ANYTHING
    part = _sequence(tree)
    groups = frozenset(group for group in part.groups if len(group) <= _SMALL)
    return Need(part.width, part.digits, part.digit_run, part.word_run, groups)


@dataclass(frozen=True, slots=True)
class _Part:
    """A need, and whether all characters of all matches are digits, or word characters."""

    width: int = 0
    digits: int = 0
    digit_run: int = 0
    word_run: int = 0
    groups: frozenset[frozenset[str]] = frozenset()
    only_digits: bool = False
    only_word: bool = False


_ZERO_WIDTH = _Part(only_digits=True, only_word=True)
_ONE = _Part(width=1)


def _sequence(items: Iterable[tuple[Any, Any]]) -> _Part:
    width = digits = digit_run = word_run = digit_row = word_row = 0
    groups: set[frozenset[str]] = set()
    only_digits = only_word = True
    for code, value in items:
        part = _part(code, value)
        width += part.width
        digits += part.digits
        groups |= part.groups
        digit_row = digit_row + part.width if part.only_digits else 0
        word_row = word_row + part.width if part.only_word else 0
        digit_run = max(digit_run, digit_row, part.digit_run)
        word_run = max(word_run, word_row, part.word_run)
        only_digits, only_word = only_digits and part.only_digits, only_word and part.only_word
    return _Part(width, digits, digit_run, word_run, frozenset(groups), only_digits, only_word)


def _part(code: Any, value: Any) -> _Part:
    if code is op.LITERAL:
        return _set([(code, value)])
    if code is op.IN:
        return _set(value)
    if code in (op.NOT_LITERAL, op.ANY):
        return _ONE
    if code is op.SUBPATTERN:
        return _sequence(value[3])
    if code is op.ATOMIC_GROUP:
        return _sequence(value)
    if code is op.BRANCH:
        return _branches([_sequence(branch) for branch in value[1]])
    if code in (op.MAX_REPEAT, op.MIN_REPEAT, op.POSSESSIVE_REPEAT):
        low, _, inner = value
        return _repeated(int(low), _sequence(inner))
    if code in (op.AT, op.ASSERT, op.ASSERT_NOT):
        return _ZERO_WIDTH
    return _Part()


def _repeated(low: int, part: _Part) -> _Part:
    if low == 0:
        return _Part(only_digits=part.only_digits, only_word=part.only_word)
    return _Part(
        low * part.width,
        low * part.digits,
        low * part.width if part.only_digits else part.digit_run,
        low * part.width if part.only_word else part.word_run,
        part.groups,
        part.only_digits,
        part.only_word,
    )


def _branches(parts: list[_Part]) -> _Part:
    groups = [min(part.groups, key=lambda group: (len(group), sorted(group)), default=None) for part in parts]
    known = [group for group in groups if group is not None]
    return _Part(
        min(part.width for part in parts),
        min(part.digits for part in parts),
        min(part.digit_run for part in parts),
        min(part.word_run for part in parts),
        frozenset([frozenset().union(*known)]) if len(known) == len(parts) else frozenset(),
        all(part.only_digits for part in parts),
        all(part.only_word for part in parts),
    )


def _set(items: list[tuple[Any, Any]]) -> _Part:
    digits = word = True
    marks: set[str] | None = set()
    for code, value in items:
        if code is op.CATEGORY:
            digits &= value is op.CATEGORY_DIGIT
            word &= value in (op.CATEGORY_DIGIT, op.CATEGORY_WORD)
            marks = None
        elif code is op.RANGE:
            low, high = map(chr, value)
            digits &= low >= "0" and high <= "9"
            word &= any(first <= low and high <= last for first, last in ("09", "az", "AZ"))
            marks = None
        elif code is op.LITERAL:
            character = chr(value)
            ascii_word = character.isascii() and (character.isalnum() or character == "_")
            digits &= character.isascii() and character.isdigit()
            word &= ascii_word
            # Letters have other cases; a mark has none and is found as it stands.
            marks = None if marks is None or ascii_word or not character.isascii() else marks | {character}
        else:
            return _ONE
    return _Part(
        1, int(digits), int(digits), int(word), frozenset([frozenset(marks)]) if marks else frozenset(), digits, word
    )
