"""Text in one case, as a tagger would like to read it: names with a capital, function words in small letters."""

from __future__ import annotations

import re

# ruff: noqa: SIM905 - a list of words reads better than a thousand quotes.
_WORD = re.compile(r"[^\W\d_]+")
_SMALL = frozenset(
    """
    a an the of and or but nor for in on at to from by with as is are was were be been it its this that these those i
    you he she we they me him her us them my your his our their not no do does did have has had will would can could
    should may might if so than then there here what which who when where how why all any some more most other into
    over under about after before again up down out off just only very too also am re s t ll ve d m
    """.split()
)
"""English function words, which are no part of a name but inside it."""

WORDS, LETTERS = 3, 12
"""A line with fewer words or letters is a heading or a code."""


def truecase(text: str, lower: bool = True) -> str | None:
    """``text`` with a capital on every word but function words, in lines that are in one case; ``None`` where none is.

    A tagger's findings in it are findings in ``text``: no character's place changes. They are meant to be added to
    those in ``text``, not to replace them.

    Args:
        text: English text.
        lower: also lines without any capital, which costs precision where people always write so.

    >>> truecase("CALL MARY JONES IN BOSTON"), truecase("Call Mary Jones in Boston")
    ('Call Mary Jones in Boston', None)
    """
    if text.islower() and not lower:
        return None
    lines = [_line(line, lower) for line in text.splitlines(keepends=True)]
    new = "".join(lines)
    return new if new != text else None


def _line(line: str, lower: bool) -> str:
    if not (line.isupper() or (lower and line.islower())):
        return line
    words = _WORD.findall(line)
    if len(words) < WORDS or sum(map(len, words)) < LETTERS:
        return line
    return _WORD.sub(_word, line)


def _word(match: re.Match[str]) -> str:
    old = match.group()
    small = old.lower()
    if len(small) != len(old) or small in _SMALL:
        return small if len(small) == len(old) else old
    first = small[0].upper()
    return (first if len(first) == 1 else small[0]) + small[1:]
