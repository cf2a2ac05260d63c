"""Cyrillic and Greek letters that look like Latin ones, in words that are meant to be Latin.

The pairs are those of Unicode Technical Standard 39 whose shapes are the same in common typefaces.
"""

from __future__ import annotations

import re

_CYRILLIC = ("АВЕЅІЈКМНОРСТУХҮԌԚԜ" + "аеѕіјорсухүԁԛԝһӏ", "ABESIJKMHOPCTYXYGQW" + "aesijopcyxydqwhl")
_GREEK = ("ΑΒΕΖΗΙΚΜΝΟΡΤΥΧ" + "αγινορυϲϳ", "ABEZHIKMNOPTYX" + "ayivopucj")

_SCRIPTS = (
    (re.compile("[\u0400-\u052f]"), str.maketrans(*_CYRILLIC)),
    (re.compile("[\u0370-\u03ff]"), str.maketrans(*_GREEK)),
)
_WORD = re.compile(r"[^\W_]+")
_LATIN = re.compile("[A-Za-z]")
_LATIN_WORD = re.compile("[A-Za-z]{2}")


def fold(text: str) -> str:
    """``text`` with lookalikes made Latin, one character for one.

    A word is folded where all its foreign letters are lookalikes and it also holds Latin letters, or where it stands in
    a Latin text without a single word that can only be Russian (or Greek): ``Москва`` and ``рот`` beside it stay.

    >>> fold("j\u043ehn saw \u0440\u043e\u0440"), fold("John in Москва, рот")
    ('john saw pop', 'John in Москва, рот')
    """
    if text.isascii():
        return text
    for script, table in _SCRIPTS:
        if script.search(text):
            text = _folded(text, script, table)
    return text


def _folded(text: str, script: re.Pattern[str], table: dict[int, int]) -> str:
    words = [(match.start(), match.group()) for match in _WORD.finditer(text) if script.search(match.group())]
    whole = _LATIN_WORD.search(text) is not None and not any(_real(word, script, table) for _, word in words)
    pieces: list[str] = []
    done = 0
    for start, word in words:
        alike = all(ord(letter) in table for letter in script.findall(word))
        if alike and (_LATIN.search(word) or (whole and len(word) > 1)):
            pieces += (text[done:start], word.translate(table))
            done = start + len(word)
    return "".join((*pieces, text[done:]))


def _real(word: str, script: re.Pattern[str], table: dict[int, int]) -> bool:
    letters = script.findall(word)
    return len(letters) > 1 and not _LATIN.search(word) and any(ord(letter) not in table for letter in letters)
