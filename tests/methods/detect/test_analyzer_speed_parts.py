"""The parts that make the analyzer fast decide as what they stand for decides."""

from __future__ import annotations

import random
import re
from typing import Any

import phonenumbers
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from presidio_analyzer import EntityRecognizer, PatternRecognizer, RecognizerResult, predefined_recognizers

from tasks.methods.detect.finders import text_finder
from tasks.methods.detect.findings import Finding, distinct
from tasks.methods.detect.once import Once
from tasks.methods.detect.phones import PhoneFinder
from tasks.methods.detect.prefilter import ANYTHING, Shape, admits, need_of
from tasks.methods.detect.spans import Span


def _pattern_recognizers() -> list[PatternRecognizer]:
    made = []
    for name in sorted(predefined_recognizers.__all__):
        kind = getattr(predefined_recognizers, name)
        if isinstance(kind, type) and issubclass(kind, PatternRecognizer) and name != "EmailRecognizer":
            made.append(kind())
    return made


def _readable(pattern: str) -> bool:
    """Whether the standard library reads it, for which hypothesis makes texts."""
    try:
        re.compile(pattern)
    except re.error:
        return False
    return True


PATTERNS = sorted(
    {(p.regex, int(r.global_regex_flags)) for r in _pattern_recognizers() for p in r.patterns if _readable(p.regex)}
)
SPANS = st.lists(
    st.tuples(st.sampled_from(["A", "B"]), st.integers(0, 8), st.integers(1, 8), st.sampled_from([0, 0.1, 0.5, 1.0])),
    max_size=14,
)
PHONE_PIECES = st.sampled_from(
    ["+", "00", "011", "0", "1", "49", "44", "212", "555", "0123", "7911", "2023", "030", "12", "-", " ", ".", "/"]
    + ["(", ")", "[", "x", "ext. ", "~", "a", "\n", "，", "２", "$", "3001234", "9876543210", "2125550123", "\u00a0"]
)
REGIONS = ("US", "GB", "DE", "FR", "IL", "IN", "CA", "BR")


@settings(max_examples=3, deadline=None)
@given(data=st.data())
@pytest.mark.parametrize("pattern", PATTERNS)
def test_what_a_presidio_pattern_matches_meets_its_need(pattern: tuple[str, int], data: st.DataObject) -> None:
    source, flags = pattern
    text = data.draw(st.from_regex(re.compile(source, flags)))
    assert admits(need_of(source, flags), Shape(text))


@pytest.mark.parametrize(
    ("pattern", "text", "admitted"),
    [
        (r"\b[0-9]{8,17}\b", "no numbers of 1234567 digits", False),
        (r"\b[0-9]{8,17}\b", "12345678", True),
        (r"(\d{3})(\d{2})", "a123 45", False),
        (r"\d{3}(?=\d{4})", "123", False),
        (r"\d{3}(?=\d{4})", "1234567", True),
        (r"\d{3}(?!\d{4})", "123", True),
        (r"\p{Nd}{4}", "１２３４", True),
        (r"\p{Nd}{4}", "123", False),
        (r"(?:a|\d{2}@x)", "a", True),
        (r"\d(?:-|:)\d", "1/2", False),
        (r"(?:\d{5})?x", "x", True),
        (r"\d{2}+:", "12", False),
    ],
)
def test_needs_are_necessary_and_no_more(pattern: str, text: str, admitted: bool) -> None:
    assert admits(need_of(pattern), Shape(text)) is admitted


@pytest.mark.parametrize("pattern", [r"(?:cats){e<=1}", r"[[a-z]--[0-9]]\d", r"[[:digit:]]{4}"])
def test_a_pattern_that_the_libraries_read_differently_needs_nothing(pattern: str) -> None:
    assert need_of(pattern) == ANYTHING


@given(spans=SPANS)
def test_distinct_is_what_presidio_leaves(spans: list[tuple[str, int, int, float]]) -> None:
    theirs = EntityRecognizer.remove_duplicates([RecognizerResult(e, a, a + n, score) for e, a, n, score in spans])
    ours = distinct([Finding(e, a, a + n, score, "r") for e, a, n, score in spans])
    assert [(f.entity_type, f.start, f.end, f.score) for f in ours] == [
        (r.entity_type, r.start, r.end, r.score) for r in theirs
    ]


@settings(max_examples=150, deadline=None)
@given(text=st.one_of(st.lists(PHONE_PIECES, max_size=14).map("".join), st.text(max_size=30)))
@pytest.mark.parametrize("leniency", [0, 1, 2])
def test_telephone_numbers_are_those_of_presidio(text: str, leniency: int) -> None:
    recognizer = predefined_recognizers.PhoneRecognizer(leniency=leniency)
    find = text_finder(recognizer)
    assert find is not None
    theirs = [(r.start, r.end) for r in recognizer.analyze(text, ["PHONE_NUMBER"])]
    assert [(f.start, f.end) for f in find(text, Shape(text))] == theirs


def test_telephone_numbers_of_every_region_are_found() -> None:
    draw = random.Random(3)
    for region in sorted(phonenumbers.SUPPORTED_REGIONS):
        finder = PhoneFinder([region], 1)
        for kind in (phonenumbers.PhoneNumberType.FIXED_LINE, phonenumbers.PhoneNumberType.MOBILE):
            number = phonenumbers.example_number_for_type(region, kind)
            if number is None:
                continue
            for form in (phonenumbers.PhoneNumberFormat.NATIONAL, phonenumbers.PhoneNumberFormat.INTERNATIONAL):
                text = f"{draw.randint(1900, 2030)}, call {phonenumbers.format_number(number, form)} now"
                theirs = [(m.start, m.end) for m in phonenumbers.PhoneNumberMatcher(text, region, leniency=1)]
                assert finder.find(text) == theirs, region


class _Counting:
    """Finds every text whole, and notes what it was asked."""

    def __init__(self, asked: list[Any]) -> None:
        self._asked = asked

    def find(self, texts: Any, own: Any = None) -> list[list[Span]]:
        self._asked.extend(zip(texts, own or [()] * len(texts), strict=True))
        return [[Span(0, len(t), "X", 1.0, str(own[i] if own else ""))] if t else [] for i, t in enumerate(texts)]


def test_identical_rows_are_answered_once() -> None:
    asked: list[Any] = []
    once = Once(_Counting(asked))
    first = once.find(["a", "b", "a", None])
    assert first == _Counting([]).find(["a", "b", "a", None])
    first[0].clear()
    assert once.find(["a"]) == _Counting([]).find(["a"])
    assert [text for text, _ in asked] == ["a", "b", None] and once.answered == 2


def test_rows_that_differ_in_their_own_columns_are_different_rows() -> None:
    asked: list[Any] = []
    once = Once(_Counting(asked))
    own: list[Any] = [[("PERSON", "Ann")], [("PERSON", "Bo")], [("AGE", 1)], [("AGE", True)], [("PERSON", "Ann")]]
    assert once.find(["t"] * 5, own) == _Counting([]).find(["t"] * 5, own)
    assert len(asked) == 4 and once.answered == 1


def test_answers_kept_are_bounded() -> None:
    asked: list[Any] = []
    once = Once(_Counting(asked), most=20)
    for _ in range(2):
        for i in range(100):
            assert once.find([f"text {i}"]) == _Counting([]).find([f"text {i}"])
    assert len(asked) == 200 and once.answered == 0
