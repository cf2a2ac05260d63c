"""Randomness by name, and which person a record belongs to.

Every draw comes from a generator seeded by words (seed, domain, what it is for, ordinal), so that nothing depends on
how many records are written, in which order, or on Python's hash seed.
"""

from __future__ import annotations

import random
from functools import lru_cache

BLOCK = 512
"""Records among which one person's records are scattered; a person never has records in two blocks."""

_SIZES = (1, 2, 3, 4, 5, 6)
_WEIGHTS = (46, 22, 13, 9, 6, 4)


def stream(*words: object) -> random.Random:
    """A generator that depends on ``words`` alone (text seeds go through SHA-512, not through ``hash``)."""
    return random.Random("\x1f".join(map(str, words)))


@lru_cache(maxsize=2)
def _block(key: str, number: int) -> tuple[tuple[int, int, int], ...]:
    rng = stream(key, "block", number)
    owners: list[int] = []
    sizes: list[int] = []
    while len(owners) < BLOCK:
        size = min(rng.choices(_SIZES, _WEIGHTS)[0], BLOCK - len(owners))
        owners += [len(sizes)] * size
        sizes.append(size)
    rng.shuffle(owners)
    seen = [0] * len(sizes)
    places = []
    for owner in owners:
        places.append((number * BLOCK + owner, seen[owner], sizes[owner]))
        seen[owner] += 1
    return tuple(places)


def place(key: str, index: int) -> tuple[int, int, int]:
    """Whose the record ``index`` is: (person's ordinal, which of the person's records it is, how many there are).

    >>> [place("x", i) == place("x", i) for i in (0, 700)]
    [True, True]
    """
    return _block(key, index // BLOCK)[index % BLOCK]
