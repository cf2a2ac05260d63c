"""What a detector says: where something that looks like personal data stands, never what it is."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol


@dataclass(frozen=True, order=True)
class Finding:
    """A place in a text, in characters of the text as it was given.

    Attributes:
        start: first character.
        end: one past the last.
        entity: kind of personal data, in the words of the policies.
        detector: who found it: a detector's name, with the rule behind a colon where there is one.
    """

    start: int
    end: int
    entity: str
    detector: str


class Detector(Protocol):
    """One independent way of looking at text.

    Formal guarantees:
        What is found in a text depends on that text, on its kind and on fixed public parameters; not on the other
        texts of the call nor on their order. Acting on a row by its findings therefore acts on its own evidence only.
    """

    name: str
    entities: frozenset[str]
    reads_language: bool
    """Whether it judges words by the sentence they stand in."""

    def identity(self) -> dict[str, Any]:
        """All that decides what it finds (version, digests of model files, thresholds), as plain JSON."""
        ...

    def detect(self, texts: Sequence[str], kind: str = "") -> list[list[Finding]]:
        """The findings in each text, sorted.

        Args:
            texts: the texts.
            kind: kind of a structured column whose cells the texts are: a bare number in a column of phone numbers
                needs no words around it to be one. Empty for free text.
        """
        ...


def without_overlaps(findings: Iterable[Finding]) -> list[Finding]:
    """Sorted findings of one detector, the longer one kept where two of one kind overlap."""
    kept: list[Finding] = []
    for found in sorted(set(findings), key=lambda f: (f.start - f.end, f)):
        if not any(found.entity == k.entity and found.start < k.end and k.start < found.end for k in kept):
            kept.append(found)
    return sorted(kept)
