"""Does masking cover what was annotated? Letters and digits (``str.isalnum``) decide, labels don't.

A value is covered when each of its letters and digits is in some masked span: half a name left standing is a name
left standing. Precision is the share of masked letters and digits that are annotated, over fully annotated documents
alone.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from tasks.methods.evaluate.gold import Document, GoldSpan
from tasks.methods.evaluate.intervals import wilson

Place = tuple[int, int]


@dataclass
class Share:
    """How many of what was counted fit."""

    hits: int = 0
    of: int = 0

    def add(self, hit: bool | int, of: int = 1) -> None:
        """Count ``of`` more, ``hit`` of which fit."""
        self.hits += int(hit)
        self.of += of

    def as_json(self) -> dict[str, Any]:
        """Counts, share (``None`` where nothing was counted) and its 95 % interval."""
        low, high = wilson(self.hits, self.of)
        share = round(self.hits / self.of, 4) if self.of else None
        return {"hits": self.hits, "of": self.of, "share": share, "interval": [round(low, 4), round(high, 4)]}


@dataclass(frozen=True)
class Miss:
    """An annotated value that is not wholly covered."""

    document: Document
    span: GoldSpan


@dataclass
class Cover:
    """What :func:`measure` counts.

    Attributes:
        spans: annotated values covered whole, of all.
        by: the same by ``type``, ``lang``, ``origin`` and ``gender``, where the data says.
        documents: documents with annotations of which no annotated letter or digit is left.
        recall: annotated letters and digits that are masked.
        precision: masked letters and digits that are annotated; fully annotated documents alone.
        empty: annotated values without a letter or digit, which count nowhere.
        misses: the values not covered, in order.
    """

    spans: Share = field(default_factory=Share)
    by: dict[str, dict[str, Share]] = field(default_factory=dict)
    documents: Share = field(default_factory=Share)
    recall: Share = field(default_factory=Share)
    precision: Share = field(default_factory=Share)
    empty: int = 0
    misses: list[Miss] = field(default_factory=list)

    def as_json(self) -> dict[str, Any]:
        """All of it, without a value."""
        return {
            "spans_covered": self.spans.as_json(),
            "documents_clean": self.documents.as_json(),
            "character_recall": self.recall.as_json(),
            "character_precision": self.precision.as_json() if self.precision.of else None,
            "spans_without_letters": self.empty,
            **{
                f"by_{axis}": {name: groups[name].as_json() for name in sorted(groups)}
                for axis, groups in sorted(self.by.items())
            },
        }


def measure(documents: Iterable[Document], masked: Iterable[Sequence[Place]]) -> Cover:
    """Compare annotation with what was masked.

    Args:
        documents: the annotated documents.
        masked: for each its masked places; they may overlap and stand in any order.

    Raises:
        ValueError: where there isn't one list of places a document.
    """
    cover = Cover()
    for document, places in zip(documents, masked, strict=True):
        _measure_one(cover, document, places)
    return cover


def _measure_one(cover: Cover, document: Document, places: Sequence[Place]) -> None:
    text = document.text
    hidden = _letters(text, places)
    gold: set[int] = set()
    left = False
    for span in document.spans:
        letters = _letters(text, [(span.start, span.end)])
        if not letters:
            cover.empty += 1
            continue
        gold |= letters
        hit = letters <= hidden
        left |= not hit
        cover.spans.add(hit)
        axes = {"type": span.type, "lang": document.lang, "origin": span.origin, "gender": span.gender}
        for axis, name in axes.items():
            if name:
                cover.by.setdefault(axis, {}).setdefault(name, Share()).add(hit)
        if not hit:
            cover.misses.append(Miss(document, span))
    if gold:
        cover.documents.add(not left)
    cover.recall.add(len(gold & hidden), len(gold))
    if not document.partial:
        cover.precision.add(len(gold & hidden), len(hidden))


def _letters(text: str, places: Iterable[Place]) -> set[int]:
    return {i for start, end in places for i in range(start, end) if text[i].isalnum()}


def needless(documents: Iterable[Document], masked: Iterable[Sequence[Place]]) -> Iterator[tuple[Document, int, int]]:
    """Masked places in which nothing is annotated, in fully annotated documents."""
    for document, places in zip(documents, masked, strict=True):
        if not document.partial:
            gold = _letters(document.text, [(span.start, span.end) for span in document.spans])
            for start, end in places:
                letters = _letters(document.text, [(start, end)])
                if letters and not letters & gold:
                    yield document, start, end
