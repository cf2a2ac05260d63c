"""A finding on its way through the analyzer, and the removal of findings that others cover."""

from __future__ import annotations

from collections.abc import Iterable


class Finding:
    """One finding of a recognizer: what Presidio's ``RecognizerResult`` says, without its explanations.

    Attributes:
        entity_type: kind, by Presidio's name.
        start: first character, counted in code points.
        end: one past the last character.
        score: between 0 and 1.
        recognizer_name: who found it.
        settled: its recognizer has counted in the words around it.
    """

    __slots__ = ("end", "entity_type", "recognizer_name", "score", "settled", "start")

    def __init__(
        self, entity_type: str, start: int, end: int, score: float, recognizer_name: str, settled: bool = False
    ) -> None:
        self.entity_type = entity_type
        self.start = start
        self.end = end
        self.score = score
        self.recognizer_name = recognizer_name
        self.settled = settled

    def __repr__(self) -> str:
        return f"Finding({self.entity_type}, {self.start}, {self.end}, {self.score}, {self.recognizer_name})"


def distinct(findings: Iterable[Finding]) -> list[Finding]:
    """The findings that no other of the same kind covers with at least their score; the best first.

    Gives what Presidio's ``EntityRecognizer.remove_duplicates`` gives, in its order. Of equal findings the first
    stays. A sweep in the order of their starts; the kept ones that still matter form a staircase (the further one
    reaches, the lower its score), so each finding is compared with the steps that it overlaps alone.
    """
    unique: dict[tuple[str, int, int, float], Finding] = {}
    for found in findings:
        if found.score != 0:
            unique.setdefault((found.entity_type, found.start, found.end, found.score), found)
    if len(unique) < 2:
        return list(unique.values())
    kept = []
    stairs: list[Finding] = []
    kind = None
    for found in sorted(unique.values(), key=_by_place):
        if found.entity_type != kind:
            kind, stairs = found.entity_type, []
        if any(step.end >= found.end and step.score >= found.score for step in stairs):
            continue
        kept.append(found)
        stairs = [step for step in stairs if step.end >= found.start and not _covers(found, step)]
        stairs.append(found)
    kept.sort(key=_by_score)
    return kept


def _by_place(found: Finding) -> tuple[str, int, int, float]:
    return found.entity_type, found.start, -found.end, -found.score


def _by_score(found: Finding) -> tuple[float, int, int]:
    return -found.score, found.start, found.start - found.end


def _covers(found: Finding, step: Finding) -> bool:
    """Whether ``found`` makes ``step`` superfluous for what comes after both."""
    return found.end >= step.end and found.score >= step.score
