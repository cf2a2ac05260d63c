"""Planted texts: excerpts of the corpus with synthetic values put into them."""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from tasks.methods.plant.carriers import carry
from tasks.methods.plant.contexts import Excerpt, Excerpts
from tasks.methods.plant.value import Value

VALUES = 6
"""Values in a record, about: few enough that each has its own surroundings, many enough that masking them is quick."""

_ENDS = {"en": (".", "!", "?", ",", ":"), "zh": ("。", "！", "？", "，", "：", "；")}
_AFTER = {"en": ("\n", "\n", ". "), "zh": ("\n", "\n", "。", "，")}


class Place(NamedTuple):
    """Where a planted value stands: code points of its text, its kind, its format and how it came there."""

    start: int
    end: int
    entity: str
    format: str
    context: str


@dataclass(frozen=True)
class Planted:
    """A planted text of a column, its language and its values' places, from left to right."""

    column: str
    language: str
    text: str
    places: tuple[Place, ...]


def records_of(kinds: int) -> int:
    """Into how many records one value of each of so many kinds is dealt."""
    return max(1, round(kinds / VALUES))


def deal(rng: random.Random, chosen: Mapping[str, Sequence[tuple[str, Value]]]) -> Iterator[tuple[str, list[Value]]]:
    """Deal the values out to records: language, and values of different kinds.

    Args:
        rng: where the draws come from.
        chosen: by kind, language and value; equally many of each.
    """
    for turn in zip(*chosen.values(), strict=True):
        spoken: dict[str, list[Value]] = {}
        for language, value in turn:
            spoken.setdefault(language, []).append(value)
        for language, values in sorted(spoken.items()):
            rng.shuffle(values)
            parts = records_of(len(values))
            for i in range(parts):
                yield language, values[i::parts]


def compose(
    rng: random.Random, language: str, values: Sequence[Value], excerpts: Excerpts, columns: Sequence[str]
) -> Planted:
    """Write one planted text.

    A value takes the place of its kind's own cell in the excerpt where there is one; every other one is carried by a
    sentence that goes between two sentences of the excerpt, or before or behind them. Sentence and gap are drawn
    uniformly, whatever the value is.

    Args:
        rng: where the draws come from.
        language: of the values and the sentences.
        values: of different kinds.
        excerpts: of the corpus, in that language; none: the sentences stand alone.
        columns: text columns, for a text without an excerpt.
    """
    found = _excerpt(rng, values, excerpts) if excerpts.all else Excerpt(rng.choice(columns), language, ())
    text = "".join(found.sentences)
    replaced: list[tuple[int, int, Value]] = []
    carried: list[Value] = []
    for value in values:
        at = found.own.get(value.entity)
        free = at is not None and all(at[1] <= a or b <= at[0] for a, b, _ in replaced)
        if at is not None and free:
            replaced.append((*at, value))
        else:
            carried.append(value)
    gaps = [0]
    for sentence in found.sentences:
        gaps.append(gaps[-1] + len(sentence))
    gaps = [gap for gap in gaps if not any(a < gap < b for a, b, _ in replaced)]
    # At one place sentences come in the order of the draw, before a value that takes a place there.
    edits = sorted([*((gap, gap, v) for v in carried for gap in [rng.choice(gaps)]), *replaced], key=lambda e: e[:2])
    page = _Page(rng, language)
    position = 0
    for start, end, value in edits:
        page.write(text[position:start])
        if start == end:
            page.sentence(value)
        else:
            page.value(value)
        position = end
    page.write(text[position:])
    return Planted(found.column, language, page.text.rstrip(), tuple(page.places))


def _excerpt(rng: random.Random, values: Sequence[Value], excerpts: Excerpts) -> Excerpt:
    """Any of the excerpts; for half of the values of which excerpts show the like, one that does."""
    for value in values:
        showing = excerpts.showing.get(value.entity)
        if showing and rng.random() < 0.5:
            return rng.choice(showing)
    return rng.choice(excerpts.all)


class _Page:
    """A text that is being written."""

    def __init__(self, rng: random.Random, language: str) -> None:
        self._rng, self._language = rng, language
        self.text = ""
        self.places: list[Place] = []

    def write(self, text: str) -> None:
        self.text += text

    def value(self, value: Value) -> None:
        self._place(len(self.text) + len(value.before), value, "in place")
        self.text += value.written

    def sentence(self, value: Value) -> None:
        space = " " if self._language == "en" else ""
        if self.text and not self.text[-1].isspace():
            self.text += space
        sentence, at = carry(self._rng, self._language, value)
        self._place(len(self.text) + at, value, "carrier")
        ended = sentence.endswith(_ENDS[self._language])
        self.text += sentence + (space if ended else self._rng.choice(_AFTER[self._language]))

    def _place(self, start: int, value: Value, context: str) -> None:
        self.places.append(Place(start, start + len(value.text), value.entity, value.format, context))
