"""A synthetic value of a kind, and the formats in which values of a kind are written."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import NamedTuple


class Value(NamedTuple):
    """A planted value.

    Attributes:
        text: the value, what masking must hide.
        entity: its kind.
        format: the name of the way it is written.
        before: what its format puts before it, such as ``@``.
        after: what its format puts behind it, such as `` years old``.
    """

    text: str
    entity: str
    format: str
    before: str = ""
    after: str = ""

    @property
    def written(self) -> str:
        """The value with what its format puts around it."""
        return self.before + self.text + self.after


class Format(NamedTuple):
    """One way to write values of a kind: its name, how often it is drawn, what makes a value, what stands around it."""

    name: str
    weight: float
    make: Callable[[random.Random], str]
    before: str = ""
    after: str = ""


Formats = tuple[Format, ...]


def draw(rng: random.Random, entity: str, formats: Formats) -> Value:
    """A value in a format drawn by weight."""
    chosen = rng.choices(formats, [f.weight for f in formats])[0]
    return Value(chosen.make(rng), entity, chosen.name, chosen.before, chosen.after)
