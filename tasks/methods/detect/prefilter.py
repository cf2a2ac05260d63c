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
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache
from re import _constants as op  # type: ignore[attr-defined]
from re import _parser as parser  # type: ignore[attr-defined]
from typing import Any

import regex

from tasks.methods.detect.literals import folded, strings_of

_DIGITS = regex.compile(r"\d+")
_WORDS = regex.compile(r"\w+")
_READ_FLAGS = (
    regex.VERSION0
    | regex.VERSION1
    | regex.IGNORECASE
    | regex.MULTILINE
    | regex.DOTALL
    | regex.VERBOSE
    | regex.ASCII
    | regex.UNICODE
)
_QUANTIFIER = re.compile(r"\{\d+(?:,\d*)?\}|\{,\d+\}")
_ESCAPED = re.compile(r"\\.", re.DOTALL)
_PROPERTY = re.compile(r"\\b\?[?+]?|\\(?:[pP](?:\{\^?\w+\}|\w)|.)|\(\?P<\w+>", re.DOTALL)
_CLASS = re.compile(r"\[\[|\[:\^?\w+:\]")
_IGNORECASE = re.compile(r"\(\?[a-zA-Z]*i")
_SET_IN_SET = re.compile(r"\[\^?\]|\[[^\]]*(?:\[|--|&&|\|\||~~)")
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
        strings: strings of which it, or the text around it, holds one whatever their case; none known where empty.
    """

    width: int = 0
    digits: int = 0
    digit_run: int = 0
    word_run: int = 0
    groups: frozenset[frozenset[str]] = frozenset()
    strings: frozenset[str] = frozenset()


ANYTHING = Need()
"""Met by every text."""


class Shape:
    """What a text holds, counted once for all patterns."""

    def __init__(self, text: str) -> None:
        self.text = text
        runs = _DIGITS.findall(text)
        self.digits = sum(map(len, runs))
        self.digit_run = max(map(len, runs), default=0)
        self._holds: dict[frozenset[str], bool] = {}

    @cached_property
    def word_run(self) -> int:
        """The longest row of word characters."""
        return max(map(len, _WORDS.findall(self.text)), default=0)

    def has(self, group: frozenset[str]) -> bool:
        """Whether the text holds one of the characters."""
        return not self._characters.isdisjoint(group)

    @cached_property
    def _characters(self) -> frozenset[str]:
        return frozenset(self.text)

    @cached_property
    def folded(self) -> str:
        """The text in small letters, see :func:`~tasks.methods.detect.literals.folded`."""
        return folded(self.text)

    def holds(self, strings: frozenset[str]) -> bool:
        """Whether the text holds one of the folded strings, whatever its case."""
        known = self._holds.get(strings)
        if known is None:
            known = self._holds[strings] = any(map(self.folded.__contains__, strings))
        return known


@lru_cache(maxsize=1)
def shape_of(text: str) -> Shape:
    """The shape of a text; the last one is kept, since all recognizers read a text in turn."""
    return Shape(text)


def admits(need: Need, shape: Shape) -> bool:
    """Whether the text can hold a match: ``False`` is certain."""
    return (
        shape.digits >= need.digits
        and shape.digit_run >= need.digit_run
        and len(shape.text) >= need.width
        and all(map(shape.has, need.groups))
        and (need.word_run <= 1 or shape.word_run >= need.word_run)
        and (not need.strings or shape.holds(need.strings))
    )


def need_of(pattern: str, flags: int = 0) -> Need:
    r"""The need of a pattern written for the ``regex`` module.

    It is parsed as the standard library reads it; what the two read differently (nested sets, POSIX classes, fuzzy
    counts) or the library can't read at all gives :data:`ANYTHING`. Where case is ignored under version 1, one letter
    may match two, so neither width nor words are counted.

    >>> need_of(r"\b[0-9]{3}-[0-9]{2}\b")
    Need(width=6, digits=5, digit_run=3, word_run=3, groups=frozenset({frozenset({'-'})}), strings=frozenset({'-'}))
    """
    pattern = _PROPERTY.sub(_readable, pattern)
    bare = _ESCAPED.sub("_", pattern)
    if int(flags) & ~int(_READ_FLAGS) or _CLASS.search(bare) or "{" in _QUANTIFIER.sub("", bare):
        return ANYTHING
    if int(flags) & int(regex.VERSION1) and _SET_IN_SET.search(bare):
        return ANYTHING
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        try:
            tree = parser.parse(pattern, int(flags) & int(re.VERBOSE | re.IGNORECASE))
        except (re.error, Warning, OverflowError, RecursionError, ValueError):
            return ANYTHING
    part = _sequence(tree)
    groups = frozenset(group for group in part.groups if len(group) <= _SMALL)
    folding = int(flags) & int(regex.VERSION1) and (int(flags) & int(regex.IGNORECASE) or _IGNORECASE.search(bare))
    width, words = (0, 0) if folding else (part.width, part.word_run)
    return Need(width, max(part.digits, part.ahead), part.digit_run, words, groups, strings_of(tree))


def _readable(piece: re.Match[str]) -> str:
    """A piece of a pattern as the standard library reads it, where it doesn't know it."""
    found = piece.group()
    if found.startswith(("\\p", "\\P")) and len(found) > 2:
        # One character, of which nothing is known, in a set and outside.
        return r"\W"
    if found.startswith("(?P<"):
        return "("
    return "" if found.startswith(r"\b?") else found


@dataclass(frozen=True, slots=True)
class _Part:
    """A need, and whether all characters of all matches are digits, or word characters.

    ``ahead`` counts the digits that look-arounds ask for: parts next to each other may see the same ones.
    """

    width: int = 0
    digits: int = 0
    ahead: int = 0
    digit_run: int = 0
    word_run: int = 0
    groups: frozenset[frozenset[str]] = frozenset()
    only_digits: bool = False
    only_word: bool = False


_ZERO_WIDTH = _Part(only_digits=True, only_word=True)
_ONE = _Part(width=1)


def _sequence(items: Iterable[tuple[Any, Any]]) -> _Part:
    width = digits = ahead = digit_run = word_run = digit_row = word_row = 0
    groups: set[frozenset[str]] = set()
    only_digits = only_word = True
    for code, value in items:
        part = _part(code, value)
        width += part.width
        digits += part.digits
        ahead = max(ahead, part.ahead)
        groups |= part.groups
        digit_row = digit_row + part.width if part.only_digits else 0
        word_row = word_row + part.width if part.only_word else 0
        digit_run = max(digit_run, digit_row, part.digit_run)
        word_run = max(word_run, word_row, part.word_run)
        only_digits, only_word = only_digits and part.only_digits, only_word and part.only_word
    return _Part(width, digits, ahead, digit_run, word_run, frozenset(groups), only_digits, only_word)


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
    if code is op.ASSERT:
        seen = _sequence(value[1])
        return replace(_ZERO_WIDTH, ahead=max(seen.digits, seen.ahead), digit_run=seen.digit_run, groups=seen.groups)
    if code in (op.AT, op.ASSERT_NOT):
        return _ZERO_WIDTH
    return _Part()


def _repeated(low: int, part: _Part) -> _Part:
    if low == 0:
        return _Part(only_digits=part.only_digits, only_word=part.only_word)
    return replace(
        part,
        width=low * part.width,
        digits=low * part.digits,
        digit_run=low * part.width if part.only_digits else part.digit_run,
        word_run=low * part.width if part.only_word else part.word_run,
    )


def _branches(parts: list[_Part]) -> _Part:
    groups = [min(part.groups, key=lambda group: (len(group), sorted(group)), default=None) for part in parts]
    known = [group for group in groups if group is not None]
    return _Part(
        width=min(part.width for part in parts),
        digits=min(part.digits for part in parts),
        ahead=min(max(part.digits, part.ahead) for part in parts),
        digit_run=min(part.digit_run for part in parts),
        word_run=min(part.word_run for part in parts),
        groups=frozenset([frozenset().union(*known)]) if len(known) == len(parts) else frozenset(),
        only_digits=all(part.only_digits for part in parts),
        only_word=all(part.only_word for part in parts),
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
    group = frozenset([frozenset(marks)]) if marks else frozenset()
    return _Part(1, int(digits), 0, int(digits), int(word), group, digits, word)
