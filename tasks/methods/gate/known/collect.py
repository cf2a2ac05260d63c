"""Taking in what is known and what stands: values with how often they were masked, words with how they are written."""

from __future__ import annotations

import sqlite3
from collections import Counter
from collections.abc import Iterable
from itertools import repeat

from tasks.methods.gate.known.digits import windows
from tasks.methods.gate.known.fold import cased_words, has_capitals, words
from tasks.methods.gate.known.store import ADD_VALUE, ADD_WORD, add

LONGEST = 512
"""Characters of the longest value: what is longer is a text that was masked as a whole."""


def add_values(connection: sqlite3.Connection, values: Iterable[tuple[str, str]]) -> None:
    """Take in values, each with its kind before it."""
    times: Counter[tuple[str, str]] = Counter()
    lower: Counter[tuple[str, str]] = Counter()
    for entity, value in values:
        if entity == "PERSON":  # no name goes on in the next line; what a masker took along there is none
            value = value.strip().partition("\n")[0]
        if len(value) <= LONGEST and (form := " ".join(words(value))):
            times[form, entity] += 1
            lower[form, entity] += value.islower()
    rows = ((form, entity, n, lower[form, entity]) for (form, entity), n in sorted(times.items()))
    add(connection, ADD_VALUE, rows)


def add_words(connection: sqlite3.Connection, texts: Iterable[str]) -> None:
    """Take in the words of masked texts, placeholders already walled off, and the numbers by their digits alone."""
    seen: Counter[tuple[str, str]] = Counter()
    for text in texts:
        found = words(text)
        # Where no capital letter stands at all, a word without one says nothing.
        seen.update(zip(found, cased_words(text) if has_capitals(text) else repeat(""), strict=False))
        seen.update((number, NUMBER) for number, _, _ in windows(f" {' '.join(found)} "))
    counts: dict[str, list[int]] = {}
    for (word, cased), n in seen.items():
        key = NUMBER + word if cased is NUMBER else word
        counts.setdefault(key, [0, 0])[not cased.islower()] += n
    add(connection, ADD_WORD, ((word, *counts[word]) for word in sorted(counts)))


NUMBER = "#"
"""Before a number that is read by its digits alone, in the table of words."""
