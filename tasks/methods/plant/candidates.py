"""The values to plant, drawn before the corpus is read, and which of them the corpus turns out to hold already."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from tasks.methods.plant.kinds import FORMATS, languages_of
from tasks.methods.plant.value import Value, draw
from tasks.methods.sample.stream import stream

SHARED = frozenset({"AGE", "DATE", "DATE_OF_BIRTH", "LOCATION", "NRP", "ORGANIZATION", "TITLE", "ZIP_CODE"})
"""Kinds whose values belong to many people: one that the corpus holds as well is nobody's in particular."""

_WORD = re.compile(r"[0-9A-Za-z@._+:\-/]{6,}")
_NUMBER = re.compile(r"\d[\d ().\-]{4,}\d")


class Candidates:
    """Values by kind, twice as many as are planted, so that those of the corpus's own people can be left out.

    Each value is an independent draw of its language, format and content.

    Args:
        seed: what all draws are made from.
        kinds: the kinds to plant.
        languages: languages of the texts.
        count: values wanted by kind.
    """

    def __init__(self, seed: str, kinds: Sequence[str], languages: Sequence[str], count: int) -> None:
        self._count = count
        self._drawn: dict[str, list[tuple[str, Value]]] = {}
        for kind in kinds:
            rng, spoken = stream(seed, "values", kind), languages_of(kind, languages)
            drawn = []
            for _ in range(count if kind in SHARED else 2 * count):
                language = rng.choice(spoken)
                drawn.append((language, draw(rng, kind, FORMATS[language][kind])))
            self._drawn[kind] = drawn
        self._wanted = {bare(v.text) for kind, drawn in self._drawn.items() if kind not in SHARED for _, v in drawn}
        self._seen: set[str] = set()

    def meet_text(self, text: str) -> None:
        """Note which values stand in a text of the corpus: numbers and what is written without a space."""
        for pattern in (_WORD, _NUMBER):
            self.meet_cells(pattern.findall(text))

    def meet_cells(self, cells: Iterable[object]) -> None:
        """Note which values are cells of the corpus."""
        self._seen.update(self._wanted.intersection(bare(str(cell)) for cell in cells if cell is not None))

    def chosen(self) -> dict[str, list[tuple[str, Value]]]:
        """By kind, language and value of the draws that the corpus doesn't hold; of the others, where these run out."""
        found = {}
        for kind, drawn in self._drawn.items():
            drawn = sorted(drawn, key=lambda pair: bare(pair[1].text) in self._seen)
            found[kind] = drawn[: self._count]
        return found


def bare(value: str) -> str:
    """Letters and digits alone, in small letters.

    >>> bare("(206) 555-0143")
    '2065550143'
    """
    return "".join(filter(str.isalnum, value)).lower()
