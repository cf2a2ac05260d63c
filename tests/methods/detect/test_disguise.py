"""Disguises: what is found behind them, and what is none."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tasks.methods.detect.disguise import rewrites
from tasks.methods.detect.spans import Span
from tasks.methods.detect.view import view

RULES = {
    "EMAIL_ADDRESS": re.compile(r"(?<![A-Za-z0-9.])[A-Za-z0-9._+-]+@(?:[A-Za-z0-9-]+\.)+[A-Za-z]{2,}"),
    "US_SSN": re.compile(r"(?<![\d-])\d{3}-\d{2}-\d{4}(?!\d)"),
    "CREDIT_CARD": re.compile(r"(?<![\d-])\d{4}(?:[ -]?\d{4}){3}(?!\d)"),
    "PHONE_NUMBER": re.compile(r"(?<![\d-])(?:1-)?\d{3}[- ]\d{3}[- ]\d{4}(?!\d)|(?<!\d)1[3-9]\d(?:-?\d{4}){2}(?!\d)"),
    "CN_RESIDENT_ID": re.compile(r"(?<!\d)\d{17}[\dXx]"),
}


def find(text: str) -> list[Span]:
    return [Span(*m.span(), kind, 0.9, "rule") for kind, rule in RULES.items() for m in rule.finditer(text)]


def find_through(text: str, look: Callable[[str], list[Span]]) -> list[Span]:
    """What is found in the view and behind its disguises, in places of the text; of doubles the highest score."""
    seen = view(text)
    found = [(span.start, span.end, span) for span in look(seen.text)]
    for window in rewrites(seen.text):
        found += [(*window.span(s.start, s.end), s) for s in look(window.text) if window.touches(s.start, s.end)]
    best: dict[tuple[int, int, str, str], Span] = {}
    for start, end, s in sorted(found, key=lambda one: one[2].score):
        best[*seen.span(start, end), s.entity, s.detector] = Span(*seen.span(start, end), s.entity, s.score, s.detector)
    return sorted(best.values(), key=lambda s: (s.start, s.end, s.entity))


@pytest.mark.parametrize(
    ("before", "value", "after"),
    [
        ("write to ", "john [at] example [dot] com", " today"),
        ("", "john (at) example dot com", ""),
        ("", "john AT example DOT com", "!"),
        ("mail ", "john.doe at gmail.com", " please"),
        ("mail ", "john @ example . com", ". Then we left"),
        ("it is ", "john dot smith underscore 5 at mail dot example dot co dot uk", " ok"),
        ("", "jane_at_example_dot_org", ""),
        ("", "jane@example[dot]com", ","),
        ("", "jane{at}example{dot}museum", ","),
        ("我的邮箱", "zhang[at]example.com", "吧"),
        ("mail ", "john@\nexample.com", " now"),
        ("mail ", "john.smith@exam-\nple.com", " now"),
        ("> mail ", "john.smith\n> @example.com", " now"),
        ("call ", "five five five, one two three, four five six seven", ""),
        ("call ", "two one seven five five five oh one double nine", " please"),
        ("it's ", "five three six dash twenty-two dash one one eight seven", " ok"),
        ("", "eight hundred five five five twelve thirty-four", ""),
        ("", "four one one one 1 1 1 1 one one one one one one one one", ""),
        ("card ", "4 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1", " now"),
        ("card ", "4 1 1 1 - 1 1 1 1 - 1 1 1 1 - 1 1 1 1", " now"),
        ("ssn ", "1-2-3-4-5-6-7-8-9", ""),
        ("ssn ", "536.22.1187", ""),
        ("call ", "217 - 555 - 0199", ""),
        ("", "4111/1111/1111/1111", ""),
        ("card ", "4111 1111\n1111 1111", " ok"),
        ("> call ", "217-555-\n> 0199", " ok"),
        ("ssn 5 ", "536-22\n-1187", " ok"),
        ("card ", "4lll-1111-1O11-1111", ""),
        ("电话", "一三八一二三四五六七八", "，"),
        ("电话", "138.1234.5678".replace(".", "/"), "，"),
        ("身份证", "110101 1990 0307 7432", "吧"),
    ],
)  # fmt: skip
def test_a_disguised_value_is_found_at_its_place(before: str, value: str, after: str) -> None:
    found = {(span.start, span.end) for span in find_through(before + value + after, find)}
    assert (len(before), len(before) + len(value)) in found


@pytest.mark.parametrize(
    "text",
    [
        "he looked at the dot on the wall.",
        "Meet at noon. Then we go",
        "We met at Starbucks. Com is short for computer.",
        "See you at home.",
        "visit us at example dot com now",
        "join us @ example.com",
        "john saw a.\nThanks all",
        "1 2 3 4 5 6 7 8 9 10",
        "one two three four five six seven eight nine ten",
        "in nineteen eighty-four, one or two, three or four five",
        "scores 3 2 1 4 5 1 2 3 4",
        "1234567\n7654321\n1111111",
        "192.168.100.200 and 2024.01.02, 1.2.3.4",
        "lol 1234567 oil",
        "version 1.0.12.3456",
        "二〇二四年三月十五日，一百二十三万四千五百六十七元",
    ],
)
def test_ordinary_text_gives_no_finding(text: str) -> None:
    assert find_through(text, find) == []


def test_two_disguises_at_once() -> None:
    text = "ｊｏｈｎ\u200b &#91;at] example (dot) com"
    assert [(s.start, s.end) for s in find_through(text, find)] == [(0, len(text))]


def test_what_is_found_twice_is_named_once_with_its_highest_score() -> None:
    def twice(text: str) -> list[Span]:
        return [*find(text), *(Span(s.start, s.end, s.entity, 0.3, s.detector) for s in find(text))]

    assert find_through("217-555-0199 and jane [at] example.com", twice) == [
        Span(0, 12, "PHONE_NUMBER", 0.9, "rule"),
        Span(17, 38, "EMAIL_ADDRESS", 0.9, "rule"),
    ]


PIECES = (
    "john", " at ", "[at]", " dot ", "[.]", "example", "com", "@", "\n", "-", " ", "five ", "double ", "twenty-",
    "12", "4", "O", "l", ".", "> ", "一", "１", "/", "  ", "(", ")", "hundred ", "at gmail.com",
)  # fmt: skip


@given(st.lists(st.sampled_from(PIECES), max_size=30).map("".join))
@settings(max_examples=400, deadline=None)
def test_windows_map_back_into_the_text(text: str) -> None:
    seen = view(text)
    for window in rewrites(seen.text):
        places = [window.span(k, k + 1) for k in range(len(window.text))]
        assert all(0 <= low < high <= len(seen.text) for low, high in places)
        assert all(a <= c and b <= d for (a, b), (c, d) in zip(places, places[1:], strict=False))
        kept = [k for k in range(len(window.text)) if not window.touches(k, k + 1)]
        assert all(window.text[k] == seen.text[places[k][0]] for k in kept)


@pytest.mark.parametrize(
    "piece", ["five ", "1 ", "1\n", " at a.", "a dot ", "@", "O1", "- ", "1.", "(", "[at] ", "12  34", "九", "a@\n"]
)
def test_long_text_of_one_kind_is_read(piece: str) -> None:
    assert len(rewrites(piece * 20_000)) <= 3 * 20_000
