from __future__ import annotations

import importlib.util

import pytest

from tasks.methods.evaluate.gold import Document, GoldSpan

pytestmark = pytest.mark.skipif(
    any(importlib.util.find_spec(name) is None for name in ("presidio_evaluator", "plotly", "sklearn")),
    reason="presidio-evaluator is not installed",
)

TEXT = "Jonathan Appleseed visited Springfield tomorrow"
GOLD = (GoldSpan(0, 18, "PERSON"), GoldSpan(27, 38, "LOCATION"))


def test_found_whole_is_a_match_and_what_is_missing_costs_recall() -> None:
    from tasks.methods.evaluate.matched import match

    document = Document("d", TEXT, "en", False, GOLD)
    whole = match([document], [[(0, 18), (27, 38)]])
    assert (whole.precision, whole.recall, whole.f2, whole.annotated, whole.predicted) == (1.0, 1.0, 1.0, 2, 2)
    one = match([document], [[(27, 38)]])
    assert (one.precision, one.recall) == (1.0, 0.5)
    assert one.f2 == pytest.approx(5 * 0.5 / (4 + 0.5), abs=1e-4)


def test_less_than_three_quarters_is_no_match() -> None:
    from tasks.methods.evaluate.matched import match

    document = Document("d", TEXT, "en", False, GOLD)
    # "Appleseed" is half of the name; the place is found.
    found = match([document], [[(9, 18), (27, 38)]])
    assert (found.precision, found.recall) == (0.5, 0.5)


def test_partial_annotation_is_left_out() -> None:
    from tasks.methods.evaluate.matched import match

    documents = [Document("d", TEXT, "en", False, GOLD), Document("e", TEXT, "en", True, GOLD[:1])]
    assert match(documents, [[(0, 18), (27, 38)], []]).recall == 1.0


def test_a_token_belongs_to_a_place_that_holds_its_start_or_lies_in_it() -> None:
    from tasks.methods.evaluate.matched import tags

    tokens = [("Mr", 0), ("Smith's", 3), ("dog", 11)]
    assert tags(tokens, [(3, 8)]) == ["O", "PII", "O"]
    assert tags(tokens, [(5, 6)]) == ["O", "PII", "O"]
    assert tags(tokens, [(4, 12)]) == ["O", "O", "PII"]
