"""A short stretch of a text written in another way, with the way back."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from tasks.methods.detect.edits import Edits, apply

BEFORE, AFTER = 80, 24
"""Characters of context around what is rewritten: a rule may ask for a word before a number."""


@dataclass(frozen=True, slots=True)
class Rewrite:
    """What stands in a text, with a disguise taken off.

    Attributes:
        text: some context, the rewritten value, some context.
        offset: where the stretch begins in the text it was taken from.
        edits: the way back to that stretch.
        changed: first and one past the last rewritten character of :attr:`text`.
    """

    text: str
    offset: int
    edits: Edits
    changed: tuple[int, int]

    def touches(self, start: int, end: int) -> bool:
        """Whether a finding owes anything to the rewriting; what doesn't is found without it."""
        return start < self.changed[1] and end > self.changed[0]

    def span(self, start: int, end: int) -> tuple[int, int]:
        """The place of ``self.text[start:end]`` in the text the stretch was taken from."""
        start, end = self.edits.span(start, end)
        return self.offset + start, self.offset + end


def rewrite(text: str, changes: Sequence[tuple[int, int, str]]) -> Rewrite | None:
    """The surroundings of ``changes``, ascending ``(start, end, new)``, with them made; ``None`` if nothing changes."""
    real = [change for change in changes if text[change[0] : change[1]] != change[2]]
    if not real:
        return None
    low, high = max(0, changes[0][0] - BEFORE), min(len(text), changes[-1][1] + AFTER)
    new, edits = apply(text[low:high], ((start - low, end - low, value) for start, end, value in real))
    if edits is None:
        return None
    # A rewritten blank may be gone: the letters at its sides are what a finding touches then.
    return Rewrite(new, low, edits, (max(0, edits.starts[0] - 1), min(len(new), edits.places[-1][0] + 1)))
