"""Excerpts of the corpus: whole sentences, drawn uniformly, with the places of the row's own cells."""

from __future__ import annotations

import random
from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tasks.methods.plant.contexts import LENGTH, Excerpt, Reservoir, excerpt, language_of, split

NOTE = (
    "Seen today. Maria Lopez reports pain since Mar. 3, 2021 in the left knee. Call 206-555-0143. Dr. Lee agrees.\nBye"
)


@given(st.text(alphabet="aB1 .!?\n。，中\"'(", max_size=200))
@settings(max_examples=200, deadline=None)
def test_the_pieces_of_a_text_are_the_text(text: str) -> None:
    pieces = split(text)
    assert "".join(pieces) == text and all(pieces)


def test_abbreviations_end_no_sentence() -> None:
    assert split(NOTE) == [
        "Seen today. ",
        "Maria Lopez reports pain since Mar. 3, 2021 in the left knee. ",
        "Call 206-555-0143. ",
        "Dr. Lee agrees.\n",
        "Bye",
    ]
    assert split("头痛三天。给予布洛芬！复查") == ["头痛三天。", "给予布洛芬！", "复查"]


@given(st.text(alphabet="ab. \nC中。", min_size=1, max_size=1500).filter(lambda t: not t.isspace()), st.integers(0, 99))
@settings(max_examples=150, deadline=None)
def test_an_excerpt_is_a_bounded_part_of_its_text(text: str, seed: int) -> None:
    for languages in (["en"], ["zh"]):
        found = excerpt(random.Random(seed), "note", text, [], languages)
        joined = "".join(found.sentences)
        assert joined and joined in text and len(joined) <= 2 * LENGTH[found.language]


def test_own_cells_stand_where_they_are_said_to() -> None:
    cells = [("PERSON", "Maria Lopez"), ("PHONE_NUMBER", "206-555-0143"), ("AGE", "3"), ("ZIP_CODE", "2021"), ("X", "")]
    seen: set[str] = set()
    for seed in range(60):
        found = excerpt(random.Random(seed), "note", NOTE * 5, cells, ["en"])
        joined = "".join(found.sentences)
        seen |= set(found.own)
        for kind, (start, end) in found.own.items():
            assert joined[start:end] == dict(cells)[kind]
    assert seen == {"PERSON", "PHONE_NUMBER", "ZIP_CODE"}  # a cell as short as "3" stands there by chance


def test_a_cell_within_a_word_is_not_the_rows_own() -> None:
    found = excerpt(random.Random(0), "note", "Annabel came.", [("PERSON", "Anna")], ["en"])
    assert not found.own


def test_the_reservoir_is_uniform() -> None:
    """Each of 40 texts stays in a sample of 10 with probability 1/4, wherever it stands."""
    trials, kept = 2000, Counter[str]()
    for seed in range(trials):
        reservoir = Reservoir(random.Random(f"uniform {seed}"), 10, ["en"])
        for number in range(40):
            reservoir.offer("note", f"text{number}", list)
        found = reservoir.excerpts("en").all
        assert len(found) == 10 == len({f.sentences for f in found}) and reservoir.seen == 40
        kept.update("".join(f.sentences) for f in found)
    expected = trials / 4
    chi2 = sum((kept[f"text{n}"] - expected) ** 2 / (expected * 0.75) for n in range(40))
    assert chi2 < 73  # 39 degrees of freedom: exceeded once in a thousand


def test_the_reservoir_asks_for_cells_only_where_it_draws() -> None:
    asked: list[int] = []
    reservoir = Reservoir(random.Random(1), 5, ["en"])
    for number in range(500):
        reservoir.offer("note", "Some text.", lambda number=number: asked.append(number) or [])
    assert asked[:5] == list(range(5)) and len(asked) < 60


@pytest.mark.parametrize(("text", "language"), [("头痛三天，体温38.5", "zh"), ("Pain, 3 days. 王", "en")])
def test_the_script_decides_between_two_languages(text: str, language: str) -> None:
    assert language_of(text, ["en", "zh"]) == language
    assert language_of(text, ["en"]) == "en"


def test_an_excerpt_keeps_its_column() -> None:
    assert excerpt(random.Random(0), "plan", "Rest.", [], ["en"]) == Excerpt("plan", "en", ("Rest.",), {})
