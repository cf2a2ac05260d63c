"""Cutting a long document into pieces that a detector can take, without losing what stands on a cut."""

from __future__ import annotations

import re
from collections.abc import Iterator

SIZE = 10_000
"""Characters in a piece: bounds what grows faster than linearly in Presidio (its context enhancer is quadratic)."""

OVERLAP = 250
"""Characters that two neighbours share: longer than any value, so that one of them sees it whole."""

_BREAKS = (re.compile(r"\n\s*\n"), re.compile(r"\n"), re.compile(r"[.!?](?=\s)|[。！？；]"), re.compile(r"\s"))


def chunks(text: str, size: int = SIZE, overlap: int = OVERLAP) -> Iterator[tuple[int, str]]:
    """Yield ``(offset, piece)``: every character is in a piece, neighbours share ``overlap`` characters.

    A cut is made at the last paragraph break in the final fifth of the window, else at a line break, the end of a
    sentence, white space, else where the window ends.

    >>> [(offset, len(piece)) for offset, piece in chunks("ab " * 10, size=12, overlap=3)]
    [(0, 12), (9, 12), (18, 12)]
    """
    if not 0 <= overlap < size // 2:
        raise ValueError("the overlap must be shorter than half a piece")
    start = 0
    while len(text) - start > size:
        cut = _cut(text, start + size - size // 5, start + size)
        yield start, text[start:cut]
        start = cut - overlap
    yield start, text[start:]


def _cut(text: str, low: int, high: int) -> int:
    for pattern in _BREAKS:
        ends = [match.end() for match in pattern.finditer(text, low, high)]
        if ends:
            return ends[-1]
    return high
