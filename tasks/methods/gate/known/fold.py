"""Text folded for comparison: words without case, accents, punctuation and width, one space between them."""

from __future__ import annotations

import re
import unicodedata

from tasks.methods.gate.view import normalise

WALL = "\0"
"""Stands where a placeholder stood; folded to a word that no value holds, so that none is found across it."""

_WALL_WORD = "|"
_HAN = re.compile("[\u3400-\u9fff\uf900-\ufaff\U00020000-\U000323af]")


def han_in(text: str) -> int:
    """How many Han ideographs a text holds; each is a word of its own here.

    >>> han_in("张伟 Zhang")
    2
    """
    return len(_HAN.findall(text)) if not text.isascii() else 0


def _plain(char: str) -> str:
    """A character in the gate's view, without its accent where its script has them."""
    piece = normalise(char).text
    if all(ord(c) < 0x370 or 0x1E00 <= ord(c) < 0x2000 for c in piece):
        piece = "".join(c for c in unicodedata.normalize("NFKD", piece) if not unicodedata.combining(c))
    return piece


def _folded(char: str, cased: bool) -> str:
    if char == WALL:
        return f" {_WALL_WORD} "
    plain = _plain(char)
    if not cased:
        plain = "".join(map(_plain, plain.casefold()))
    return "".join(f" {c} " if _HAN.match(c) else c if unicodedata.category(c)[0] in "LMN" else " " for c in plain)


class _Table(dict[int, str]):
    """What each character is folded to; filled as characters are met, for :meth:`str.translate`."""

    def __init__(self, cased: bool) -> None:
        super().__init__()
        self._cased = cased

    def __missing__(self, code: int) -> str:
        self[code] = piece = _folded(chr(code), self._cased)
        return piece


_FOLD, _CASED = _Table(cased=False), _Table(cased=True)
_ASCII_FOLD, _ASCII_CASED = (
    bytes(ord(table[c].strip() or " ") for c in range(128)) + bytes(128) for table in (_FOLD, _CASED)
)


def _words(text: str, table: _Table, ascii_table: bytes) -> list[str]:
    if text.isascii():  # the same, several times as fast
        text = text.encode().translate(ascii_table).decode()
        return (text.replace(_WALL_WORD, f" {_WALL_WORD} ") if _WALL_WORD in text else text).split()
    return text.translate(table).split()


def words(text: str) -> list[str]:
    """The folded words of a text.

    >>> words("Ｍａｒｉａ O'Brien-López, 张伟")
    ['maria', 'o', 'brien', 'lopez', '张', '伟']
    """
    return _words(text, _FOLD, _ASCII_FOLD)


def cased_words(text: str) -> list[str]:
    """The same words in the same number, with the case they were written in."""
    return _words(text, _CASED, _ASCII_CASED)


def has_capitals(text: str) -> bool:
    """Whether a text uses capital letters."""
    return text != text.lower()


def folded(text: str) -> str:
    """The folded words with a space before, between and after them; empty where there is none."""
    found = words(text)
    return f" {' '.join(found)} " if found else ""


def places(text: str) -> list[int]:
    """For each character of :func:`folded`, the place in ``text`` it comes from.

    A space stands for whatever lies between two words; it has the place of the character before it.

    >>> text = "(Ana)  Ruiz"
    >>> folded(text), places(text)
    (' ana ruiz ', [0, 1, 2, 3, 3, 7, 8, 9, 10, 10])
    """
    found: list[int] = []
    between = True
    for place, char in enumerate(text):
        for c in _FOLD[ord(char)]:
            if c == " ":
                between = True
                continue
            if between:
                found.append(found[-1] if found else 0)
            found.append(place)
            between = False
    return [*found, len(text) - 1] if found else []
