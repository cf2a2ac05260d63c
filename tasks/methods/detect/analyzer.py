"""Presidio's analysis of a text, without what makes it slow.

The same recognizers give the same findings in the same order as ``presidio_analyzer.AnalyzerEngine.analyze`` (2.2.366)
gives, place by place and score by score. Pattern recognizers are applied to texts that can hold a match at all, no
explanations are made and copied, the words around a finding are looked up, and nothing is compared pairwise.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from presidio_analyzer import EntityRecognizer
from presidio_analyzer.nlp_engine import NlpArtifacts, SpacyNlpEngine

from tasks.methods.detect.finders import (
    ArtifactsFinder,
    BatchFinder,
    TextFinder,
    artifacts_finder,
    batch_finder,
    text_finder,
)
from tasks.methods.detect.findings import Finding, distinct
from tasks.methods.detect.prefilter import shape_of
from tasks.methods.detect.reader import Reader
from tasks.methods.detect.surroundings import ContextSettings, ContextWords, Surroundings

ZONE_CHARACTERS = 1_000_000
"""Texts read in one of spaCy's memory zones: words seen in them alone are forgotten when it ends."""

BATCH_CHARACTERS = 50_000
"""Texts read together hold no more, but for one longer text: what the model keeps for a token is over a kilobyte."""


class Analyzer:
    """Finds personal data in texts with Presidio recognizers.

    Args:
        recognizers: in the order in which they look; each object once.
        language: those for another language are left out.
        threshold: lowest score of a finding whose recognizer has no threshold of its own.
        context: how words around a finding raise its score.

    Raises:
        ValueError: where no recognizer is left, one comes twice, or one raises scores by a method of its own.

    Formal guarantees:
        ``analyze_artifacts`` gives the entities, places, scores and recognizers' names that
        ``AnalyzerEngine.analyze`` gives with ``LemmaContextAwareEnhancer``, a registry of the same order and no allow
        list, in its order. It differs where Presidio's own recognizers time out (here an error), where a finding
        starts behind a text's last token (Presidio fails), and after 65,535 candidates for a telephone number (see
        :mod:`tasks.methods.detect.phones`).
    """

    def __init__(
        self,
        recognizers: Sequence[EntityRecognizer],
        language: str,
        threshold: float = 0.0,
        context: ContextSettings | None = None,
    ) -> None:
        used = [recognizer for recognizer in recognizers if recognizer.supported_language == language]
        if not used:
            raise ValueError(f"no recognizer works in language {language}")
        if len({recognizer.id for recognizer in used}) < len(used):
            raise ValueError("a recognizer is listed twice")
        for recognizer in used:
            if type(recognizer).enhance_using_context is not EntityRecognizer.enhance_using_context:
                raise ValueError(f"the recognizer {recognizer.name} raises scores by a method of its own")
        self._language = language
        self._threshold = threshold
        self._settings = context or ContextSettings()
        self._steps = [_step(recognizer, self._settings) for recognizer in used]
        self._plans: dict[tuple[str, ...], _Plan] = {}

    def analyze_artifacts(
        self,
        text: str,
        artifacts: NlpArtifacts,
        entities: Sequence[str] | None = None,
        score_threshold: float | None = None,
    ) -> list[Finding]:
        """The findings in one text, the best first.

        Args:
            text: the text.
            artifacts: what an NLP engine read in it.
            entities: kinds by Presidio's names; recognizers of none of them don't look. All of them where ``None``.
            score_threshold: lowest score, in place of all other thresholds.

        Raises:
            AirlockError: where a pattern takes too long. The message holds no text.
        """
        plan = self._plan(entities)
        return self._finish(text, _from_text(text, plan), artifacts, plan, score_threshold)

    def analyze_batch(
        self,
        texts: Iterable[str],
        nlp_engine: SpacyNlpEngine | Reader,
        batch_size: int = 256,
        entities: Sequence[str] | None = None,
        score_threshold: float | None = None,
    ) -> Iterator[list[Finding]]:
        """Yield the findings in each text, in order; what needs the text alone is found before the model reads it.

        Args:
            texts: texts, taken in batches.
            nlp_engine: a loaded engine, or a reader made of one.
            batch_size: most texts that the model reads together; long ones are fewer.
            entities: as in :meth:`analyze_artifacts`.
            score_threshold: as in :meth:`analyze_artifacts`.

        Raises:
            AirlockError: where a pattern takes too long. The message holds no text.
        """
        reader = nlp_engine if isinstance(nlp_engine, Reader) else Reader(nlp_engine, self._language)
        plan = self._plan(entities)
        batches = _batches(texts, batch_size)
        batch = next(batches, None)
        while batch:
            characters = 0
            results: list[list[Finding]] = []
            with reader.memory_zone():
                while batch and characters < ZONE_CHARACTERS:
                    characters += sum(map(len, batch))
                    results.extend(self._batch(batch, reader, plan, score_threshold))
                    batch = next(batches, None)
            yield from results

    def _batch(
        self, batch: list[str], reader: Reader, plan: _Plan, score_threshold: float | None
    ) -> Iterator[list[Finding]]:
        raws = [_from_text(text, plan) for text in batch]
        for place, step in enumerate(plan.steps):
            if step.from_batch is not None:
                for raw, findings in zip(raws, step.from_batch(batch, plan.entities), strict=True):
                    raw[place] = findings
        lemmas = [self._needs_words(raw, plan, score_threshold) for raw in raws]
        for text, raw, artifacts in zip(batch, raws, reader.read(batch, lemmas), strict=True):
            yield self._finish(text, raw, artifacts, plan, score_threshold)

    def _plan(self, entities: Sequence[str] | None) -> _Plan:
        asked = tuple(entities or ())
        if asked not in self._plans:
            wanted = set(asked) or {entity for step in self._steps for entity in step.recognizer.supported_entities}
            steps = [step for step in self._steps if not asked or wanted & set(step.recognizer.supported_entities)]
            self._plans[asked] = _Plan(list(wanted), steps)
        return self._plans[asked]

    def _needs_words(self, raw: list[list[Finding] | None], plan: _Plan, score_threshold: float | None) -> bool:
        return any(
            self._may_rise(found, step, score_threshold)
            for step, findings in zip(plan.steps, raw, strict=True)
            if findings and step.words is not None
            for found in findings
        )

    def _may_rise(self, found: Finding, step: _Step, score_threshold: float | None) -> bool:
        """Whether the words around a finding matter: not where its score is the highest, or stays too low."""
        raised = self._settings.raised(found.score)
        return not found.settled and raised != found.score and raised >= self._least(found, step, score_threshold)

    def _least(self, found: Finding, step: _Step, score_threshold: float | None) -> float:
        if score_threshold is not None:
            return score_threshold
        return step.thresholds.get(found.entity_type, step.thresholds.get("default", self._threshold))

    def _finish(
        self,
        text: str,
        raw: list[list[Finding] | None],
        artifacts: NlpArtifacts,
        plan: _Plan,
        score_threshold: float | None,
    ) -> list[Finding]:
        surroundings: Surroundings | None = None
        kept = []
        for step, from_text in zip(plan.steps, raw, strict=True):
            findings = step.from_artifacts(text, plan.entities, artifacts) if from_text is None else from_text
            for found in findings:
                if step.words is not None and self._may_rise(found, step, score_threshold):
                    surroundings = surroundings or Surroundings(artifacts, self._settings)
                    if step.words.support(surroundings.at(found.start)):
                        found.score = self._settings.raised(found.score)
                if found.score >= self._least(found, step, score_threshold):
                    kept.append(found)
        return distinct(kept)


@dataclass(frozen=True)
class _Step:
    """One recognizer: how it looks at a text, at texts, or at what the NLP engine read, and what raises its scores."""

    recognizer: EntityRecognizer
    from_text: TextFinder | None
    from_batch: BatchFinder | None
    from_artifacts: ArtifactsFinder
    words: ContextWords | None
    thresholds: Mapping[str, float]


@dataclass(frozen=True)
class _Plan:
    """The recognizers that look for some kinds."""

    entities: list[str]
    steps: list[_Step]


def _step(recognizer: EntityRecognizer, settings: ContextSettings) -> _Step:
    words = ContextWords(recognizer.context, settings.whole_word) if recognizer.context else None
    finders = text_finder(recognizer), batch_finder(recognizer), artifacts_finder(recognizer)
    return _Step(recognizer, *finders, words, recognizer.score_thresholds)


def _from_text(text: str, plan: _Plan) -> list[list[Finding] | None]:
    shape = shape_of(text)
    return [step.from_text(text, shape) if step.from_text else None for step in plan.steps]


def _batches(texts: Iterable[str], most: int) -> Iterator[list[str]]:
    batch: list[str] = []
    characters = 0
    for text in texts:
        if batch and (len(batch) >= most or characters + len(text) > BATCH_CHARACTERS):
            yield batch
            batch, characters = [], 0
        batch.append(text)
        characters += len(text)
    if batch:
        yield batch
