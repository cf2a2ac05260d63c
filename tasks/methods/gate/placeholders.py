"""What the masker leaves in place of a value, which is no finding."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from tasks.methods.gate.finding import Finding

_READABLE = re.compile(r"\w")


class Placeholders:
    """The tags a policy writes, its other marks, and runs of stars.

    Only the policy's own are spared: a name between angle brackets is a name.

    Args:
        tags: the tags, such as ``<PERSON>``.
        marks: patterns of what else its operators leave, such as ``<PERSON_[1-9]>``.
    """

    def __init__(self, tags: Iterable[str], marks: Iterable[str] = ()) -> None:
        self.tags = sorted(set(tags))
        self._pattern = re.compile("|".join([*map(re.escape, self.tags), *sorted(set(marks)), r"\*{2,}"]))

    def places(self, text: str) -> list[tuple[int, int]]:
        """Start and end of each placeholder.

        >>> Placeholders(["<PERSON>"]).places("<PERSON> owes **** to <SMITH>")
        [(0, 8), (14, 18)]
        """
        return [match.span() for match in self._pattern.finditer(text)]

    def outside(self, text: str, findings: Sequence[Finding]) -> list[Finding]:
        """The readable parts of the findings that lie outside placeholders, each for itself."""
        taken = self.places(text) if findings else []
        if not taken:
            return list(findings)
        kept = []
        for found in findings:
            parts = _gaps(found.start, found.end, taken)
            kept += [Finding(a, b, found.entity, found.detector) for a, b in parts if _READABLE.search(text, a, b)]
        return kept

    def leave_something(self, text: str) -> bool:
        """Whether a letter or digit stands beside the placeholders."""
        return bool(_READABLE.search(self._pattern.sub(" ", text)))


def _gaps(start: int, end: int, taken: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
    gaps = []
    for left, right in taken:
        if start < left < end:
            gaps.append((start, left))
        if left < end and right > start:
            start = max(start, right)
    if start < end:
        gaps.append((start, end))
    return gaps
