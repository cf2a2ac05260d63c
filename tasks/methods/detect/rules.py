"""Rules written for the masker, and the Presidio recognizer that applies them.

A rule's pattern holds its own context (a header, a title, a word before a number) and marks the value with a group
named ``v``. Presidio's pattern recognizer masks the whole match and decides by score and lemmas; here the context
is exact, so that a rule works the same in any language and next to any script.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any, Protocol

import regex
from presidio_analyzer import LocalRecognizer, RecognizerResult

from tasks.methods.detect.admission import Admission
from tasks.methods.detect.prefilter import ANYTHING, Need, need_of, shape_of

TIMEOUT_SECONDS = 30.0
"""A pattern that runs longer on one piece of text is a fault of the pattern: the shard fails, nothing is skipped."""

_FLAGS = regex.MULTILINE | regex.VERSION1


@dataclass(frozen=True)
class Rule:
    """One way a kind of personal data is written.

    Attributes:
        entity: the kind.
        pattern: for the ``regex`` module; the value is group ``v``, or the whole match where that took no part.
        score: of a match without a check, or with a check that fails.
        check: decides by the value; a pass gives score 1.
        needs_check: a match whose check fails is no finding.
        needs: characters of which the text must hold at least one, an exact shortcut.
    """

    entity: str
    pattern: str
    score: float
    check: Callable[[str], bool] | None = None
    needs_check: bool = False
    needs: str = ""
    compiled: Any = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "compiled", regex.compile(self.pattern, _FLAGS))

    @cached_property
    def need(self) -> Need:
        """What a text must hold for the rule to find anything in it."""
        need = need_of(self.pattern, int(_FLAGS))
        return replace(need, groups=need.groups | {frozenset(self.needs)}) if self.needs else need

    def find(self, text: str) -> list[tuple[int, int, float]]:
        """``(start, end, score)`` of every match."""
        marked = "v" in self.compiled.groupindex
        found = []
        for match in self.compiled.finditer(text, timeout=TIMEOUT_SECONDS):
            start, end = match.span("v") if marked else match.span()
            if start < 0:
                start, end = match.span()
            if start == end:
                continue
            score = self.score
            if self.check is not None:
                if self.check(text[start:end]):
                    score = 1.0
                elif self.needs_check:
                    continue
            found.append((start, end, score))
        return found


class Finder(Protocol):
    """What a recognizer applies: a :class:`Rule`, or a function wrapped by :class:`Function`."""

    @property
    def entity(self) -> str:
        """The kind found."""

    def find(self, text: str) -> list[tuple[int, int, float]]:
        """``(start, end, score)`` of every finding."""


@dataclass(frozen=True)
class Function:
    """A rule that one pattern can't say."""

    entity: str
    function: Callable[[str], list[tuple[int, int, float]]]

    def find(self, text: str) -> list[tuple[int, int, float]]:
        """``(start, end, score)`` of every finding."""
        return self.function(text)


class RuleRecognizer(LocalRecognizer):
    """Applies rules inside Presidio's analyzer.

    Args:
        name: the detector's name in policies and span tables.
        rules: what to look for.
        language: the language the analyzer calls it for.
    """

    def __init__(self, name: str, rules: Sequence[Finder], language: str) -> None:
        self._rules = tuple(rules)
        self._admission = Admission([rule.need if isinstance(rule, Rule) else ANYTHING for rule in rules])
        self._wanted: dict[frozenset[str], int] = {}
        entities = sorted({rule.entity for rule in rules})
        super().__init__(supported_entities=entities, name=name, supported_language=language)

    def load(self) -> None:
        """Nothing to load."""

    def analyze(self, text: str, entities: list[str], nlp_artifacts: Any = None) -> list[RecognizerResult]:
        """Presidio's entry point; the NLP artifacts are not used."""
        asked = frozenset(entities)
        if asked not in self._wanted:
            self._wanted[asked] = sum(1 << place for place, rule in enumerate(self._rules) if rule.entity in asked)
        results = []
        for place in self._admission.among(shape_of(text), self._wanted[asked]):
            rule = self._rules[place]
            for start, end, score in rule.find(text):
                metadata = {
                    RecognizerResult.RECOGNIZER_NAME_KEY: self.name,
                    RecognizerResult.RECOGNIZER_IDENTIFIER_KEY: self.id,
                }
                results.append(RecognizerResult(rule.entity, start, end, score, recognition_metadata=metadata))
        return results
