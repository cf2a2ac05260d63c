from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tasks.core.errors import AirlockError
from tasks.methods.detect.spans import Span
from tasks.methods.gate.finding import Finding
from tasks.methods.gate.placeholders import Placeholders
from tasks.methods.mask.remask import Remasker, rewrite


class Sees:
    """A detector that finds given words wherever they stand."""

    name, reads_language = "sees", True

    def __init__(self, *words: str, entity: str = "PERSON") -> None:
        self.words, self.entity, self.entities = words, entity, frozenset({entity})

    def identity(self) -> dict[str, Any]:
        return {}

    def detect(self, texts: Sequence[str], kind: str = "") -> list[list[Finding]]:
        return [
            sorted(
                Finding(at, at + len(word), self.entity, self.name)
                for word in self.words
                for at in range(len(text))
                if text.startswith(word, at)
            )
            for text in texts
        ]


def beside(text: str, stretches: list[Span], new: list[str], *words: str, **more: Any) -> list[tuple[int, int]]:
    kinds, allow = more.get("entities", ["PERSON"]), more.get("allow", ())
    remasker = Remasker([Sees(*words)], kinds, Placeholders(["<PERSON>"]), allow)
    (found,) = remasker.beside([text], [rewrite(text, stretches, new)])
    assert all(span.detector == "sees" and span.score == 1.0 for span in found)
    return [(span.start, span.end) for span in found]


def span(start: int, end: int) -> Span:
    return Span(start, end, "PERSON", 0.9, "masker")


def test_what_the_gate_sees_is_given_in_places_of_the_raw_text() -> None:
    text = "Ann met Bo and Cy"
    assert beside(text, [span(0, 3)], ["<PERSON>"], "Bo", "Cy") == [(8, 10), (15, 17)]
    assert beside(text, [], [], "Cy") == [(15, 17)]


def test_tags_and_stars_are_spared_and_a_finding_around_one_is_cut_into_its_parts() -> None:
    text = "Dr Ann Lee MD"
    assert beside(text, [span(3, 6)], ["<PERSON>"], "<PERSON>") == []
    assert beside(text, [span(3, 6)], ["<PERSON>"], "Dr <PERSON> Lee MD") == [(0, 2), (7, 13)]
    assert beside(text, [span(3, 6)], ["***"], "Dr *** Lee") == [(0, 2), (7, 10)]
    # A tag that stood in the raw text is no name either.
    assert beside("see <PERSON> x", [], [], "<PERSON>") == []
    assert beside("see <SMITH> x", [], [], "<SMITH>") == [(4, 11)]


def test_a_surrogate_that_the_gate_takes_for_a_name_is_masked_already() -> None:
    assert beside("Ann met Bo", [span(0, 3)], ["Mary Jones"], "Mary Jones", "Jones met") == [(4, 7)]


def test_allowed_words_and_kinds_the_policy_keeps_stay() -> None:
    assert beside("Ann met Bo", [], [], "Ann", allow=["ANN"]) == []
    assert beside("Ann met Bo", [], [], "Ann", entities=["DATE"]) == []


def test_stretches_that_overlap_are_refused_without_text() -> None:
    for stretches in ([span(0, 3), span(2, 5)], [span(4, 99)]):
        with pytest.raises(AirlockError) as error:
            rewrite("Ann Lee", stretches, ["<PERSON>"] * len(stretches))
        assert "Ann" not in str(error.value)
    with pytest.raises(AirlockError):
        rewrite("Ann Lee", [span(0, 3)], [])


@st.composite
def rewrites(draw: st.DrawFn) -> tuple[str, list[Span], list[str]]:
    text = draw(st.text("abcé中 \U0001f600", max_size=30))
    cuts = sorted(draw(st.sets(st.integers(0, len(text)), max_size=8)))
    stretches = [span(a, b) for a, b in zip(cuts[::2], cuts[1::2], strict=False)]
    return (
        text,
        stretches,
        draw(st.lists(st.text("XY<>", max_size=4), min_size=len(stretches), max_size=len(stretches))),
    )


@given(rewrites(), st.data())
def test_every_kept_character_maps_back_to_itself(case: tuple[str, list[Span], list[str]], data: st.DataObject) -> None:
    text, stretches, new = case
    masked = rewrite(text, stretches, new)
    hidden = {i for s in stretches for i in range(s.start, s.end)}
    back = [i for a, b in masked.raw(0, len(masked.text)) for i in range(a, b)]
    assert back == [i for i in range(len(text)) if i not in hidden]
    start = data.draw(st.integers(0, len(masked.text)))
    end = data.draw(st.integers(start, len(masked.text)))
    for low, high in masked.raw(start, end):
        assert text[low:high] in masked.text[start:end] and not hidden & set(range(low, high))
    one_by_one = [i for k in range(start, end) for a, b in masked.raw(k, k + 1) for i in range(a, b)]
    assert one_by_one == [i for a, b in masked.raw(start, end) for i in range(a, b)]


@given(st.lists(st.sampled_from(["Ann met Bo", "Bo", "", "Cy and Ann", "nobody"]), max_size=6))
def test_a_rows_findings_do_not_depend_on_its_batch(texts: list[str]) -> None:
    remasker = Remasker([Sees("Ann", "Bo", "Cy")], ["PERSON"], Placeholders(["<PERSON>"]))
    together = remasker.beside(texts, [rewrite(text, [], []) for text in texts])
    assert together == [remasker.beside([text], [rewrite(text, [], [])])[0] for text in texts]
