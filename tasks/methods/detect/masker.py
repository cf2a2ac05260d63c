"""The masker's side of detection: Presidio's analyzer with the detectors a policy names, over batches of texts."""

from __future__ import annotations

import logging
import re
from collections import deque
from collections.abc import Iterable, Iterator, Mapping, Sequence

from presidio_analyzer import AnalyzerEngine, EntityRecognizer, RecognizerRegistry

from tasks.core.errors import AirlockError, UserError
from tasks.methods.detect.chunks import chunks
from tasks.methods.detect.nlp import LocalNlpEngine
from tasks.methods.detect.own import echoes, own_values
from tasks.methods.detect.placeholders import Placeholders
from tasks.methods.detect.registry import CANONICAL, DETECTORS, SPACY_KINDS, recognizers
from tasks.methods.detect.spans import Span, trim
from tasks.methods.detect.words import HEADER_WORDS

_STRONG = {"airlock-people": 0.75, "own-column": 1.0}
_BATCH = 64
_WORD = re.compile(r"[^\W\d_]+(?:[/\-][^\W\d_]+)*")
_PUNCTUATION = re.compile(r"[^\w\s]{100,}")
"""Holds no value, and spaCy's tokenizer takes time that grows with the square of its length."""
_GAP = re.compile(r"\s*\n\s*|\s{2,}|\s*\|\s*")


class Masker:
    """Finds personal data in texts.

    Args:
        language: ``en`` or ``zh``.
        detectors: names out of :data:`DETECTORS`; those of another language are left out.
        entities: kinds to look for.
        thresholds: lowest score by kind.
        default_threshold: lowest score of a kind not in ``thresholds``.
        allow: words that are never personal data, compared without case, but for a value of the row's own columns.
        tags: tags that may already stand in a text and are left alone.
        spacy_model: name or folder of the spaCy model.

    Raises:
        UserError: where a detector is unknown, or a model isn't installed.
    """

    def __init__(
        self,
        language: str,
        detectors: Sequence[str],
        entities: Iterable[str],
        *,
        thresholds: Mapping[str, float] | None = None,
        default_threshold: float = 0.4,
        allow: Iterable[str] = (),
        tags: Iterable[str] = (),
        spacy_model: str = "en_core_web_md",
    ) -> None:
        _quiet()
        unknown = sorted(set(detectors) - set(DETECTORS))
        if unknown:
            raise UserError(
                f"the policy's detectors.masker names {', '.join(unknown)}; there are {', '.join(sorted(DETECTORS))}"
            )
        used = [name for name in detectors if language in DETECTORS[name]]
        if not used:
            raise UserError(f"the policy's detectors.masker names none that works in language {language}")
        self._language = language
        self._entities = frozenset(entities)
        self._thresholds, self._default = dict(thresholds or {}), default_threshold
        self._allow = frozenset(word.casefold() for word in allow)
        self._placeholders = Placeholders(tags)
        self._nlp = LocalNlpEngine(language, spacy_model)
        self._nlp.load()
        if not set(SPACY_KINDS) & set(used) and language == "en":
            self._nlp.nlp[language].disable_pipes(*(p for p in self._nlp.nlp[language].pipe_names if p == "ner"))
        found_by = [r for name in used for r in recognizers(name, language)]
        self._analyzer = AnalyzerEngine(
            registry=_Ordered(found_by, language), nlp_engine=self._nlp, supported_languages=[language]
        )
        supported = {entity for r in found_by for entity in r.supported_entities}
        self._asked = sorted(e for e in supported if CANONICAL.get(e, e) in self._entities)
        self._floor = min([self._default, *self._thresholds.values()])

    def find(
        self, texts: Sequence[str | None], own: Sequence[Sequence[tuple[str, object]]] | None = None
    ) -> list[list[Span]]:
        """The findings in each text, ordered by place; they may overlap.

        What is found in a text depends on it and on its own entry of ``own`` alone, not on the others in the batch.

        Args:
            texts: texts; ``None`` and blank ones have no findings.
            own: for each text ``(kind, cell)`` of the row's structured columns, to be found in it as well.

        Raises:
            AirlockError: where a detector fails. The message holds no text.
        """
        found: list[list[Span]] = [[] for _ in texts]
        try:
            for row, span in self._detected(texts):
                found[row].append(span)
            for row, text in enumerate(texts):
                if not text:
                    continue
                if own is not None and own[row]:
                    found[row] += own_values(text, own[row])
                found[row] = self._tidy(text, found[row])
                if "PERSON" in self._entities:
                    found[row] = self._tidy(text, [*found[row], *echoes(text, found[row], _STRONG)])
        except AirlockError:
            raise
        except Exception as exc:
            raise AirlockError(f"a detector failed with {type(exc).__name__}; the text is not shown") from None
        return found

    def _detected(self, texts: Sequence[str | None]) -> Iterator[tuple[int, Span]]:
        if not self._asked:
            return
        places: deque[tuple[int, int]] = deque()

        def pieces() -> Iterator[str]:
            for row, text in enumerate(texts):
                if text and not text.isspace():
                    for offset, piece in chunks(_PUNCTUATION.sub(_blank, text)):
                        places.append((row, offset))
                        yield piece

        with self._nlp.nlp[self._language].memory_zone():
            for piece, artifacts in self._nlp.process_batch(pieces(), self._language, batch_size=_BATCH):
                row, offset = places.popleft()
                results = self._analyzer.analyze(
                    piece, self._language, entities=self._asked, score_threshold=self._floor, nlp_artifacts=artifacts
                )
                for result in results:
                    entity = CANONICAL.get(result.entity_type, result.entity_type)
                    score = round(float(result.score), 4)
                    if score >= self._thresholds.get(entity, self._default):
                        name = result.recognition_metadata["recognizer_name"]
                        yield row, Span(offset + result.start, offset + result.end, entity, score, name)

    def _tidy(self, text: str, spans: Iterable[Span]) -> list[Span]:
        kept = set()
        for whole in self._placeholders.outside(text, spans):
            for piece in _lines(text, whole) if whole.detector in SPACY_KINDS else [whole]:
                span = trim(text, piece)
                if span is None:
                    continue
                if span.detector != "own-column" and text[span.start : span.end].casefold() in self._allow:
                    continue
                if span.detector not in SPACY_KINDS or _plausible(text[span.start : span.end], span.entity):
                    kept.add(span)
        return sorted(kept, key=lambda s: (s.start, s.end, s.entity, -s.score, s.detector))


def _blank(run: re.Match[str]) -> str:
    return " " * len(run.group())


def _lines(text: str, span: Span) -> Iterator[Span]:
    """A tagger's finding cut where a line or a column of a header ends: it runs on into the next header's words."""
    start = span.start
    for gap in _GAP.finditer(text, span.start, span.end):
        if gap.start() > start:
            yield Span(start, gap.start(), span.entity, span.score, span.detector)
        start = gap.end()
    if start < span.end:
        yield Span(start, span.end, span.entity, span.score, span.detector)


def _plausible(value: str, entity: str) -> bool:
    """Whether a tagger's finding can be a name: it takes bare numbers and clinical abbreviations for persons."""
    if all(word in HEADER_WORDS for word in _WORD.findall(value.casefold())):
        return False
    letters = sum(character.isalpha() for character in value)
    if letters < 2 or not any(character.isupper() for character in value):
        return False
    return not (entity in ("ORGANIZATION", "PERSON") and value.isupper() and letters <= 4 and " " not in value)


class _Ordered(RecognizerRegistry):
    """Presidio's registry hands recognizers out in the order of a set of objects, which differs from run to run."""

    def __init__(self, recognizers: list[EntityRecognizer], language: str) -> None:
        super().__init__(recognizers=recognizers, supported_languages=[language])
        self._known: dict[tuple[str, ...], list[EntityRecognizer]] = {}

    def get_recognizers(
        self,
        language: str,
        entities: list[str] | None = None,
        all_fields: bool = False,
        ad_hoc_recognizers: list[EntityRecognizer] | None = None,
    ) -> list[EntityRecognizer]:
        """The recognizers of the entities asked for, in the order in which the policy names their detectors."""
        asked = tuple(entities or ())
        if asked not in self._known:
            wanted = set(asked)
            self._known[asked] = [r for r in self.recognizers if not wanted or wanted & set(r.supported_entities)]
        return self._known[asked]


class _NothingSkipped(logging.Handler):
    """Presidio logs that a pattern timed out and goes on: the text would pass unscanned. Here it fails instead."""

    def emit(self, record: logging.LogRecord) -> None:
        if "timed out" in str(record.msg):
            raise AirlockError("a recognizer of Presidio took too long on a text; the text was not masked")


def _quiet() -> None:
    """Keep Presidio's loggers to themselves, but for what must not be missed."""
    for name in ("presidio-analyzer", "presidio-anonymizer"):
        logger = logging.getLogger(name)
        logger.propagate = False
        logger.setLevel(logging.WARNING)
        if not any(isinstance(handler, _NothingSkipped) for handler in logger.handlers):
            logger.handlers = [_NothingSkipped()]
