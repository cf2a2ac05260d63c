"""The ways in which people write a value that a plain pattern passes over.

A number is dictated digit by digit, typed in full-width characters, or pasted with characters that nobody sees; a
name is typed without capitals. The value is still there for a reader, so the policy's promise holds for it as well.
"""

from __future__ import annotations

import random
from collections.abc import Callable

from tasks.methods.plant.value import Format, Formats

SHARE = 0.08
"""Share of a kind's values that are disguised, where the kind is one that people disguise."""

_WIDE = {code: code + 0xFEE0 for code in range(0x21, 0x7F)}
_UNSEEN = ("\u200b", "\u200c", "\u2060", "\ufeff", "\u00ad")


def spaced(value: str) -> str:
    """Letters and digits apart.

    >>> spaced("12-34")
    '1 2 3 4'
    """
    return " ".join(c for c in value if c.isalnum())


def wide(value: str) -> str:
    """In full-width characters.

    >>> wide("A-1")
    'Ａ－１'
    """
    return value.translate(_WIDE)


def unseen(rng: random.Random, value: str) -> str:
    """With a character of no width between some of its own."""
    mark = rng.choice(_UNSEEN)
    every = rng.choice((1, 3, 4))
    return mark.join(value[i : i + every] for i in range(0, len(value), every))


def with_disguises(formats: Formats) -> Formats:
    """The formats of a kind of numbers, and the same disguised."""
    plain = _of(formats)
    total = sum(f.weight for f in formats) * SHARE / (1 - SHARE)
    return (
        *formats,
        Format("spaced", total / 3, lambda rng: spaced(plain(rng))),
        Format("full width", total / 3, lambda rng: wide(plain(rng))),
        Format("unseen characters", total / 3, lambda rng: unseen(rng, plain(rng))),
    )


def with_cases(formats: Formats) -> Formats:
    """The formats of a kind of names, and the same in small letters or capitals."""
    plain = _of(formats)
    total = sum(f.weight for f in formats) * SHARE / (1 - SHARE)
    return (
        *formats,
        Format("small letters", total * 2 / 3, lambda rng: plain(rng).lower()),
        Format("capitals", total / 3, lambda rng: plain(rng).upper()),
    )


def _of(formats: Formats) -> Callable[[random.Random], str]:
    weights = [f.weight for f in formats]
    return lambda rng: rng.choices(formats, weights)[0].make(rng)
