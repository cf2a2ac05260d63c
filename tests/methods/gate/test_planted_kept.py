"""What masking leaves of a text, and whether a value stands in it: on texts of any kind."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tasks.methods.detect.spans import Span
from tasks.methods.gate.kept import Stretch, kept, spared
from tasks.methods.gate.standing import reduced, stands
from tasks.methods.mask.text import splice

OPERATORS = {"A": "tag", "B": "redact", "C": "stars", "D": "hash", "E": "surrogate"}
WRITTEN = {"A": "<A>", "B": "", "D": "<D:0123456789abcdef0123>", "E": "Élodie Ünal"}

pieces = st.lists(st.tuples(st.text(max_size=6), st.text(min_size=1, max_size=6), st.sampled_from("ABCDE")), max_size=6)


def tag(kind: str) -> str:
    return f"<{kind}>"


@given(pieces, st.text(max_size=6))
@settings(deadline=None)
def test_what_is_left_is_found_where_it_stands(parts: list[tuple[str, str, str]], end: str) -> None:
    raw, stretches, replaced = "", [], []
    for left, hidden, kind in parts:
        raw += left
        stretches.append(Stretch(len(raw), len(raw) + len(hidden), kind))
        replaced.append("*" * len(hidden) if kind == "C" else WRITTEN[kind])
        raw += hidden
    raw += end
    spans = [Span(s.start, s.end, s.entity, 1.0, "d") for s in stretches]
    masked = splice(raw, spans, replaced)
    found = kept(raw, masked, stretches, OPERATORS, tag)
    if found is None:  # a piece stands in a surrogate before it, too
        assert any(kind == "E" for _, _, kind in parts)
        return
    assert all(masked[at : at + n] == raw[origin : origin + n] for at, origin, n in found)
    assert [origin for _, origin, _ in found] == sorted({origin for _, origin, _ in found})
    assert sum(n for _, _, n in found) == len(raw) - sum(s.end - s.start for s in stretches)
    if all(kind != "E" for _, _, kind in parts):  # of what the others write there is one reading only
        length, done = 0, 0
        for stretch, new in zip(stretches, replaced, strict=True):
            if done < stretch.start:
                assert (length, done, stretch.start - done) in found
            length, done = length + stretch.start - done + len(new), stretch.end


@given(st.text(max_size=20), st.text(max_size=20), pieces)
@settings(deadline=None)
def test_texts_of_two_rows_are_never_a_fault(raw: str, masked: str, parts: list[tuple[str, str, str]]) -> None:
    stretches, end = [], 0
    for left, hidden, kind in parts:
        start = end + len(left)
        end = start + len(hidden)
        if end <= len(raw):
            stretches.append(Stretch(start, end, kind))
    found = kept(raw, masked, stretches, OPERATORS, tag)
    assert found is None or all(masked[at : at + n] == raw[o : o + n] for at, o, n in found)


@pytest.mark.parametrize(
    ("masked", "stretch"),
    [
        ("seen <PERSON> today", Stretch(5, 8, "A")),  # another tag
        ("seen <A> yesterday", Stretch(5, 8, "A")),  # another end
        ("<A> seen today", Stretch(5, 8, "A")),  # another start
        ("seen <A> today.", Stretch(5, 8, "A")),  # more behind
    ],
)
def test_texts_that_do_not_fit_are_told(masked: str, stretch: Stretch) -> None:
    assert kept("seen Ann today", masked, [stretch], OPERATORS, tag) is None
    assert kept("seen Ann today", "seen <A> today", [stretch], OPERATORS, tag) == [(0, 0, 5), (8, 8, 6)]


def test_a_piece_at_the_end_is_not_sought_in_the_surrogate_before_it() -> None:
    found = kept("by Ann Lee.", "by Dr. T. Bo.", [Stretch(3, 10, "E")], OPERATORS, tag)
    assert found == [(0, 0, 3), (12, 10, 1)]


def test_many_surrogates_take_no_time_of_their_own() -> None:
    raw = "a x" * 400
    stretches = [Stretch(3 * i, 3 * i + 1, "E") for i in range(400)]
    assert kept(raw, "Bo Li x" * 400, stretches, OPERATORS, tag) is not None
    assert kept(raw, "Bo Li x" * 399 + "Bo Li y", stretches, OPERATORS, tag) is None


def test_years_alone_are_spared_and_under_year_alone() -> None:
    assert [spared("year", text) for text in ("4 May 2021", "5/4/21", "no 120213")] == [
        range(6, 10),
        range(0),
        range(0),
    ]
    assert not any(spared(operator, "4 May 2021") for operator in ("tag", "shift_date", "partial", "surrogate"))


@given(st.text(max_size=10), st.text(min_size=1, max_size=12), st.text(max_size=10))
@settings(deadline=None)
def test_a_value_between_blanks_stands(before: str, value: str, after: str) -> None:
    form = reduced(value)
    assert stands(form, reduced(f"{before} {value}\n{after}")) == bool(form)


@given(st.text(alphabet="abc XYZ-’.", min_size=1, max_size=12))
@settings(deadline=None)
def test_case_punctuation_and_width_do_not_hide_a_value(value: str) -> None:
    form = reduced(value)
    wide = "".join(chr(ord(c) + 0xFEE0) if "!" <= c <= "~" else c for c in value.upper())
    for text in (value.upper(), wide, "\u200b".join(value), value.replace("-", " – ")):
        assert stands(form, reduced(text)) == bool(form)


def test_numbers_are_their_digits_only_where_there_are_many() -> None:
    assert stands(reduced("4111-1111-1111-1111"), reduced("41111111 1111 1111"))
    assert not stands(reduced("12-34"), reduced("at 1234"))
    # Digits that a word parts don't come together.
    assert not stands(reduced("217-555-0142"), reduced("217 or 5550142"))
