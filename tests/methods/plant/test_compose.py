"""Planted texts: exact places, kinds dealt apart, sentences and gaps drawn uniformly."""

from __future__ import annotations

import random
import re
from collections import Counter
from itertools import combinations

from hypothesis import given, settings
from hypothesis import strategies as st

from tasks.methods.plant.candidates import Candidates
from tasks.methods.plant.carriers import CARRIERS
from tasks.methods.plant.compose import VALUES, compose, deal
from tasks.methods.plant.contexts import Excerpts, excerpt
from tasks.methods.plant.kinds import FORMATS
from tasks.methods.plant.value import Value, draw

OWN = [("PERSON", "Maria Lopez"), ("PHONE_NUMBER", "206-555-0143")]
TEXT = "Maria Lopez came in today.\nShe can be reached at 206-555-0143. Nothing else was said by anyone here. Bye now"


@given(
    st.integers(0, 10_000),
    st.lists(st.sampled_from(sorted(FORMATS["en"])), min_size=1, max_size=8, unique=True),
    st.sampled_from(["en", "zh"]),
    st.booleans(),
)
@settings(max_examples=200, deadline=None)
def test_each_value_stands_at_its_place_once(seed: int, kinds: list[str], language: str, bare: bool) -> None:
    rng = random.Random(seed)
    kinds = [kind for kind in kinds if kind in FORMATS[language]]
    values = [draw(rng, kind, FORMATS[language][kind]) for kind in kinds]
    found = Excerpts([] if bare else [excerpt(rng, "note", TEXT, OWN, [language])])
    planted = compose(rng, language, values, found, ["plan"])
    assert planted.column == ("plan" if bare else "note")
    assert planted.text == planted.text.rstrip()
    at = [planted.text[place.start : place.end] for place in planted.places]
    assert sorted(at) == sorted(value.text for value in values)
    assert {p.entity: planted.text[p.start : p.end] for p in planted.places} == {v.entity: v.text for v in values}
    ends = [(place.start, place.end) for place in planted.places]
    assert all(b <= c for (_, b), (c, _) in zip(ends, ends[1:], strict=False)), "from left to right, none in another"


def test_a_value_in_place_takes_the_place_of_the_rows_own() -> None:
    rng = random.Random(6)
    found = Excerpts([excerpt(rng, "note", TEXT, OWN, ["en"])])
    name = Value("Odette Brandt", "PERSON", "first and last")
    number = Value("555-01-77", "PHONE_NUMBER", "hyphens")
    planted = compose(rng, "en", [number, name], found, ["note"])
    assert {place.context for place in planted.places} == {"in place"}
    assert planted.text == TEXT.replace("Maria Lopez", "Odette Brandt").replace("206-555-0143", "555-01-77")


def test_a_record_has_a_kind_once_and_every_value_is_dealt() -> None:
    kinds = sorted(FORMATS["en"])
    chosen = Candidates("seed", kinds, ["en"], 40).chosen()
    records = list(deal(random.Random(0), chosen))
    for _, values in records:
        assert len({value.entity for value in values}) == len(values) and abs(len(values) - VALUES) <= 2
    dealt = Counter((value.entity, value.text, value.format) for _, values in records for value in values)
    assert dealt == Counter((k, v.text, v.format) for k, drawn in chosen.items() for _, v in drawn)


def test_kinds_meet_as_chance_has_it() -> None:
    """No kind has its fixed neighbours: each pair shares a record about as often as any other."""
    kinds = sorted(FORMATS["en"])[:12]
    chosen = Candidates("seed", kinds, ["en"], 1000).chosen()
    together: Counter[tuple[str, str]] = Counter()
    for _, values in deal(random.Random(1), chosen):
        together.update(combinations(sorted(value.entity for value in values), 2))
    expected = 1000 * 5 / 11  # two records a turn, six values in each
    assert all(abs(together[pair] - expected) < 5 * (expected * 6 / 11) ** 0.5 for pair in combinations(kinds, 2))


def test_no_sentence_and_no_place_dominates() -> None:
    rng = random.Random(2)
    found = Excerpts([excerpt(rng, "note", "One here. Two here. Three here.", [], ["en"])])
    used: Counter[str] = Counter()
    gaps: Counter[int] = Counter()
    for _ in range(1500):
        value = draw(rng, "ROUTING_NUMBER", FORMATS["en"]["ROUTING_NUMBER"])
        planted = compose(rng, "en", [value], found, ["note"])
        (place,) = planted.places
        before = planted.text[: place.start]
        gaps[sum(word in before for word in ("One here.", "Two here.", "Three here."))] += 1
        used[next(t for t in CARRIERS["en"]["ROUTING_NUMBER"] if _fits(t, planted.text, value.text))] += 1
    share = 1500 / len(CARRIERS["en"]["ROUTING_NUMBER"])
    assert all(abs(used[t] - share) < 5 * share**0.5 for t in CARRIERS["en"]["ROUTING_NUMBER"])
    assert all(abs(gaps[n] - 375) < 5 * 281**0.5 for n in range(4))


def _fits(template: str, text: str, value: str) -> bool:
    pattern = re.escape(template).replace(re.escape("{v}"), re.escape(value))
    pattern = re.sub(r"\\\[(.*?)\\\]", lambda m: "(?:" + m[1].replace("\\|", "|") + ")", pattern)
    return re.search(r"(?<!\w)" + pattern, text) is not None
