"""Each kind of Presidio recognizer, applied as its own ``analyze`` applies it, but without what nobody reads."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

import regex
from presidio_analyzer import EntityRecognizer, PatternRecognizer, RecognizerResult
from presidio_analyzer.nlp_engine import NlpArtifacts
from presidio_analyzer.predefined_recognizers import IbanRecognizer, PhoneRecognizer, SpacyRecognizer

from tasks.core.errors import AirlockError
from tasks.methods.detect.findings import Finding, distinct
from tasks.methods.detect.phones import PhoneFinder
from tasks.methods.detect.prefilter import Shape, admits, need_of
from tasks.methods.detect.tagger import TaggerRecognizer

TextFinder = Callable[[str, Shape], list[Finding]]
ArtifactsFinder = Callable[[str, list[str], NlpArtifacts], list[Finding]]
BatchFinder = Callable[[Sequence[str], list[str]], list[list[Finding]]]

TIMEOUT_SECONDS = 60.0
"""A pattern that runs longer on one text fails it; Presidio passes such a text on unscanned."""


def text_finder(recognizer: EntityRecognizer) -> TextFinder | None:
    """How a recognizer that looks at the text alone finds; ``None`` for one that isn't known to."""
    analyze = type(recognizer).analyze
    if analyze is PatternRecognizer.analyze:
        return _patterns(recognizer)
    if analyze is IbanRecognizer.analyze:
        return _guarded(recognizer)
    if analyze is PhoneRecognizer.analyze:
        return _phones(recognizer)
    return None


def artifacts_finder(recognizer: EntityRecognizer) -> ArtifactsFinder:
    """How a recognizer finds that looks at what the NLP engine read, or is a stranger."""
    return _entities(recognizer) if type(recognizer).analyze is SpacyRecognizer.analyze else _strange(recognizer)


def batch_finder(recognizer: EntityRecognizer) -> BatchFinder | None:
    """How a recognizer of ours finds that reads several texts in less time than one by one; ``None`` for others."""
    if not isinstance(recognizer, TaggerRecognizer):
        return None

    def find(texts: Sequence[str], entities: list[str]) -> list[list[Finding]]:
        return [_findings(results, recognizer.name) for results in recognizer.analyze_batch(texts, entities)]

    return find


def _patterns(recognizer: PatternRecognizer) -> TextFinder:
    flags = recognizer.global_regex_flags
    patterns = [(need_of(p.regex, flags), regex.compile(p.regex, flags=flags), p.score) for p in recognizer.patterns]
    entity, name = recognizer.supported_entities[0], recognizer.name
    validate = _overridden(recognizer, "validate_result")
    invalidate = _overridden(recognizer, "invalidate_result")
    fewest_digits = min((need.digits for need, _, _ in patterns), default=0)

    def find(text: str, shape: Shape) -> list[Finding]:
        found: list[Finding] = []
        if shape.digits < fewest_digits:
            return found
        for need, compiled, pattern_score in patterns:
            if not admits(need, shape):
                continue
            try:
                for match in compiled.finditer(text, timeout=TIMEOUT_SECONDS):
                    start, end = match.span()
                    if start == end:
                        continue
                    score = pattern_score
                    if validate is not None:
                        valid = validate(text[start:end])
                        if valid is not None:
                            score = 1.0 if valid else 0
                    if invalidate is not None and invalidate(text[start:end]):
                        score = 0
                    if score > 0:
                        found.append(Finding(entity, start, end, score, name))
            except TimeoutError:
                raise AirlockError(f"a pattern of the recognizer {name} took too long on a text") from None
        return distinct(found) if len(found) > 1 else found

    return find


def _overridden(recognizer: PatternRecognizer, method: str) -> Callable[[str], bool | None] | None:
    own = getattr(type(recognizer), method)
    return None if own is getattr(PatternRecognizer, method) else getattr(recognizer, method)


def _guarded(recognizer: PatternRecognizer) -> TextFinder:
    """A recognizer with a loop of its own over its patterns: asked where one of them can match."""
    needs = [need_of(pattern.regex, recognizer.global_regex_flags) for pattern in recognizer.patterns]
    look = _strange(recognizer)

    def find(text: str, shape: Shape) -> list[Finding]:
        return look(text, recognizer.supported_entities, None) if any(admits(need, shape) for need in needs) else []

    return find


def _phones(recognizer: PhoneRecognizer) -> TextFinder:
    finder = PhoneFinder(tuple(recognizer.supported_regions), recognizer.leniency)
    entity, name, score = recognizer.supported_entities[0], recognizer.name, recognizer.SCORE

    def find(text: str, shape: Shape) -> list[Finding]:
        if shape.digits < finder.fewest_digits:
            return []
        return distinct(Finding(entity, start, end, score, name) for start, end in finder.find(text))

    return find


def _entities(recognizer: SpacyRecognizer) -> ArtifactsFinder:
    supported, name = frozenset(recognizer.supported_entities), recognizer.name

    def find(_text: str, entities: list[str], artifacts: NlpArtifacts) -> list[Finding]:
        return [
            Finding(entity.label_, entity.start_char, entity.end_char, score, name)
            for entity, score in zip(artifacts.entities, artifacts.scores, strict=True)
            if entity.label_ in supported and entity.label_ in entities
        ]

    return find


def _strange(recognizer: EntityRecognizer) -> ArtifactsFinder:
    def find(text: str, entities: list[str], artifacts: Any) -> list[Finding]:
        results = recognizer.analyze(text=text, entities=entities, nlp_artifacts=artifacts)
        return _findings(results or (), recognizer.name)

    return find


def _findings(results: Iterable[RecognizerResult], recognizer: str) -> list[Finding]:
    found = []
    for result in results:
        metadata = result.recognition_metadata or {}
        name = metadata.get(RecognizerResult.RECOGNIZER_NAME_KEY, recognizer)
        settled = bool(metadata.get(RecognizerResult.IS_SCORE_ENHANCED_BY_CONTEXT_KEY))
        found.append(Finding(result.entity_type, result.start, result.end, result.score, name, settled))
    return found
