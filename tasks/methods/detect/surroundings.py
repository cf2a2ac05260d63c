"""Scores raised by the words around a finding, as Presidio's ``LemmaContextAwareEnhancer`` raises them.

Presidio looks for the finding's token from the first one on and for every lemma in a list of all keywords, for each
finding: time that grows with the square of the text. Here both are looked up.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass

from presidio_analyzer.nlp_engine import NlpArtifacts


@dataclass(frozen=True)
class ContextSettings:
    """How far context words are looked for and what they are worth; Presidio's defaults.

    Attributes:
        similarity_factor: what a supportive word adds to a score.
        min_score: the least score that a finding with a supportive word has.
        prefix_count: keywords before the finding.
        suffix_count: keywords after it.
        whole_word: a context word must be a keyword, not just part of one.
    """

    similarity_factor: float = 0.35
    min_score: float = 0.4
    prefix_count: int = 5
    suffix_count: int = 0
    whole_word: bool = False

    def raised(self, score: float) -> float:
        """The score of a finding with a supportive word."""
        return min(max(score + self.similarity_factor, self.min_score), 1.0)


class ContextWords:
    """The context words of one recognizer, lowered once."""

    def __init__(self, words: Sequence[str], whole_word: bool) -> None:
        self._words = frozenset(word.lower() for word in words)
        self._whole = whole_word

    def support(self, surrounding: frozenset[str]) -> bool:
        """Whether one of them stands in, or is one of, the surrounding keywords."""
        if self._whole:
            return not self._words.isdisjoint(surrounding)
        return any(word in keyword for keyword in surrounding for word in self._words)


class Surroundings:
    """The keywords around places of one text.

    Args:
        artifacts: what the NLP engine read; its keywords are computed here at the first question, not before.
        settings: how many words count.
    """

    def __init__(self, artifacts: NlpArtifacts, settings: ContextSettings) -> None:
        self._settings = settings
        self._tokens = artifacts.tokens
        self._known: dict[int, frozenset[str]] = {}
        if not self._tokens:
            return
        keywords = frozenset(artifacts.keywords)
        self._starts = artifacts.tokens_indices
        lowered = ((place, lemma.lower()) for place, lemma in enumerate(artifacts.lemmas))
        found = [(place, lemma) for place, lemma in lowered if lemma in keywords]
        self._places = [place for place, _ in found]
        self._lemmas = [lemma for _, lemma in found]

    def at(self, start: int) -> frozenset[str]:
        """The keywords around the token that holds the character ``start``, or else the next one.

        Presidio fails where no token is left, which white space at a text's end does; here the last one counts.
        """
        if not self._tokens:
            return frozenset([""])
        token = max(bisect_right(self._starts, start) - 1, 0)
        if start >= self._starts[token] + len(self._tokens[token]):
            token = min(token + 1, len(self._starts) - 1)
        words = self._known.get(token)
        if words is None:
            before = bisect_right(self._places, token)
            after = bisect_left(self._places, token)
            backward = self._lemmas[max(before - self._settings.prefix_count - 1, 0) : before]
            forward = self._lemmas[after : after + self._settings.suffix_count + 1]
            words = self._known[token] = frozenset(backward + forward)
        return words
