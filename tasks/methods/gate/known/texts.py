"""The look for known values in texts at hand, masked by anybody."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

from tasks.methods.gate.finding import Finding
from tasks.methods.gate.known.align import masked_away
from tasks.methods.gate.known.cells import Cells
from tasks.methods.gate.known.look import HELD, Source, find
from tasks.methods.gate.placeholders import Placeholders

_AT_ONCE = 1024


def look_texts(
    raw: Sequence[str],
    masked: Sequence[str],
    entities: Collection[str],
    placeholders: Placeholders,
    scratch: Path,
    allow: Iterable[str] = (),
    unnamed: str = "",
    patterns: int = HELD,
) -> tuple[list[list[Finding]], dict[str, Any]]:
    """Look in masked texts for what was masked away in any of them.

    Args:
        raw: the texts before masking.
        masked: the same texts after it, in the same order.
        entities: kinds that count; a mark's name says which a value is of.
        placeholders: what the masker may have left.
        scratch: a folder in the raw zone: it holds values for as long as the look lasts.
        allow: words that are never personal data.
        unnamed: the kind of a value whose mark names none of ``entities``; empty: such a value is not looked for.
        patterns: patterns held at once.

    Returns:
        the findings in each masked text, and counts as :func:`tasks.methods.gate.known.look.find` gives them.
    """

    def values() -> Iterator[list[tuple[str, str]]]:
        for before, after in zip(raw, masked, strict=True):
            hidden = masked_away(before, after, entities)
            yield [(kind or unnamed, before[start:end]) for start, end, kind in hidden if kind or unnamed]

    def cells() -> Iterator[Cells]:
        for first in range(0, len(masked), _AT_ONCE):
            yield Cells(first, 0, masked[first : first + _AT_ONCE], raw[first : first + _AT_ONCE].__getitem__)

    found: list[list[Finding]] = [[] for _ in masked]

    def take(rows: Iterator[tuple[int, list[tuple[int, Finding]]]]) -> dict[str, Any]:
        for row, hits in rows:
            found[row] = [hit for _, hit in hits]
        return {}

    return found, find(Source(values, cells), placeholders, scratch, allow, patterns, take)
