from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tasks.methods.detect.analyzer import Analyzer
from tasks.methods.detect.nlp import LocalNlpEngine
from tasks.methods.detect.reader import Reader
from tasks.methods.detect.tagger import STYLES, Pieces, Tagger, TaggerRecognizer, join, pieces


@pytest.fixture(scope="module")
def tagger() -> Tagger:
    return Tagger()


def test_finds_names_places_and_addresses(tagger: Tagger) -> None:
    text = "Dear Mr. Okonkwo,\nplease send it to 12 Elm Street, Springfield, IL 62701. Regards, Ingrid Sørensen"
    found = {(text[start:end], label) for start, end, label, _ in tagger.spans([text])[0]}
    assert {("Okonkwo", "PERSON"), ("Ingrid Sørensen", "PERSON")} <= found
    assert any(label == "ADDRESS" and "Elm Street" in value for value, label in found)


def test_ordinary_words_are_left(tagger: Tagger) -> None:
    assert tagger.spans(["The food was great and we waited ten minutes for a table."]) == [[]]


def test_a_long_text_is_read_to_its_end(tagger: Tagger) -> None:
    text = "We had a good lunch and went back to work. " * 60 + "Yours, Ingrid Larsson"
    assert any(end == len(text) for _, end, _, _ in tagger.spans([text])[0])


@settings(deadline=None, max_examples=60)
@given(st.text(max_size=80))
def test_any_text_gives_spans_within_it_and_always_the_same(tagger: Tagger, text: str) -> None:
    found = tagger.spans([text], 0.3)[0]
    assert found == tagger.spans([text], 0.3)[0]
    assert all(0 <= start < end <= len(text) and 0.3 <= score <= 1.0 for start, end, _, score in found)
    assert all(a[1] <= b[0] for a, b in zip(found, found[1:], strict=False))


@settings(max_examples=100)
@given(st.text(max_size=80))
def test_pieces_lie_in_the_text(tagger: Tagger, text: str) -> None:
    cut = pieces(tagger.tokenizer, text)
    assert len(cut.ids) == len(cut.styles) == len(cut.offsets)
    assert all(0 < style < STYLES for style in cut.styles)
    assert all(0 <= start <= end <= len(text) for start, end in cut.offsets)


def test_case_and_lines_are_seen(tagger: Tagger) -> None:
    assert len({tuple(pieces(tagger.tokenizer, t).styles) for t in ("a may", "a May", "a MAY", "a\nmay")}) == 4


def test_a_word_counts_as_one(tagger: Tagger) -> None:
    text = "xx Quiñonesova"
    cut = pieces(tagger.tokenizer, text)
    scores = np.zeros((len(cut.ids), 2), dtype=np.float32)
    scores[:, 0] = 1
    scores[-1] = [0, 1]
    assert join(text, cut, scores, ["O", "PERSON"], 0.9) == []
    first = [i for i, (start, _) in enumerate(cut.offsets) if start >= 3]
    scores[first] = [0.1, 0.9]
    assert [found[:3] for found in join(text, cut, scores, ["O", "PERSON"], 0.8)] == [(3, len(text), "PERSON")]


def test_presidio_gets_the_kinds_that_it_asks_for() -> None:
    recognizer = TaggerRecognizer()
    text = "Ingrid Larsson lives in Copenhagen"
    assert {r.entity_type for r in recognizer.analyze(text, ["PERSON"])} == {"PERSON"}
    assert {r.entity_type for r in recognizer.analyze(text, recognizer.supported_entities)} == {"PERSON", "LOCATION"}


TEXTS = [
    "Ingrid Larsson lives in Copenhagen",
    "the food was great and we waited",
    "!!!!! ????? ((((( ))))) ----- =====",
    "Dr. Okonkwo saw Mr. Ramirez at Mercy Hospital on Tuesday.",
    "x" * 90 + " zzzz qqqq " + "é" * 40,
    "",
    "We had a good lunch and went back to work. " * 40 + "Yours, Ingrid Larsson",
]


def test_no_text_changes_what_is_read_beside_it(tagger: Tagger) -> None:
    cuts = [pieces(tagger.tokenizer, text) for text in TEXTS]
    # All lengths together, and texts cut to one length, which the network reads at once.
    shortest = min(len(cut.ids) for cut in cuts if cut.ids)
    for some in (cuts, [Pieces(*(part[:shortest] for part in cut)) for cut in cuts if cut.ids] * 3):
        alone = [tagger.probabilities([cut])[0] for cut in some]
        assert all(map(np.array_equal, tagger.probabilities(some), alone))
        assert all(map(np.array_equal, tagger.probabilities(some[::-1]), alone[::-1]))


@settings(deadline=None, max_examples=25)
@given(st.lists(st.lists(st.integers(1000, 30000), min_size=7, max_size=7), min_size=2, max_size=12))
def test_any_pieces_are_read_the_same_beside_any_others(tagger: Tagger, ids: list[list[int]]) -> None:
    cuts = [Pieces(row, [1 + i % (STYLES - 1) for i in row], [(0, 1)] * len(row)) for row in ids]
    together = tagger.probabilities(cuts)
    assert all(np.array_equal(together[row], tagger.probabilities([cut])[0]) for row, cut in enumerate(cuts))


def test_the_analyzer_gets_the_same_from_a_batch_as_from_each_text() -> None:
    engine = LocalNlpEngine("en", "")
    engine.load()
    analyzer, reader = Analyzer([TaggerRecognizer()], "en"), Reader(engine, "en")
    texts = [*TEXTS, *TEXTS[:3]]
    found = list(map(repr, analyzer.analyze_batch(texts, reader)))
    alone = [repr(analyzer.analyze_artifacts(text, reader.read([text], [False])[0])) for text in texts]
    assert found == alone
    assert "Finding" in found[0]
