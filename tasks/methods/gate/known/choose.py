"""From known values to what is looked for: short, crowded, allowed, ordinary and gone ones are left out and counted."""

from __future__ import annotations

import sqlite3
from collections import Counter
from collections.abc import Collection
from itertools import groupby

from tasks.methods.gate.known.collect import NUMBER
from tasks.methods.gate.known.digits import number_of
from tasks.methods.gate.known.fold import words
from tasks.methods.gate.known.forms import DIGITS, EXACT, PART, patterns
from tasks.methods.gate.known.ordinary import Uses, is_word, ordinary
from tasks.methods.gate.known.store import ADD_PATTERN, ADD_WANTED, add, stream

_CROWD = 0.01
"""The largest share of all numbers of a length that may be known before their meeting says nothing."""


class Skipped(Counter[tuple[str, str]]):
    """How many patterns are not looked for, by reason and kind."""

    def by_reason(self) -> dict[str, dict[str, int]]:
        """As plain JSON."""
        found: dict[str, dict[str, int]] = {}
        for (reason, entity), n in sorted(self.items()):
            found.setdefault(reason, {})[entity] = n
        return found


def choose(connection: sqlite3.Connection, allow: Collection[str], skipped: Skipped) -> dict[str, int]:
    """Fill the table of what is looked for.

    Args:
        connection: with values and words taken in.
        allow: words and phrases that are never personal data.
        skipped: counts what is left out.

    Returns:
        distinct values by kind.
    """
    values: Counter[str] = Counter()
    standing, crowded = _Standing(connection), _crowded(connection)
    for batch in stream(connection, "SELECT form, entity, times, lower FROM value"):
        rows = []
        for form, entity, times, lower in batch:
            values[entity] += 1
            looked = False
            for pattern, how in patterns(form, entity):
                looked = True
                if pattern.isdecimal() and len(pattern) in crowded:
                    skipped["crowded", entity] += 1
                elif standing.stands(pattern, how):
                    rows.append((pattern, how == DIGITS, entity, how == EXACT, times, lower))
                else:
                    skipped["gone", entity] += 1
            if not looked:
                skipped["short", entity] += 1
        add(connection, ADD_PATTERN, sorted(rows))
    allowed = {" ".join(words(phrase)) for phrase in allow}
    query = "SELECT form, number, entity, exact, times, lower FROM pattern"
    groups = groupby((row for batch in stream(connection, query) for row in batch), key=lambda row: row[:2])
    held = []
    for (form, number), same in groups:
        kinds = list(same)
        entity = max(kinds, key=lambda row: (row[4], row[2]))[2]
        masked, masked_lower = sum(row[4] for row in kinds), sum(row[5] for row in kinds)
        how = DIGITS if number else EXACT if any(row[3] for row in kinds) else PART
        if form in allowed:
            skipped["allowed", entity] += 1
        elif " " not in form and is_word(form, entity) and ordinary(form, standing.uses(form, masked, masked_lower)):
            skipped["ordinary", entity] += 1
        else:
            held.append((form, how, entity, masked, masked_lower))
        if len(held) == 4096:
            add(connection, ADD_WANTED, held)
            held = []
    add(connection, ADD_WANTED, held)
    return dict(sorted(values.items()))


def _crowded(connection: sqlite3.Connection) -> set[int]:
    """Numbers of digits in which so many numbers are known that others meet one of them by chance."""
    known: Counter[int] = Counter()
    for batch in stream(connection, "SELECT form FROM value"):
        known.update(len(number) for (form,) in batch if (number := form.replace(" ", "")).isdecimal())
    return {digits for digits, n in known.items() if n > _CROWD * 10**digits}


class _Standing:
    """What stands in masked text, outside placeholders."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def _word(self, word: str) -> tuple[int, int] | None:
        return self._connection.execute("SELECT lower, other FROM word WHERE word = ?", (word,)).fetchone()

    def stands(self, pattern: str, how: str) -> bool:
        """Whether every word of a pattern, or its digits in a row, stand somewhere, so that it can be found at all."""
        if number := pattern if how == DIGITS else number_of(pattern):
            return self._word(NUMBER + number) is not None
        return all(self._word(word) is not None for word in dict.fromkeys(pattern.split()))

    def uses(self, word: str, masked: int, masked_lower: int) -> Uses:
        """How a word is written."""
        lower, other = self._word(word) or (0, 0)
        return Uses(masked, masked_lower, lower, other)
