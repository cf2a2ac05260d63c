"""From hits to findings: ordinary phrases fall, and of hits that overlap the longest stays."""

from __future__ import annotations

import sqlite3
from bisect import bisect
from collections.abc import Iterator
from itertools import groupby

from tasks.methods.gate.finding import Finding
from tasks.methods.gate.known.choose import Skipped
from tasks.methods.gate.known.forms import DIGITS, EXACT, PART
from tasks.methods.gate.known.ordinary import Uses, careless, is_word, ordinary
from tasks.methods.gate.known.search import PLAIN

DETECTOR = "known-values"
"""The detector's name in findings; how the value was found stands behind a colon."""

_RANK = {EXACT: 0, DIGITS: 1, PART: 2}
# CROSS JOIN: SQLite then reads the hits in their own order and has nothing to sort.
_HITS = (
    "SELECT place, field, start, stop, written, form, how, entity, times, times_lower, wanted.lower, wanted.other "
    "FROM hit CROSS JOIN wanted USING (id) ORDER BY place, field, start, stop, id"
)


def count_ordinary(connection: sqlite3.Connection, skipped: Skipped) -> None:
    """Count what turned out to be ordinary once it was found."""
    for form, entity, *uses in connection.execute(
        "SELECT form, entity, times, times_lower, lower, other FROM wanted WHERE lower + other > 0"
    ):
        if is_word(form, entity) and ordinary(form, Uses(*uses)):
            skipped["ordinary", entity] += 1


def settled(connection: sqlite3.Connection) -> Iterator[tuple[int, list[tuple[int, Finding]]]]:
    """The rows in which something counts, in order: the row's number, and its findings with their column's index."""
    for place, hits in groupby(connection.execute(_HITS), key=lambda hit: hit[0]):
        candidates = [
            (field, Finding(start, stop, entity, f"{DETECTOR}:{how}"), _RANK[how])
            for _, field, start, stop, written, form, how, entity, *uses in hits
            if _counts(form, entity, written, Uses(*uses))
        ]
        if candidates:
            yield place, _longest(candidates)


def _longest(candidates: list[tuple[int, Finding, int]]) -> list[tuple[int, Finding]]:
    """In order, those that no longer one overlaps; of equally long ones the surer."""
    kept: list[tuple[int, int, Finding]] = []
    for field, found, _ in sorted(candidates, key=lambda c: (c[1].start - c[1].end, c[2], c)):
        at = bisect(kept, (field, found.start), key=lambda k: k[:2])
        before = kept[at - 1] if at else None
        after = kept[at] if at < len(kept) else None
        if before and before[0] == field and before[2].end > found.start:
            continue
        if after and after[0] == field and after[1] < found.end:
            continue
        kept.insert(at, (field, found.start, found))
    return [(field, found) for field, _, found in kept]


def _counts(form: str, entity: str, written: int, uses: Uses) -> bool:
    if not is_word(form, entity):
        return True
    # At the start of a sentence a capital letter says no more than none.
    return not ordinary(form, uses) and (written == PLAIN or careless(uses))
