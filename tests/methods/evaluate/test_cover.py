from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tasks.methods.evaluate.cover import measure, needless
from tasks.methods.evaluate.gold import Document, GoldSpan

#        0123456789012345678901234567
TEXT = "Jane O'Neil, born 3/4/80. OK"


def document(*spans: GoldSpan, text: str = TEXT, partial: bool = False, lang: str = "en") -> Document:
    return Document("d", text, lang, partial, spans)


NAME = GoldSpan(0, 11, "PERSON", "irish", "female")
BORN = GoldSpan(18, 24, "DATE")


def test_only_letters_and_digits_must_be_covered() -> None:
    # The apostrophe and the slashes are left out of the masked places, which is no loss.
    cover = measure([document(NAME, BORN)], [[(0, 6), (7, 11), (18, 19), (20, 21), (22, 24)]])
    assert (cover.spans.hits, cover.spans.of, cover.documents.hits) == (2, 2, 1)
    assert (cover.recall.hits, cover.recall.of) == (13, 13)
    assert (cover.precision.hits, cover.precision.of) == (13, 13)


def test_a_letter_left_standing_is_a_miss_whatever_the_label() -> None:
    # "eil" stays: 6 of Jane ONeil's 9 letters, 4 of the date's digits; "born" (4) is masked for nothing.
    cover = measure([document(NAME, BORN)], [[(0, 8), (13, 24)]])
    assert (cover.spans.hits, cover.spans.of) == (1, 2)
    assert (cover.documents.hits, cover.documents.of) == (0, 1)
    assert (cover.recall.hits, cover.recall.of) == (10, 13)
    assert (cover.precision.hits, cover.precision.of) == (10, 14)
    assert [miss.span for miss in cover.misses] == [NAME]
    by = {axis: {n: (s.hits, s.of) for n, s in groups.items()} for axis, groups in cover.by.items()}
    assert by == {
        "type": {"PERSON": (0, 1), "DATE": (1, 1)},
        "lang": {"en": (1, 2)},
        "origin": {"irish": (0, 1)},
        "gender": {"female": (0, 1)},
    }


def test_partial_annotation_gives_no_precision() -> None:
    cover = measure([document(NAME, partial=True)], [[(0, 28)]])
    assert cover.precision.of == 0 and cover.as_json()["character_precision"] is None
    assert cover.spans.hits == 1


def test_spans_without_a_letter_count_nowhere_and_overlaps_count_once() -> None:
    dots = document(GoldSpan(0, 3, "X"), GoldSpan(4, 6, "A"), GoldSpan(5, 7, "B"), text="... abcd")
    cover = measure([dots], [[(4, 6), (5, 7), (4, 7)]])
    assert cover.empty == 1 and (cover.spans.hits, cover.spans.of) == (2, 2)
    assert (cover.recall.of, cover.precision.of) == (3, 3)


def test_documents_without_annotation_are_in_no_share_of_documents() -> None:
    cover = measure([document(), document(NAME)], [[], [(0, 11)]])
    assert (cover.documents.hits, cover.documents.of) == (1, 1)


def test_the_lists_must_be_of_one_length() -> None:
    with pytest.raises(ValueError):
        measure([document()], [])


def test_needless_places_hold_nothing_annotated() -> None:
    found = list(needless([document(NAME), document(NAME, partial=True)], [[(5, 12), (13, 17), (24, 25)], [(13, 17)]]))
    assert [(start, end) for _, start, end in found] == [(13, 17)]


@st.composite
def cases(draw: st.DrawFn) -> tuple[Document, list[tuple[int, int]]]:
    text = draw(st.text("aB3 .é中\u200b", min_size=1, max_size=30))
    places = st.tuples(st.integers(0, len(text) - 1), st.integers(1, 10)).map(lambda p: (p[0], min(len(text), sum(p))))
    gold = tuple(GoldSpan(a, b, "T") for a, b in draw(st.lists(places, max_size=5)))
    return document(*gold, text=text), draw(st.lists(places, max_size=5))


@given(cases())
def test_masking_more_never_covers_less(case: tuple[Document, list[tuple[int, int]]]) -> None:
    doc, places = case
    less, more = measure([doc], [places[:-1]]), measure([doc], [places])
    assert less.spans.hits <= more.spans.hits and less.recall.hits <= more.recall.hits
    everything = measure([doc], [[(0, len(doc.text))]])
    assert everything.spans.hits == everything.spans.of and not everything.misses
    assert everything.precision.of == sum(c.isalnum() for c in doc.text)


@given(cases())
def test_the_order_of_places_says_nothing(case: tuple[Document, list[tuple[int, int]]]) -> None:
    doc, places = case
    assert measure([doc], [places]).as_json() == measure([doc], [places[::-1]]).as_json()
    shares = measure([doc], [places])
    assert (
        shares.spans.of + shares.empty == len(doc.spans) and len(shares.misses) == shares.spans.of - shares.spans.hits
    )
