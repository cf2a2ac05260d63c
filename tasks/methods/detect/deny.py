"""Words and phrases that a policy says are always personal data."""

from __future__ import annotations

import re
from collections.abc import Mapping

from tasks.methods.detect.spans import Span

_TOKEN = re.compile(r"[^\W_]+")
_UNSPACED = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff]")
_WIDEST_GAP = 3


class DenyList:
    """Finds phrases in any case, whole words only, with at most three other characters between two words.

    Phrases in scripts without spaces between words are found to the letter.

    Args:
        phrases: each with the kind it is masked as.

    >>> DenyList({"Project Heron": "ORGANIZATION"}).find("the project-heron files")
    [Span(start=4, end=17, entity='ORGANIZATION', score=1.0, detector='deny-list')]
    """

    def __init__(self, phrases: Mapping[str, str]) -> None:
        self._first: dict[str, list[tuple[list[str], str]]] = {}
        self._exact: list[tuple[str, str]] = []
        for phrase, kind in phrases.items():
            words = [word.casefold() for word in _TOKEN.findall(phrase)]
            if _UNSPACED.search(phrase):
                self._exact.append((phrase, kind))
            elif words:
                self._first.setdefault(words[0], []).append((words, kind))

    def find(self, text: str) -> list[Span]:
        """The places of the phrases, ordered."""
        found = []
        if self._first:
            tokens = [(m.group().casefold(), m.start(), m.end()) for m in _TOKEN.finditer(text)]
            for i, (word, start, _) in enumerate(tokens):
                for words, kind in self._first.get(word, ()):
                    here = tokens[i : i + len(words)]
                    near = all(b[1] - a[2] <= _WIDEST_GAP for a, b in zip(here, here[1:], strict=False))
                    if [token[0] for token in here] == words and near:
                        found.append(Span(start, here[-1][2], kind, 1.0, "deny-list"))
        for phrase, kind in self._exact:
            place = text.find(phrase)
            while place >= 0:
                found.append(Span(place, place + len(phrase), kind, 1.0, "deny-list"))
                place = text.find(phrase, place + 1)
        return sorted(found, key=lambda s: (s.start, s.end, s.entity))
