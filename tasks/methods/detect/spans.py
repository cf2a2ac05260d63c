"""A span: where in a text a kind of personal data stands, never the value itself."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Span:
    """One finding.

    Attributes:
        start: first character, counted in code points.
        end: one past the last character.
        entity: kind of personal data.
        score: between 0 and 1.
        detector: who found it.
    """

    start: int
    end: int
    entity: str
    score: float
    detector: str

    def __post_init__(self) -> None:
        if not 0 <= self.start < self.end:
            raise ValueError("a span holds at least one character")


def trim(text: str, span: Span) -> Span | None:
    """The span without white space at its ends; ``None`` where nothing else is in it.

    >>> trim(" Ann ", Span(0, 5, "PERSON", 0.5, "d"))
    Span(start=1, end=4, entity='PERSON', score=0.5, detector='d')
    """
    start, end = span.start, min(span.end, len(text))
    while start < end and text[start].isspace():
        start += 1
    while start < end and text[end - 1].isspace():
        end -= 1
    if start == end:
        return None
    if (start, end) == (span.start, span.end):
        return span
    return Span(start, end, span.entity, span.score, span.detector)
