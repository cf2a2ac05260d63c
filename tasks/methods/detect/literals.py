"""Strings of which a text must hold one for a pattern to match in it, read off the parsed pattern.

``(?i:ssn|social security)[ ]?(?:no)?:`` can't match where neither "ssn" nor "social security" stands. The strings are
found as RE2 finds them for its ``FilteredRE2``: every part of a pattern has the strings it matches, where they are few,
or else some of which each match holds one; neighbours are joined, alternatives put together.

Formal guarantees:
    For every pattern, parsed as the standard library reads it, and every match of it in a text under any flags:
    :func:`folded` of the text holds one of ``strings_of(pattern)``, unless that is empty. Only ASCII characters count:
    the test of this module compares :func:`folded` with the case rules of the ``regex`` module, character by character.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import product
from re import _constants as op  # type: ignore[attr-defined]
from typing import Any

Strings = frozenset[str]

MOST = 200
"""More strings than this are not kept: looking for them takes longer than matching."""

_NONE: Strings = frozenset()
_EMPTY: Strings = frozenset([""])


def folded(text: str) -> str:
    """The text in the form in which two that agree but for their case are the same, by any case rule of Unicode."""
    if text.isascii():
        return text.lower()
    return text.casefold().replace("i\u0307", "i").replace("\u0131", "i")


def strings_of(tree: Iterable[tuple[Any, Any]]) -> Strings:
    """Folded strings of which every text with a match holds one; empty where nothing is known."""
    part = _sequence(tree)
    return _shortest(max((part.held, part.whole or _NONE), key=_worth))


@dataclass(frozen=True, slots=True)
class _Part:
    """What is known of a part of a pattern.

    Attributes:
        whole: all the strings that it matches, where they are few and of ASCII characters alone.
        held: strings of which each of its matches, or the text around it, holds one; empty where none are known.
    """

    whole: Strings | None = None
    held: Strings = _NONE


_UNKNOWN = _Part()
_NOTHING = _Part(whole=_EMPTY)


def _worth(strings: Strings) -> tuple[int, int]:
    """Longer strings are rarer; of equally long ones the fewer."""
    return min(4, min(map(len, strings), default=0)), -len(strings)


def _shortest(strings: Strings) -> Strings:
    """Without strings that hold another of them, and without any where one is empty."""
    kept: list[str] = []
    for string in sorted(strings, key=lambda s: (len(s), s)):
        if not string:
            return _NONE
        if not any(short in string for short in kept):
            kept.append(string)
    return frozenset(kept) if len(kept) <= MOST else _NONE


def _sequence(items: Iterable[tuple[Any, Any]]) -> _Part:
    held, row, broken = _NONE, _EMPTY, False
    for code, value in items:
        part = _part(code, value)
        if part.whole is not None and len(row) * len(part.whole) <= MOST:
            row = frozenset(map("".join, product(row, part.whole)))
        else:
            held = max(held, row, key=_worth)
            broken, row = True, part.whole or _EMPTY
        held = max(held, part.held, key=_worth)
    return _Part(None, max(held, row, key=_worth)) if broken else _Part(row, held)


def _part(code: Any, value: Any) -> _Part:
    if code is op.LITERAL:
        return _character([(code, value)])
    if code is op.IN:
        return _character(value)
    if code is op.SUBPATTERN:
        return _sequence(value[3])
    if code is op.ATOMIC_GROUP:
        return _sequence(value)
    if code is op.BRANCH:
        return _branches([_sequence(branch) for branch in value[1]])
    if code in (op.MAX_REPEAT, op.MIN_REPEAT, op.POSSESSIVE_REPEAT):
        return _repeated(int(value[0]), value[1], _sequence(value[2]))
    if code is op.ASSERT:
        seen = _sequence(value[1])
        return _Part(_EMPTY, max(seen.held, seen.whole or _NONE, key=_worth))
    return _NOTHING if code in (op.AT, op.ASSERT_NOT) else _UNKNOWN


def _repeated(low: int, high: Any, part: _Part) -> _Part:
    if low == 0:
        return _Part(part.whole | _EMPTY) if high == 1 and part.whole is not None else _UNKNOWN
    if low == high == 1:
        return part
    return _Part(None, max(part.held, part.whole or _NONE, key=_worth))


def _branches(parts: list[_Part]) -> _Part:
    wholes = [part.whole for part in parts if part.whole is not None]
    whole: Strings | None = frozenset().union(*wholes) if len(wholes) == len(parts) else None
    each = [_shortest(max(part.held, part.whole or _NONE, key=_worth)) for part in parts]
    held = frozenset().union(*each) if all(each) else _NONE
    return _Part(whole if whole is not None and len(whole) <= MOST else None, held)


def _character(items: list[tuple[Any, Any]]) -> _Part:
    letters = {chr(value) for code, value in items if code is op.LITERAL}
    if len(letters) < len(items) or not all(map(str.isascii, letters)):
        return _UNKNOWN
    return _Part(frozenset(map(folded, letters)))
