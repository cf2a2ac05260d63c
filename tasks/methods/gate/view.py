"""A normalised view of a text with every character's place in the original.

Detectors read the view: full-width digits, invisible characters and odd spaces or dashes must not hide a number from
the gate. What they find is given in places of the original.
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from functools import lru_cache

_PLAIN = {
    **dict.fromkeys("\u2010\u2011\u2012\u2013\u2014\u2015\u2212\ufe58\ufe63\uff0d", "-"),
    **dict.fromkeys("\u2018\u2019", "'"),
    **dict.fromkeys("\u201c\u201d", '"'),
    **dict.fromkeys("\uff61\u3002", "."),
}
"""Dashes, quotes and full stops that compatibility normalisation leaves as they are."""


@lru_cache(maxsize=8192)
def _normal(char: str) -> str:
    if char in "\n\t ":
        return char
    category = unicodedata.category(char)
    if category == "Cf" or "\ufe00" <= char <= "\ufe0f":
        return ""
    if category == "Zs":
        return " "
    if category in ("Zl", "Zp", "Cc"):
        return "\n"
    if category == "Nd":
        return str(unicodedata.digit(char))
    if char in _PLAIN:
        return _PLAIN[char]
    # Compatibility forms (full-width letters, ligatures); one that opens with a space is a spacing accent, not text.
    form = unicodedata.normalize("NFKC", char)
    return char if form[:1].isspace() else form


@dataclass(frozen=True)
class View:
    """A normalised text.

    Attributes:
        text: what detectors read.
        places: for each of its characters the place in the original; empty where the two are the same.
    """

    text: str
    places: tuple[int, ...] = ()

    def span(self, start: int, end: int) -> tuple[int, int]:
        """The place in the original of ``text[start:end]``, which must not be empty.

        >>> view = normalise("id １２\u200b３!")
        >>> view.text, view.span(3, 6)
        ('id 123!', (3, 7))
        """
        if not self.places:
            return start, end
        return self.places[start], self.places[end - 1] + 1


def normalise(text: str) -> View:
    """The view of ``text``: compatibility forms folded, invisible characters gone, digits, dashes and spaces plain."""
    if text.isascii():
        return View(text)
    pieces: list[str] = []
    places: list[int] = []
    for place, char in enumerate(text):
        piece = char if char.isascii() else _normal(char)
        pieces.append(piece)
        places.extend([place] * len(piece))
    return View("".join(pieces), tuple(places))
