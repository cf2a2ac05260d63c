"""Tags that already stand in a text, such as ``<PERSON>``: neither found again nor cut through."""

from __future__ import annotations

import re
from collections.abc import Iterable

from tasks.methods.detect.spans import Span


class Placeholders:
    """Knows the tags a policy writes.

    Only these are spared: any other word between angle brackets is text like any other, so that nobody hides a
    name by writing it as ``<SMITH>``.

    Args:
        tags: the tags, such as ``<PERSON>``.
        marks: patterns of what else its operators leave, such as ``<PERSON_[1-9]>``.
    """

    def __init__(self, tags: Iterable[str], marks: Iterable[str] = ()) -> None:
        known = [*map(re.escape, sorted(set(tags), key=lambda tag: (-len(tag), tag))), *sorted(set(marks))]
        self._pattern = re.compile("|".join(known)) if known else None

    def outside(self, text: str, spans: Iterable[Span]) -> list[Span]:
        """The spans with every tag cut out of them. What is left of a span keeps its kind and score.

        >>> Placeholders(["<PERSON>"]).outside("x <PERSON> y", [Span(0, 12, "PERSON", 0.5, "d")])
        [Span(start=0, end=2, entity='PERSON', score=0.5, detector='d'), \
Span(start=10, end=12, entity='PERSON', score=0.5, detector='d')]
        """
        tags = [match.span() for match in self._pattern.finditer(text)] if self._pattern and "<" in text else []
        if not tags:
            return list(spans)
        pieces: list[Span] = []
        for span in spans:
            start = span.start
            for low, high in tags:
                if high <= start or low >= span.end:
                    continue
                if _holds_text(text, start, low):
                    pieces.append(Span(start, low, span.entity, span.score, span.detector))
                start = max(start, high)
            if _holds_text(text, start, span.end):
                pieces.append(Span(start, span.end, span.entity, span.score, span.detector))
        return pieces


def _holds_text(text: str, start: int, end: int) -> bool:
    return start < end and any(character.isalnum() for character in text[start:end])
