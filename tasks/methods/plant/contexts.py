"""Excerpts of the corpus's own texts, for planted values to stand in.

Every text of every shard is as likely to be drawn as any other (reservoir sampling: J. S. Vitter, ACM TOMS 11(1), 1985,
algorithm R), in one pass and with memory for the excerpts alone.
"""

from __future__ import annotations

import random
import re
from bisect import bisect_right
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import accumulate

LENGTH = {"en": 160, "zh": 64}
"""Characters of an excerpt, about, by language; it ends where sentences do."""

LONGEST = 20_000
"""Characters of a text that an excerpt is looked for in."""

_END = re.compile(r"(?<=[.!?])[ \t]+(?=[A-Z\"'(])|\n+|(?<=[。！？；])")
_ABBREVIATED = re.compile(
    r"(?:^|[\s(.])(?:[A-Z]|Dr|Mr|Mrs|Ms|Prof|Rev|St|Jr|Sr|No|Apt|Ave|Blvd|Rd|Jan|Feb|Mar|Apr|Jun|Jul|Aug|Sept?|Oct|Nov|Dec)\.$"
)
_HAN = re.compile(r"[\u3400-\u9fff]")


@dataclass(frozen=True)
class Excerpt:
    """Some sentences of a text of the corpus.

    Attributes:
        column: the text column it stood in.
        language: ``en`` or ``zh``.
        sentences: as they stand in the text, each with the white space behind it.
        own: by kind, where a cell of the same row stands in the joined sentences: (start, end).
    """

    column: str
    language: str
    sentences: tuple[str, ...]
    own: Mapping[str, tuple[int, int]] = field(default_factory=dict)


class Excerpts:
    """Excerpts of one language.

    Attributes:
        all: every one.
        showing: by kind, those in which a cell of their row of that kind stands.
    """

    def __init__(self, found: Iterable[Excerpt]) -> None:
        self.all = list(found)
        self.showing: dict[str, list[Excerpt]] = {}
        for one in self.all:
            for kind in one.own:
                self.showing.setdefault(kind, []).append(one)


class Reservoir:
    """A uniform sample of the texts that are offered to it, as excerpts.

    Args:
        rng: where the draws come from.
        size: texts that it keeps.
        languages: languages that an excerpt may be said to be in; with two, the script of its text decides.
    """

    def __init__(self, rng: random.Random, size: int, languages: Sequence[str]) -> None:
        self._rng, self._size, self._languages = rng, size, languages
        self._kept: list[Excerpt] = []
        self.seen = 0

    def offer(self, column: str, text: str, cells: Callable[[], Iterable[tuple[str, str]]]) -> None:
        """Offer a text.

        Args:
            column: its column.
            text: the text, not empty.
            cells: gives kind and content of the row's structured cells; asked only where the text is drawn.
        """
        self.seen += 1
        place = len(self._kept) if len(self._kept) < self._size else self._rng.randrange(self.seen)
        if place >= self._size:
            return
        found = excerpt(self._rng, column, text, cells(), self._languages)
        if place == len(self._kept):
            self._kept.append(found)
        else:
            self._kept[place] = found

    def excerpts(self, language: str) -> Excerpts:
        """The sample's excerpts of a language."""
        return Excerpts([found for found in self._kept if found.language == language])


def excerpt(
    rng: random.Random, column: str, text: str, cells: Iterable[tuple[str, str]], languages: Sequence[str]
) -> Excerpt:
    """Sentences in a row from a text: from a random place, or around a cell of the row that stands in it.

    Args:
        cells: kind and content of the row's structured cells.
        languages: see :class:`Reservoir`.
    """
    text = text[:LONGEST]
    language = language_of(text, languages)
    length = LENGTH[language]
    sentences = split(text)
    places = {kind: at for kind, cell in cells if (at := _literal(text, cell)) is not None}
    # Half of the excerpts with such a cell are around one, or long texts would hardly ever show theirs.
    middle = rng.choice(sorted(places.values()))[0] if places and rng.random() < 0.5 else rng.randrange(len(text))
    starts = [0, *accumulate(map(len, sentences))]
    first = last = bisect_right(starts, middle) - 1
    while True:
        wider = [(a, b) for a, b in ((first - 1, last), (first, last + 1)) if a >= 0 and b < len(sentences)]
        wider = [(a, b) for a, b in wider if starts[b + 1] - starts[a] <= length]
        if not wider:
            break
        first, last = rng.choice(wider)
    low, high = starts[first], starts[last + 1]
    kept = tuple(sentences[first : last + 1])
    if high - low > 2 * length:  # one endless sentence
        low, high = max(low, middle - length), min(high, middle + length)
        kept = (text[low:high],)
    own = {kind: (a - low, b - low) for kind, (a, b) in places.items() if low <= a and b <= high}
    return Excerpt(column, language, kept, own)


def split(text: str) -> list[str]:
    r"""Cut a text behind its sentences and lines; the pieces joined are the text.

    >>> split("Seen by Dr. Lee. Better?\nyes")
    ['Seen by Dr. Lee. ', 'Better?\n', 'yes']
    """
    ends = [m.end() for m in _END.finditer(text) if not _ABBREVIATED.search(text, max(0, m.start() - 6), m.start())]
    cuts = sorted({0, *ends, len(text)})
    return [text[a:b] for a, b in zip(cuts, cuts[1:], strict=False)]


def language_of(text: str, languages: Sequence[str]) -> str:
    """The language of a text among those given: Chinese where a fifth of its characters are Han."""
    if len(languages) == 1:
        return languages[0]
    return "zh" if 5 * len(_HAN.findall(text)) > len(text) else "en"


def _literal(text: str, cell: str) -> tuple[int, int] | None:
    """Where a cell's content stands in a text as a whole word; nowhere for one so short that chance puts it there."""
    cell = cell.strip()
    least = 2 if _HAN.search(cell) else 4
    at = text.find(cell) if len(cell) >= least else -1
    if at < 0:
        return None
    end = at + len(cell)
    han = bool(_HAN.search(cell))
    if not han and (text[at - 1 : at].isalnum() or text[end : end + 1].isalnum()):
        return None
    return at, end
