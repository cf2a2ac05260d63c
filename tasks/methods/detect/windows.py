"""Overlapping windows over a long document, for models that read a limited number of tokens or words."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Window:
    """One window over a sequence.

    Attributes:
        start: first item that the model reads.
        stop: one past the last.
        first: first item that is judged by what the model says in this window.
        last: one past the last; the others are judged in a neighbour.
    """

    start: int
    stop: int
    first: int
    last: int


def windows(count: int, size: int, overlap: int) -> list[Window]:
    """Windows of ``size`` items over ``count`` items, neighbours sharing at least ``overlap``.

    Formal guarantees:
        Every item is judged in exactly one window, in the one in which it stands farthest from where the sequence was
        cut: at least ``overlap // 2`` items from a cut. The windows depend on the three numbers alone.

    Raises:
        ValueError: unless ``0 <= overlap < size``.

    >>> [(w.start, w.stop, w.first, w.last) for w in windows(10, size=6, overlap=2)]
    [(0, 6, 0, 5), (4, 10, 5, 10)]
    """
    if not 0 <= overlap < size:
        raise ValueError("the overlap must be shorter than a window")
    if count <= 0:
        return []
    starts = list(range(0, max(1, count - overlap), size - overlap))
    # The last window is moved back until it is full: what stands at the end is read with more before it.
    starts[-1] = max(0, count - size)
    stops = [min(count, start + size) for start in starts]
    borders = [0, *((start + stop) // 2 for start, stop in zip(starts[1:], stops, strict=False)), count]
    return [Window(*spot) for spot in zip(starts, stops, borders, borders[1:], strict=False)]
