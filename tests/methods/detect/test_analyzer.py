"""The analyzer finds what Presidio's finds, place by place and score by score."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from presidio_analyzer import AnalyzerEngine, EntityRecognizer, Pattern, PatternRecognizer, RecognizerRegistry
from presidio_analyzer import predefined_recognizers as presidio
from presidio_analyzer.context_aware_enhancers import LemmaContextAwareEnhancer
from presidio_analyzer.nlp_engine import NerModelConfiguration, SpacyNlpEngine

from tasks.core.errors import AirlockError
from tasks.methods.detect import finders
from tasks.methods.detect.analyzer import Analyzer
from tasks.methods.detect.nlp import LocalNlpEngine
from tasks.methods.detect.reader import Reader
from tasks.methods.detect.surroundings import ContextSettings
from tasks.methods.sample import records

PIECES = st.sampled_from(
    ["phone", "card number", "my ssn is", "passport", "driver license", "bank account", "IBAN", "Dr. John Smith",
     "in Boston.", "Ann Lee\nTel", "2125550123", "+44 20 7946 0958", "4111 1111 1111 1111", "078-05-1120",
     "12/03/2019", "2019-03-12T10:00:00Z", "GB82WEST12345698765432", "192.168.1.20", "::1", "00:1A:2B:3C:4D:5E",
     "123456789", "A12345678", "943 476 5919", "B1234567", "1BoatSLRHtKNngkdXEeobR76b53LETtpyT", "JAN-2020", "03/19",
     " ", "\n", ",", "。", "服务器", "é", "\u200b", ".", "!"]
)  # fmt: skip
TEXTS = st.one_of(st.lists(PIECES, max_size=12).map(" ".join), st.text(max_size=60))


class _Engine(SpacyNlpEngine):  # type: ignore[misc]
    """Presidio's own engine on the model that the masker's has loaded."""

    def __init__(self, local: LocalNlpEngine) -> None:
        super().__init__(local.models, local.ner_model_configuration)
        self.nlp = local.nlp


@cache
def _engine() -> LocalNlpEngine:
    engine = LocalNlpEngine("en", "en_core_web_sm")
    engine.load()
    return engine


@cache
def _recognizers() -> tuple[EntityRecognizer, ...]:
    kinds = [
        presidio.CreditCardRecognizer, presidio.CryptoRecognizer, presidio.IbanRecognizer, presidio.IpRecognizer,
        presidio.MacAddressRecognizer, presidio.DateRecognizer, presidio.UsBankRecognizer, presidio.UsItinRecognizer,
        presidio.UsLicenseRecognizer, presidio.UsPassportRecognizer, presidio.UsSsnRecognizer,
        presidio.MedicalLicenseRecognizer, presidio.NhsRecognizer, presidio.PhoneRecognizer, presidio.UrlRecognizer,
    ]  # fmt: skip
    titles = PatternRecognizer("TITLE", deny_list=["Dr.", "Mrs."], context=["smith"])
    made = [*(kind() for kind in kinds), titles, presidio.SpacyRecognizer(supported_entities=["PERSON", "LOCATION"])]
    made[10].score_thresholds = {"US_SSN": 0.2}
    made[9].score_thresholds = {"default": 0.6}
    return tuple(made)


def _theirs(text: str, threshold: float | None, enhancer: Any = None) -> list[tuple[Any, ...]]:
    engine = _Engine(_engine())
    registry = RecognizerRegistry(recognizers=list(_recognizers()), supported_languages=["en"])
    analyzer = AnalyzerEngine(
        registry, engine, supported_languages=["en"], default_score_threshold=0.3, context_aware_enhancer=enhancer
    )
    results = analyzer.analyze(text, "en", score_threshold=threshold)
    return [(r.entity_type, r.start, r.end, r.score, r.recognition_metadata["recognizer_name"]) for r in results]


def _plain(found: list[Any]) -> list[tuple[Any, ...]]:
    return [(f.entity_type, f.start, f.end, f.score, f.recognizer_name) for f in found]


def _sample(rows: int) -> Iterator[str]:
    for domain in ("healthcare", "finance", "government"):
        yield from (str(record.fields["text"]) for record in records(domain, rows, "en", 5))


@settings(max_examples=60, deadline=None)
@given(text=TEXTS.filter(lambda text: not text[-1:].isspace()), threshold=st.sampled_from([None, 0.0, 0.4, 0.9]))
def test_findings_are_those_of_presidio(text: str, threshold: float | None) -> None:
    analyzer = Analyzer(_recognizers(), "en", 0.3)
    theirs = _theirs(text, threshold)
    artifacts = _engine().process_text(text, "en")
    assert _plain(analyzer.analyze_artifacts(text, artifacts, score_threshold=threshold)) == theirs
    assert [_plain(f) for f in analyzer.analyze_batch([text], _engine(), score_threshold=threshold)] == [theirs]


def test_findings_in_sample_records_are_those_of_presidio_whatever_the_batch() -> None:
    texts = [line for text in _sample(2) for line in text.split("\n")][:120] + list(_sample(1))
    analyzer = Analyzer(_recognizers(), "en", 0.3)
    theirs = [_theirs(text, None) for text in texts]
    for size in (1, 64):
        assert [_plain(found) for found in analyzer.analyze_batch(texts, _engine(), size)] == theirs


@pytest.mark.slow
def test_findings_in_a_long_document_are_those_of_presidio() -> None:
    text = "\n\n".join(_sample(60))[:100_000].rstrip()
    analyzer = Analyzer(_recognizers(), "en", 0.3)
    theirs = _theirs(text, None)
    assert len(theirs) > 500
    assert [_plain(found) for found in analyzer.analyze_batch([text], _engine())] == [theirs]


@pytest.mark.parametrize(
    ("prefix", "suffix", "mode"), [(2, 3, "substring"), (0, 0, "whole_word"), (9, 9, "whole_word")]
)
def test_settings_of_the_context_mean_what_they_mean_to_presidio(prefix: int, suffix: int, mode: str) -> None:
    enhancer = LemmaContextAwareEnhancer(0.2, 0.55, prefix, suffix, mode)
    analyzer = Analyzer(_recognizers(), "en", 0.3, ContextSettings(0.2, 0.55, prefix, suffix, mode == "whole_word"))
    for text in _sample(2):
        artifacts = _engine().process_text(text, "en")
        assert _plain(analyzer.analyze_artifacts(text, artifacts)) == _theirs(text, None, enhancer)


def test_entities_that_cross_sentences_are_cut_as_the_whole_pipeline_cuts_them() -> None:
    crossing = ["Bank of Mr Ho Apt. 864 Artilleros, CO St", "Alice Brown North Sun Yat Mr Ho Lee & Sons"]
    texts = [*crossing, "Alice Brown. New York", "We met in Paris", ""]
    nlp = _engine().get_nlp("en")
    read = Reader(_engine(), "en").read(texts, [False] * len(texts))
    alone = list(nlp.get_pipe("ner").pipe([nlp.make_doc(text) for text in texts]))
    whole = list(nlp.pipe(texts, batch_size=64))
    assert [_entities(one.read) for one in read] == [_entities(doc) for doc in whole]
    assert [_entities(doc) for doc in alone] != [_entities(doc) for doc in whole]
    for one, doc in zip(read, whole, strict=True):
        assert one.lemmas == [token.lemma_ for token in doc]


def _entities(doc: Any) -> list[tuple[int, int, str]]:
    return [(entity.start, entity.end, entity.label_) for entity in doc.ents]


def test_the_fast_profile_reads_names_without_the_parser() -> None:
    analyzer = Analyzer(_recognizers(), "en", 0.3)
    text = "John Smith from Boston has passport 123456789."
    found = next(analyzer.analyze_batch([text], Reader(_engine(), "en", "fast")))
    assert ("PERSON", 0, 10) in {(f.entity_type, f.start, f.end) for f in found}
    assert ("LOCATION", 16, 22) in {(f.entity_type, f.start, f.end) for f in found}


def test_only_recognizers_of_the_entities_asked_for_look() -> None:
    analyzer = Analyzer(_recognizers(), "en")
    text = "John Smith 4111 1111 1111 1111"
    found = next(analyzer.analyze_batch([text], _engine(), entities=["CREDIT_CARD"]))
    assert {f.entity_type for f in found} == {"CREDIT_CARD"}


def test_a_pattern_that_takes_too_long_fails_the_text_and_does_not_show_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(finders, "TIMEOUT_SECONDS", 0.05)
    slow = PatternRecognizer("X", patterns=[Pattern("slow", r"(?:a+)+(?:a+)+(?:a+)+\d*b", 0.5)])
    artifacts = _engine().process_text("x", "en")
    with pytest.raises(AirlockError) as caught:
        Analyzer([slow], "en").analyze_artifacts("a" * 200, artifacts)
    assert "aaa" not in str(caught.value)


def test_a_finding_in_white_space_behind_the_last_token_is_no_crash() -> None:
    blanks = PatternRecognizer("BLANK", patterns=[Pattern("b", r" +$", 0.5)], context=["card"])
    found = next(Analyzer([blanks], "en").analyze_batch(["the card "], _engine()))
    assert [(f.start, f.end) for f in found] == [(8, 9)]


def test_recognizers_that_cannot_be_served_are_refused() -> None:
    class Own(PatternRecognizer):  # type: ignore[misc]
        def enhance_using_context(self, *args: Any, **kwargs: Any) -> Any:
            raise NotImplementedError

    own = Own("X", patterns=[Pattern("x", "x", 0.5)])
    url = presidio.UrlRecognizer()
    for wrong in ([own], [url, url], []):
        with pytest.raises(ValueError):
            Analyzer(wrong, "en")


def test_a_pipeline_with_other_components_is_run_whole() -> None:
    import spacy

    nlp = spacy.blank("en")
    nlp.add_pipe("entity_ruler").add_patterns([{"label": "PERSON", "pattern": "Ann"}])
    engine = SpacyNlpEngine([{"lang_code": "en", "model_name": "none"}], NerModelConfiguration())
    engine.nlp = {"en": nlp}
    analyzer = Analyzer([presidio.SpacyRecognizer()], "en")
    assert [[(f.start, f.end) for f in found] for found in analyzer.analyze_batch(["Ann", ""], engine)] == [
        [(0, 3)],
        [],
    ]


def test_a_model_that_has_read_many_new_words_is_loaded_again_and_finds_the_same(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    texts = [f"Ann Lee from Boston called about {i * 7919:x}q{i:x} and Dr. John Smith answered." for i in range(60)]
    engine, analyzer = LocalNlpEngine("en", "en_core_web_sm"), Analyzer(_recognizers(), "en", 0.3)
    engine.load()
    kept = list(analyzer.analyze_batch(texts, Reader(engine, "en")))
    first = engine.get_nlp("en")
    monkeypatch.setattr("tasks.methods.detect.reader.NEW_WORDS", 20)
    list(analyzer.analyze_batch(texts, Reader(engine, "en")))
    assert engine.get_nlp("en") is first, "so soon, loading would take longer than reading"
    monkeypatch.setattr("tasks.methods.detect.reader.READ", 1_000)
    reader = Reader(engine, "en")
    renewed = [
        found for start in range(0, 60, 20) for found in analyzer.analyze_batch(texts[start : start + 20], reader)
    ]
    assert engine.get_nlp("en") is not first
    assert [_plain(found) for found in renewed] == [_plain(found) for found in kept]
    assert len(engine.get_nlp("en").vocab) - reader._first_words < 20
