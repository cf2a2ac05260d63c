"""Looking for patterns in masked text, all that are held at a time in one pass over it (Aho-Corasick)."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterable, Iterator
from functools import cached_property

import ahocorasick

from tasks.methods.gate.known.cells import Cells, walled
from tasks.methods.gate.known.digits import windows
from tasks.methods.gate.known.fold import folded, has_capitals, places
from tasks.methods.gate.known.forms import DIGITS
from tasks.methods.gate.known.store import ADD_HIT, COUNT_HITS, add
from tasks.methods.gate.organizations import IN_ORGANIZATIONS, organizations
from tasks.methods.gate.placeholders import Placeholders

PLAIN, SMALL, OPENING = 0, 1, 2
"""How a hit is written: with a capital letter or without case at all; without one; with one that any word would have
there, at the start of a sentence."""

_STOPS = (".", "!", "?", "…", ":", "\n", "。", "！", "？")
_BEFORE = 16


def search(
    connection: sqlite3.Connection,
    cells: Callable[[], Iterable[Cells]],
    placeholders: Placeholders,
    held: int,
) -> int:
    """Write the places of all that is wanted to the table of hits.

    The automaton holds at most ``held`` patterns, so that its memory is bounded; the text is read once more for each
    further ``held`` of them. Which patterns share a pass changes nothing about what is found.

    Args:
        connection: with the table of what is wanted.
        cells: gives the text again in each pass.
        placeholders: what the masker may have left.
        held: patterns held at once.

    Returns:
        the number of passes.
    """
    passes = after = 0
    while (last := _pass(connection, cells, placeholders, held, after)) is not None:
        passes, after = passes + 1, last
    return passes


def _pass(
    connection: sqlite3.Connection,
    cells: Callable[[], Iterable[Cells]],
    placeholders: Placeholders,
    held: int,
    after: int,
) -> int | None:
    """Look for the next patterns behind one; the last of them. What it held is gone before the next pass begins."""
    query = "SELECT id, form, how, entity FROM wanted WHERE id > ? ORDER BY id LIMIT ?"
    wanted = connection.execute(query, (after, held)).fetchall()
    if not wanted:
        return None
    finder = _Finder(wanted)
    for some in cells():
        hits = list(finder.hits(some, placeholders))
        add(connection, ADD_HIT, sorted(hits))
        counts: dict[int, list[int]] = {}
        for *_, pattern, written in hits:
            counts.setdefault(pattern, [0, 0])[written != SMALL] += 1
        add(connection, COUNT_HITS, [(*counts[pattern], pattern) for pattern in sorted(counts)])
    last: int = wanted[-1][0]
    return last


class _Finder:
    def __init__(self, wanted: list[tuple[int, str, str, str]]) -> None:
        self._words = ahocorasick.Automaton(ahocorasick.STORE_INTS)
        self._numbers: dict[str, int] = {}
        self._length: dict[int, int] = {}
        self._named = {pattern for pattern, _, _, entity in wanted if entity in IN_ORGANIZATIONS}
        for pattern, form, how, _ in wanted:
            if how == DIGITS:
                self._numbers[form] = pattern
            else:
                self._words.add_word(f" {form} ", pattern)
                self._length[pattern] = len(form)
        if self._words:
            self._words.make_automaton()

    def hits(self, cells: Cells, placeholders: Placeholders) -> Iterator[tuple[int, int, int, int, int, int]]:
        """Row, column, start, end, pattern, and how it is written."""
        for n, text in enumerate(cells.masked):
            if not text:
                continue
            bare = walled(text, placeholders)
            form = folded(bare)
            found = list(self._in(form))
            if not found:
                continue
            was = _Raw(cells.raw(n))
            where, cased = places(bare), has_capitals(bare)
            named = organizations(text) if any(pattern in self._named for _, _, pattern, _ in found) else ()
            for start, end, pattern, number in found:
                left, right = where[start], where[end - 1] + 1
                # A firm that bears a person's or a town's name is neither, and has a kind of its own.
                if pattern in self._named and any(a <= left and right <= b for a, b in named):
                    continue
                if was.holds(number or form[start:end]):
                    written = _written(bare, left, right) if cased else PLAIN
                    yield cells.first + n, cells.column, left, right, pattern, written

    def _in(self, form: str) -> Iterator[tuple[int, int, int, str]]:
        if self._words:
            for end, pattern in self._words.iter(form):
                yield end - self._length[pattern], end, pattern, ""
        if self._numbers:
            for number, start, end in windows(form):
                if (pattern := self._numbers.get(number)) is not None:
                    yield start, end, pattern, number


def _written(text: str, start: int, end: int) -> int:
    if text[start:end].islower():
        return SMALL
    before = text[max(0, start - _BEFORE) : start].rstrip(" \t\"'“‘([")
    return OPENING if start <= _BEFORE and not before or before.endswith(_STOPS) else PLAIN


class _Raw:
    """The raw cell behind a masked one. What masking wrote there itself, a surrogate for one, is no leak."""

    def __init__(self, text: str | None) -> None:
        self._form = folded(text or "")
        self._held: dict[str, bool] = {}

    def holds(self, form: str) -> bool:
        """Whether the words, or the digits of a number, stood there."""
        if form not in self._held:
            self._held[form] = f" {form} " in self._form or (form.isdecimal() and form in self._numbers)
        return self._held[form]

    @cached_property
    def _numbers(self) -> frozenset[str]:
        return frozenset(number for number, _, _ in windows(self._form))
