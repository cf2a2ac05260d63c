"""The masker's side of detection: Presidio's recognizers and ours, as a policy names them, over batches of texts."""

from __future__ import annotations

import logging
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence

from tasks.core.errors import AirlockError, UserError
from tasks.methods.detect.analyzer import Analyzer
from tasks.methods.detect.chunks import chunks
from tasks.methods.detect.deny import DenyList
from tasks.methods.detect.disguise import rewrites
from tasks.methods.detect.findings import Finding
from tasks.methods.detect.nlp import LocalNlpEngine
from tasks.methods.detect.own import echoes, number_echoes, own_values
from tasks.methods.detect.placeholders import Placeholders
from tasks.methods.detect.reader import Reader
from tasks.methods.detect.registry import CANONICAL, DETECTORS, NETWORKS, TAGGERS, recognizers
from tasks.methods.detect.spans import Span, trim
from tasks.methods.detect.truecase import truecase
from tasks.methods.detect.user_models import ModelEntry, reads
from tasks.methods.detect.view import View, view
from tasks.methods.detect.words import HEADER_WORDS

_STRONG = {"airlock-people": 0.75, "own-column": 1.0, "deny-list": 1.0}
_CERTAIN = frozenset({"own-column", "deny-list"})
"""Detectors whose findings the allow list doesn't touch: the row itself, or the policy, says what they are."""
_BATCH = 256
_WORD = re.compile(r"[^\W\d_]+(?:[/\-][^\W\d_]+)*")
_PUNCTUATION = re.compile(r"[^\w\s]{100,}")
"""Holds no value, and spaCy's tokenizer takes time that grows with the square of its length."""
_GAP = re.compile(r"\s*\n\s*|\s{2,}|\s*\|\s*")


class Masker:
    """Finds personal data in texts.

    A text is read as its normalised view (:mod:`tasks.methods.detect.view`), long ones in overlapping pieces. Values
    written out or broken up are read once more with the disguise taken off (:mod:`tasks.methods.detect.disguise`), by
    the detectors that go by form alone. What is found is given in places of the text as it was written.

    Args:
        language: ``en`` or ``zh``.
        detectors: names out of :data:`~tasks.methods.detect.registry.DETECTORS`; those of another language are left
            out.
        entities: kinds to look for.
        thresholds: lowest score by kind.
        default_threshold: lowest score of a kind not in ``thresholds``.
        detector_thresholds: lowest score by detector. A finding must reach its kind's threshold and its detector's.
        allow: words that are never personal data, compared without case, but for values of the row's own columns and
            those of ``deny``.
        deny: words and phrases that always are, with their kind.
        tags: tags that may already stand in a text and are left alone.
        marks: patterns of other marks of masking, left alone as well.
        spacy_model: name or folder of the spaCy model.
        models: the user's own, which ``detectors`` may name.

    Raises:
        UserError: where a detector is unknown, a model isn't installed, or persons are asked for and nobody finds any.
    """

    def __init__(
        self,
        language: str,
        detectors: Sequence[str],
        entities: Iterable[str],
        *,
        thresholds: Mapping[str, float] | None = None,
        default_threshold: float = 0.4,
        detector_thresholds: Mapping[str, float] | None = None,
        allow: Iterable[str] = (),
        deny: Mapping[str, str] | None = None,
        tags: Iterable[str] = (),
        marks: Iterable[str] = (),
        spacy_model: str = "en_core_web_md",
        models: Mapping[str, ModelEntry] | None = None,
    ) -> None:
        _quiet()
        models = models or {}
        known = {**DETECTORS, **{name: (language,) if reads(entry, language) else () for name, entry in models.items()}}
        unknown = sorted(set(detectors) - set(known))
        if unknown:
            raise UserError(
                f"the policy's detectors.masker names {', '.join(unknown)}; there are {', '.join(sorted(known))}"
            )
        used = [name for name in detectors if language in known[name]]
        if not used:
            raise UserError(f"the policy's detectors.masker names none that works in language {language}")
        self._entities = frozenset(entities)
        self._thresholds, self._default = dict(thresholds or {}), default_threshold
        self._by_detector = dict(detector_thresholds or {})
        self._floor = min([self._default, *self._thresholds.values()])
        self._allow = frozenset(word.casefold() for word in allow)
        self._deny = DenyList({phrase: kind for phrase, kind in (deny or {}).items() if kind in self._entities})
        self._placeholders = Placeholders(tags, marks)
        found_by = {name: recognizers(name, language, models) for name in used}
        if "PERSON" in self._entities and not any(
            "PERSON" in r.supported_entities for rs in found_by.values() for r in rs
        ):
            raise UserError(f"the policy's detectors.masker names none that finds persons in language {language}")
        named = [r for name in used if name in TAGGERS for r in found_by[name]]
        rest = [r for name in used if name not in TAGGERS for r in found_by[name]]
        form = [r for name in used if name not in TAGGERS | NETWORKS | set(models) for r in found_by[name]]
        reader = _reader(language, spacy_model if named else "")
        self._all = (Analyzer([*rest, *named], language), reader)
        self._by_name = (Analyzer(named, language), reader) if named else None
        self._by_form = (Analyzer(form, language), _reader(language, "")) if form else None

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
        try:
            seen = [view(text) if text else None for text in texts]
            found = self._detected([one.text if one else "" for one in seen])
            return [
                self._finished(one, spans, own[row] if own is not None else ()) if one else []
                for row, (one, spans) in enumerate(zip(seen, found, strict=True))
            ]
        except AirlockError:
            raise
        except Exception as exc:
            raise AirlockError(f"a detector failed with {type(exc).__name__}; the text is not shown") from None

    def _detected(self, texts: Sequence[str]) -> list[list[Span]]:
        """What the detectors find in each view."""
        found: list[list[Span]] = [[] for _ in texts]
        places, pieces = [], []
        for row, text in enumerate(texts):
            if text and not text.isspace():
                for offset, piece in chunks(_PUNCTUATION.sub(_blank, text)):
                    places.append((row, offset))
                    pieces.append(piece)
        for (row, offset), spans in zip(places, self._asked(self._all, pieces), strict=True):
            found[row] += [_moved(span, offset) for span in spans]
        if self._by_name is not None:
            # Text all in capitals or all in small letters, read as if it were neither.
            cased = [(place, new) for place, piece in zip(places, pieces, strict=True) if (new := truecase(piece))]
            for ((row, offset), _), spans in zip(cased, self._asked(self._by_name, [n for _, n in cased]), strict=True):
                found[row] += [_moved(span, offset) for span in spans]
        if self._by_form is not None:
            windows = [(row, window) for row, text in enumerate(texts) for window in rewrites(text)]
            for (row, window), spans in zip(
                windows, self._asked(self._by_form, [w.text for _, w in windows]), strict=True
            ):
                for s in spans:
                    if window.touches(s.start, s.end):
                        found[row].append(Span(*window.span(s.start, s.end), s.entity, s.score, s.detector))
        return found

    def _asked(self, asked: tuple[Analyzer, Reader], texts: Sequence[str]) -> Iterator[list[Span]]:
        analyzer, reader = asked
        for answer in analyzer.analyze_batch(texts, reader, _BATCH, score_threshold=self._floor):
            yield list(self._kept(answer))

    def _kept(self, findings: Iterable[Finding]) -> Iterator[Span]:
        for found in findings:
            entity = CANONICAL.get(found.entity_type, found.entity_type)
            score, detector = round(float(found.score), 4), found.recognizer_name
            least = max(self._thresholds.get(entity, self._default), self._by_detector.get(detector, 0.0))
            if entity in self._entities and score >= least:
                yield Span(found.start, found.end, entity, score, detector)

    def _finished(self, seen: View, spans: list[Span], own: Sequence[tuple[str, object]]) -> list[Span]:
        """The findings of a text as it was written, with what follows from the row and from one another."""
        text = seen.text
        spans = self._tidy(text, [*spans, *self._deny.find(text), *(own_values(text, own) if own else ())])
        again = echoes(text, spans, _STRONG) if "PERSON" in self._entities else []
        spans = self._tidy(text, [*spans, *again, *number_echoes(text, spans)])
        written = {Span(*seen.span(s.start, s.end), s.entity, s.score, s.detector) for s in spans}
        return sorted(written, key=lambda s: (s.start, s.end, s.entity, -s.score, s.detector))

    def _tidy(self, text: str, spans: Iterable[Span]) -> list[Span]:
        kept = set()
        for whole in self._placeholders.outside(text, spans):
            for piece in _lines(text, whole) if whole.detector in TAGGERS else [whole]:
                span = trim(text, piece)
                if span is None:
                    continue
                if span.detector not in _CERTAIN and text[span.start : span.end].casefold() in self._allow:
                    continue
                value = text[span.start : span.end]
                if span.detector in TAGGERS and not _plausible(value):
                    continue
                if span.detector in TAGGERS | NETWORKS and span.entity == "ORGANIZATION" and _abbreviation(value):
                    continue
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


def _plausible(value: str) -> bool:
    """Whether a tagger's finding can be a name: it takes bare numbers, faces and headers for one."""
    if all(word in HEADER_WORDS for word in _WORD.findall(value.casefold())):
        return False
    return sum(character.isalpha() for character in value) >= 2


def _abbreviation(value: str) -> bool:
    """Whether a finding is a few capitals: BP, MRI and SSN are taken for firms."""
    return value.isupper() and value.isascii() and sum(map(str.isalpha, value)) <= 4 and " " not in value


def _moved(span: Span, offset: int) -> Span:
    return Span(offset + span.start, offset + span.end, span.entity, span.score, span.detector)


def _reader(language: str, model: str) -> Reader:
    engine = LocalNlpEngine(language, model)
    engine.load()
    return Reader(engine, language)


class _NothingSkipped(logging.Handler):
    """Presidio logs that a pattern timed out and goes on: the text would pass unscanned. Here it fails instead."""

    def emit(self, record: logging.LogRecord) -> None:
        if "timed out" in str(record.msg):
            raise AirlockError("a recognizer of Presidio took too long on a text; the text was not masked")


def _quiet() -> None:
    """Keep Presidio's logger to itself, but for what must not be missed."""
    logger = logging.getLogger("presidio-analyzer")
    logger.propagate = False
    logger.setLevel(logging.WARNING)
    if not any(isinstance(handler, _NothingSkipped) for handler in logger.handlers):
        logger.handlers = [_NothingSkipped()]
