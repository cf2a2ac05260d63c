"""Replacements in a text, and the way back from the new text's offsets to the old one's."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Callable, Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Edits:
    """A map from offsets in a new text to those in the old one.

    Only what changed is kept: the memory is that of the replacements, not of the text.

    Attributes:
        starts: where each replacement begins in the new text, in ascending order.
        places: for each ``(end in the new text, start in the old, end in the old)``.
    """

    starts: tuple[int, ...]
    places: tuple[tuple[int, int, int], ...]

    def span(self, start: int, end: int) -> tuple[int, int]:
        """The smallest stretch of the old text from which ``new[start:end]``, which isn't empty, was made."""
        return self._place(start)[0], self._place(end - 1)[1]

    def _place(self, offset: int) -> tuple[int, int]:
        k = bisect_right(self.starts, offset) - 1
        if k < 0:
            return offset, offset + 1
        end, old_start, old_end = self.places[k]
        if offset < end:
            return old_start, old_end
        return offset - end + old_end, offset - end + old_end + 1


def apply(text: str, changes: Iterable[tuple[int, int, str]]) -> tuple[str, Edits | None]:
    """Replace stretches of ``text`` that don't overlap, given as ``(start, end, new)`` in ascending order.

    Returns:
        The new text and the way back; ``None`` in place of a map where nothing changes.

    >>> new, edits = apply("a&amp;b", [(1, 6, "&")])
    >>> new, edits.span(0, 2)
    ('a&b', (0, 6))
    """
    pieces: list[str] = []
    starts: list[int] = []
    places: list[tuple[int, int, int]] = []
    old = length = 0
    for start, end, new in changes:
        pieces += (text[old:start], new)
        length += start - old
        starts.append(length)
        length += len(new)
        places.append((length, start, end))
        old = end
    if not places:
        return text, None
    pieces.append(text[old:])
    return "".join(pieces), Edits(tuple(starts), tuple(places))


def substitute(
    pattern: re.Pattern[str], replacement: Callable[[re.Match[str]], str | None], text: str
) -> tuple[str, Edits | None]:
    """Like ``pattern.sub`` with a map back; a ``replacement`` of ``None`` leaves a match as it is."""
    found = ((match.start(), match.end(), replacement(match)) for match in pattern.finditer(text))
    return apply(text, ((start, end, new) for start, end, new in found if new is not None))
