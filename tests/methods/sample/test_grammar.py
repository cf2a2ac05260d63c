"""Templates, tables, dates and slips: the small parts under the samples."""

from __future__ import annotations

import datetime
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tasks.methods.sample import (
    conditions,
    dates,
    issues,
    names,
    places,
    programs,
    zh_conditions,
    zh_issues,
    zh_places,
    zh_programs,
)
from tasks.methods.sample.grammar import Deck, Doc, Piece, join, render
from tasks.methods.sample.noise import slips
from tasks.methods.sample.stream import BLOCK, place
from tasks.methods.sample.tables import blocks


def text(template: str, slots: dict, seed: int = 0) -> str:
    return join(render(template, slots, random.Random(seed)))[0]


def test_choices_nest_and_may_be_empty() -> None:
    seen = {text("a[b|c[d|e]|]f", {}, s) for s in range(200)}
    assert seen == {"abf", "acdf", "acef", "af"}


def test_a_bar_outside_brackets_is_a_bar() -> None:
    assert text("a | b", {}) == "a | b"


def test_numbers_stay_in_their_range() -> None:
    drawn = {text("{#3-5}", {}, s) for s in range(100)} | {text("{#0.8-1.1}", {}, s) for s in range(100)}
    assert drawn == {"3", "4", "5", "0.8", "0.9", "1.0", "1.1"}


def test_slots_may_be_templates_pieces_and_functions_and_capitals_carry_through() -> None:
    slots = {
        "he": "she",
        "who": Piece("Ana", "PERSON"),
        "new": lambda r: "[x|x]",
        "formal": (Piece("ms. "), Piece("Li")),
    }
    assert text("{He} {who} {new} {Formal}", slots) == "She Ana x Ms. Li"
    with pytest.raises(KeyError):
        text("{missing}", slots)


def test_unbalanced_brackets_are_refused() -> None:
    with pytest.raises(ValueError, match="unbalanced"):
        text("[a|b", {})


@given(st.lists(st.tuples(st.text(max_size=12), st.sampled_from(["", "PERSON", "DATE"]))))
def test_joined_spans_slice_to_their_pieces(parts: list[tuple[str, str]]) -> None:
    joined, spans = join([Piece(*p) for p in parts])
    assert [(joined[s.start : s.end], s.entity) for s in spans] == [p for p in parts if p[1]]


def test_capital_letters_that_grow_do_not_move_spans() -> None:
    doc = Doc(random.Random(0), {"name": Piece("Weiß", "PERSON"), "city": Piece("Gießen", "LOCATION")})
    doc.line("name {name}, {city}", caps=True)
    joined, spans = join(doc.pieces)
    assert [joined[s.start : s.end] for s in spans] == ["WEISS", "GIESSEN"]


def test_a_deck_deals_all_before_any_again() -> None:
    deck, rng = Deck(["a", "b", "c"]), random.Random(1)
    assert sorted(deck(rng) for _ in range(3)) == ["a", "b", "c"]


def test_slips_leave_values_alone() -> None:
    rng = random.Random(0)
    pieces = [Piece("because their payment was received "), Piece("received because", "PERSON")] * 200
    slipped = slips(pieces, rng, rate=0.5)
    assert {p.text for p in slipped if p.entity} == {"received because"}
    assert any(a != b for a, b in zip(pieces, slipped, strict=True))


@given(st.dates(datetime.date(1900, 1, 1), datetime.date(2099, 12, 31)))
def test_dates_are_written_without_a_blank_at_the_ends(day: datetime.date) -> None:
    written = {dates.written(day, style) for style in dates.EN_STYLES + dates.ZH_STYLES}
    assert len(written) >= 10
    assert all(w == w.strip() for w in written)


def test_chinese_numerals() -> None:
    assert dates.written(datetime.date(2021, 10, 23), "漢字") == "二〇二一年十月二十三日"
    assert dates.written(datetime.date(2009, 1, 30), "漢字") == "二〇〇九年一月三十日"


def test_age_counts_full_years() -> None:
    born = datetime.date(1980, 2, 29)
    assert dates.age(born, datetime.date(2020, 2, 28)) == 39
    assert dates.age(born, datetime.date(2020, 2, 29)) == 40


def test_places_fill_blocks_and_a_person_stays_in_one() -> None:
    owners: dict[int, set[int]] = {}
    for index in range(3 * BLOCK):
        ordinal, turn, count = place("k", index)
        assert 0 <= turn < count <= 6
        owners.setdefault(ordinal, set()).add(turn)
    for ordinal, turns in owners.items():
        assert turns == set(range(len(turns)))
        assert ordinal // BLOCK < 3


TABLES = {
    "conditions": (conditions.CONDITIONS, 4, "SIGN HIST EXAM TEST MED PLAN"),
    "issues": (issues.ISSUES, 2, "STORY CALL LOSS ASK FOUND FIX"),
    "programs": (programs.PROGRAMS, 2, "FACT CHECK NEED GRANT REFUSE OPEN"),
    "zh_conditions": (zh_conditions.CONDITIONS, 4, "SIGN HIST EXAM TEST MED PLAN"),
    "zh_issues": (zh_issues.ISSUES, 2, "STORY CALL LOSS ASK FOUND FIX"),
    "zh_programs": (zh_programs.PROGRAMS, 2, "FACT CHECK NEED GRANT REFUSE OPEN"),
}


@pytest.mark.parametrize("name", TABLES)
def test_tables_are_complete(name: str) -> None:
    table, fields, words = TABLES[name]
    assert len(table) >= 10
    for block in table:
        assert len(block.head) == fields
        assert set(block.parts) == set(words.split())
        assert all(len(parts) >= 2 for word, parts in block.parts.items() if word not in ("GRANT", "REFUSE", "OPEN"))
    fragments = [f for block in table for parts in block.parts.values() for f in parts]
    assert len(set(fragments)) > 180


def test_a_table_is_read_with_lines_that_add_up() -> None:
    (block,) = blocks("a ; b\nX one ; two\nX three")
    assert block.head == ("a", "b") and block.parts == {"X": ("one", "two", "three")}


def test_lists_of_names_and_places_are_large() -> None:
    first = {n for o in names.ORIGINS for n in o.female + o.male}
    last = {n for o in names.ORIGINS for n in o.last}
    assert len(first) > 500 and len(last) > 340 and len(names.ORIGINS) >= 24
    assert {"Hope", "Mark", "Will"} <= first and {"Rice", "Young", "Banks"} <= last
    assert len(places.CITIES) > 80
    assert all(len(c.zip3) == 3 and len(c.area) == 3 and len(c.state) == 2 for c in places.CITIES)
    assert all(len(d.code) == 6 and d.code.isdigit() and len(d.plate) == 2 for d in zh_places.DISTRICTS)
