"""Putting a masked stretch back: where it stands in the masked text, and what of its value is shown."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from tasks.methods.detect.spans import Span


def places(
    raw: str, masked: str, spans: Sequence[Span], marks: Mapping[str, re.Pattern[str] | None]
) -> list[tuple[int, int]] | None:
    """Where in the masked text stands what each stretch became; ``None`` where that can't be told.

    Args:
        spans: disjoint and in order; places in the raw text.
        marks: kind to the pattern of what stands in its place; without one, it ends where the text that follows it in
            the raw text stands next.

    >>> tag = {"PERSON": re.compile("<PERSON>")}
    >>> spans = [Span(0, 3, "PERSON", 1, ""), Span(8, 11, "PERSON", 1, "")]
    >>> places("Ann met Bob.", "<PERSON> met <PERSON>.", spans, tag)
    [(0, 8), (13, 21)]
    """
    found: list[tuple[int, int]] = []
    at = before = 0
    for k, span in enumerate(spans):
        at += span.start - before
        if masked[at - (span.start - before) : at] != raw[before : span.start]:
            return None
        last = k + 1 == len(spans)
        following = raw[span.end :] if last else raw[span.end : spans[k + 1].start]
        mark = marks.get(span.entity)
        if mark is not None:
            match = mark.match(masked, at)
            end = match.end() if match else -1
        elif last:
            end = len(masked) - len(following)
        else:
            end = masked.find(following, at) if following else -1
        if end < at:
            return None
        found.append((at, end))
        at, before = end, span.end
    return found if masked[at:] == raw[before:] else None


def half(name: str, mark: str) -> str:
    """The longest word of a name beside the mark of the rest; a name of one word as it is.

    >>> half("Maria Lopez-Garcia", "<PERSON>")
    '<PERSON> Lopez-Garcia'
    """
    words = name.split()
    if len(words) < 2:
        return name
    longest = max(words, key=len)
    return f"{longest} {mark}".strip() if longest == words[0] else f"{mark} {longest}".strip()
