r"""The text as detectors read it, with an exact map back to what was written.

Full-width digits, invisible characters, HTML entities, URL escapes, lookalike letters and the like don't stop a reader,
and must not stop a detector. Detectors read the view; what they find is masked in the original.

Sources: Unicode Standard Annex 15 (compatibility forms, composition), Unicode Technical Standard 39 (lookalikes), RFC
3986 section 2.1 (percent-encoding), WHATWG HTML section 13.5 (character references), RFC 8259 section 7 (``\u``).
"""

from __future__ import annotations

from dataclasses import dataclass

from tasks.methods.detect import escapes, folding, lookalikes
from tasks.methods.detect.edits import Edits

_ROUNDS = 4
"""How often what was decoded is decoded again: text is escaped twice or three times by accident, not more often."""


@dataclass(frozen=True, slots=True)
class View:
    """A normalised text.

    Attributes:
        text: what detectors read.
        layers: the steps from the view (first) to the original (last); empty where offsets are the same.

    Formal guarantees:
        For ``0 <= start < end <= len(text)``, ``span(start, end)`` lies in the original and holds every character of
        which one in ``text[start:end]`` was made. Both ends of a span never decrease where those asked for don't. A
        view of a view's text is that text, but where something was escaped more than four times over.
    """

    text: str
    layers: tuple[Edits, ...] = ()

    def span(self, start: int, end: int) -> tuple[int, int]:
        r"""The place in the original of ``text[start:end]``, which must not be empty.

        >>> seen = view("id １２\u200b３, a&#64;b.org")
        >>> seen.text, seen.span(3, 6), seen.span(8, 15)
        ('id 123, a@b.org', (3, 7), (9, 20))
        """
        if not 0 <= start < end <= len(self.text):
            raise ValueError("a span lies in the text and holds at least one character")
        for layer in self.layers:
            start, end = layer.span(start, end)
        return start, end


def view(text: str) -> View:
    r"""The view of ``text``, in time linear in its length; text that needs none of this is not copied.

    * compatibility forms (full-width, ligatures, circled, mathematical) become ordinary letters, but for the
      punctuation of Chinese text; decimal digits of all scripts become ASCII;
    * invisible characters go: zero-width, soft hyphens, text direction, variation selectors, control characters and
      terminal colours; so do accents that belong to no letter (strike-through, key caps), the others are composed;
    * spaces, hyphens, apostrophes and quotation marks become the plain ones;
    * HTML entities with their semicolon, percent-encoded UTF-8 and JSON's ``\u`` escapes are decoded;
    * Cyrillic and Greek letters become the Latin ones they look like, in words that are otherwise Latin.
    """
    if text.isascii() and not folding.CONTROL.search(text) and not escapes.MARK.search(text):
        return View(text)
    layers: list[Edits] = []
    seen = _folded(text, layers)
    for _ in range(_ROUNDS):
        decoded, edits = escapes.decode(seen)
        if edits is None:
            break
        layers.append(edits)
        seen = _folded(decoded, layers)
    seen = lookalikes.fold(folding.punctuation(seen))
    return View(seen if seen != text else text, tuple(reversed(layers)))


def _folded(text: str, layers: list[Edits]) -> str:
    text, edits = folding.characters(text)
    layers += edits
    return text
