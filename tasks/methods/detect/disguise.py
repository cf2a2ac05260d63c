"""Values that are written out, spaced out or broken up, so that no rule for their usual form finds them.

These are readings of a text, not facts about it: each is a short window in which the disguise is taken off, and only
what a rule finds in it counts. Text without a disguise costs a few searches and gives no window.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from tasks.methods.detect.broken import broken_addresses, broken_numbers
from tasks.methods.detect.numerals import confused_letters, odd_shapes, single_digits, spelled_numbers
from tasks.methods.detect.rewrite import Rewrite
from tasks.methods.detect.spans import Span
from tasks.methods.detect.spelled import spelled_addresses
from tasks.methods.detect.view import view

_READINGS: tuple[Callable[[str], Iterator[Rewrite]], ...] = (
    spelled_addresses, spelled_numbers, single_digits, odd_shapes, confused_letters, broken_numbers, broken_addresses,
)  # fmt: skip


def rewrites(text: str) -> list[Rewrite]:
    """The windows of a view's text in which a disguise can be taken off.

    >>> [window.text for window in rewrites("write to john [at] example [dot] com today")]
    ['write to john@example.com today']
    """
    return [window for reading in _READINGS for window in reading(text)]


def find_through(text: str, find: Callable[[str], list[Span]]) -> list[Span]:
    """What ``find`` finds in the view of ``text`` and in its windows, as spans of ``text``, ordered by place.

    Args:
        text: as it was written.
        find: finds spans in a text.

    Returns:
        Spans without duplicates: of those with the same place, kind and detector the one with the highest score.
    """
    seen = view(text)
    best: dict[tuple[int, int, str, str], Span] = {}

    def keep(start: int, end: int, span: Span) -> None:
        start, end = seen.span(start, end)
        key = (start, end, span.entity, span.detector)
        if key not in best or best[key].score < span.score:
            best[key] = Span(start, end, span.entity, span.score, span.detector)

    for span in find(seen.text):
        keep(span.start, span.end, span)
    for window in rewrites(seen.text):
        for span in find(window.text):
            if window.touches(span.start, span.end):
                keep(*window.span(span.start, span.end), span)
    return sorted(best.values(), key=lambda s: (s.start, s.end, s.entity, -s.score, s.detector))
