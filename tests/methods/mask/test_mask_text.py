"""The conflict rule and the writing of masked text, over wild input."""

from __future__ import annotations

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tasks.core.errors import AirlockError
from tasks.methods.detect.spans import Span
from tasks.methods.mask.columns import TYPES
from tasks.methods.mask.conflicts import resolve
from tasks.methods.mask.keyed import MaskKey
from tasks.methods.mask.plan import Operation
from tasks.methods.mask.text import TextMasker

MASKED = ["PERSON", "PHONE_NUMBER", "DATE"]
ENTITIES = [*MASKED, "ORGANIZATION"]
STARS = {entity: Operation("stars", f"<{entity}>") for entity in MASKED}


@st.composite
def texts_and_spans(draw: st.DrawFn) -> tuple[str, list[Span]]:
    text = draw(st.text(min_size=1, max_size=80))
    spans = []
    for _ in range(draw(st.integers(0, 10))):
        start = draw(st.integers(0, len(text) - 1))
        end = draw(st.integers(start + 1, len(text)))
        score = draw(st.sampled_from([0.4, 0.5, 0.85, 1.0]))
        spans.append(Span(start, end, draw(st.sampled_from(ENTITIES)), score, draw(st.sampled_from("ab"))))
    return text, spans


@given(texts_and_spans())
def test_no_found_character_survives_and_the_rest_is_untouched(case: tuple[str, list[Span]]) -> None:
    text, spans = case
    stretches = resolve(spans, MASKED)
    found = {i for s in spans if s.entity in MASKED for i in range(s.start, s.end)}
    covered = [i for s in stretches for i in range(s.start, s.end)]
    assert sorted(covered) == sorted(found)
    starred = TextMasker(STARS).mask(text, stretches)
    assert starred == "".join("*" if i in found else c for i, c in enumerate(text))
    tags = TextMasker({e: Operation("tag", f"\x00{e}\x01") for e in MASKED}).mask(text, stretches)
    expected, at = "", 0
    for s in stretches:
        expected, at = expected + text[at : s.start] + f"\x00{s.entity}\x01", s.end
    assert tags == expected + text[at:]
    redacted = TextMasker({e: Operation("redact", "") for e in MASKED}).mask(text, stretches)
    assert redacted == "".join(c for i, c in enumerate(text) if i not in found)


@settings(deadline=None)
@given(texts_and_spans(), st.sampled_from(sorted(set(TYPES) - {"keep"})))
def test_what_lies_outside_is_untouched_and_equal_values_get_equal_marks(
    case: tuple[str, list[Span]], name: str
) -> None:
    text, spans = case
    stretches = resolve(spans, MASKED)
    masker = TextMasker({e: Operation(name, f"<{e}>") for e in MASKED}, MaskKey(b"k" * 32))
    replaced = masker.replacements(text, stretches)
    masked, at, marks = masker.mask(text, stretches) or "", 0, {}
    for span, mark in zip(stretches, replaced, strict=True):
        before = text[at : span.start]
        assert masked.startswith(before + mark)
        masked, at = masked[len(before + mark) :], span.end
        assert marks.setdefault((span.entity, text[span.start : span.end]), mark) == mark
    assert masked == text[at:]


@given(texts_and_spans(), st.integers(0, 1 << 16))
def test_the_order_of_findings_changes_nothing(case: tuple[str, list[Span]], seed: int) -> None:
    _, spans = case
    shuffled = spans[:]
    random.Random(seed).shuffle(shuffled)
    assert resolve(shuffled, MASKED) == resolve(spans, MASKED)


def test_a_stretch_is_named_by_score_then_length_then_the_policys_order() -> None:
    short, long = Span(0, 4, "PHONE_NUMBER", 0.5, "a"), Span(2, 9, "DATE", 0.5, "a")
    assert resolve([short, long], MASKED)[0].entity == "DATE"
    assert resolve([short, long, Span(0, 2, "PERSON", 0.9, "a")], MASKED)[0].entity == "PERSON"
    same = [Span(0, 4, "DATE", 0.5, "a"), Span(0, 4, "PHONE_NUMBER", 0.5, "a")]
    assert resolve(same, MASKED)[0].entity == "PHONE_NUMBER"


def test_neighbours_stay_apart() -> None:
    """Presidio's anonymizer would merge three numbers with a space between them into one tag."""
    text = "11 22 33"
    spans = [Span(i, i + 2, "PHONE_NUMBER", 0.5, "a") for i in (0, 3, 6)]
    masker = TextMasker({"PHONE_NUMBER": Operation("tag", "<PHONE_NUMBER>")})
    assert masker.mask(text, resolve(spans, MASKED)) == " ".join(["<PHONE_NUMBER>"] * 3)
    assert masker.mask("1122", [Span(0, 2, "PHONE_NUMBER", 0.5, "a"), Span(2, 4, "PHONE_NUMBER", 0.5, "a")]) == (
        "<PHONE_NUMBER><PHONE_NUMBER>"
    )


def test_a_kept_kind_protects_nothing() -> None:
    assert resolve([Span(0, 9, "ORGANIZATION", 1.0, "a"), Span(2, 4, "PERSON", 0.4, "a")], MASKED) == [
        Span(2, 4, "PERSON", 0.4, "a")
    ]


def test_generalising_operators() -> None:
    masker = TextMasker({"DATE": Operation("year", "<DATE>"), "PERSON": Operation("age_band", "<AGE>")})
    text = "on 3 May 2021 or 3/5/21, 47 years, ninety, 6 months"
    spans = [Span(3, 13, "DATE", 1, "a"), Span(17, 23, "DATE", 1, "a"), Span(25, 33, "PERSON", 1, "a")]
    spans += [Span(35, 41, "PERSON", 1, "a"), Span(43, 51, "PERSON", 1, "a")]
    assert masker.mask(text, spans) == "on 2021 or <DATE>, 40-49, <AGE>, <AGE>"


def test_none_and_empty() -> None:
    masker = TextMasker(STARS)
    assert masker.mask(None, []) is None
    assert masker.mask("", []) == ""


def test_a_long_text_with_many_stretches() -> None:
    text = "Ann met Bob. " * 20_000
    spans = [
        s
        for i in range(0, len(text), 13)
        for s in (Span(i, i + 3, "PERSON", 1, "a"), Span(i + 8, i + 11, "PERSON", 1, "a"))
    ]
    masked = TextMasker({"PERSON": Operation("tag", "<PERSON>")}).mask(text, spans)
    assert masked == "<PERSON> met <PERSON>. " * 20_000


@pytest.mark.parametrize(
    "spans",
    [
        [Span(0, 5, "PERSON", 1, "a"), Span(4, 6, "PERSON", 1, "a")],
        [Span(0, 99, "PERSON", 1, "a")],
        [Span(0, 2, "AGE", 1, "a")],
    ],
)
def test_stretches_that_cannot_be_masked_are_refused_without_the_text(spans: list[Span]) -> None:
    with pytest.raises(AirlockError) as caught:
        TextMasker(STARS).mask("Zebediah", spans)
    assert "Zebediah" not in str(caught.value)
