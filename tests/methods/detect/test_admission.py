"""Asking for many patterns at once answers what asking for each answers."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from tasks.methods.detect import addresses, identifiers, organizations, people
from tasks.methods.detect.admission import Admission
from tasks.methods.detect.prefilter import ANYTHING, Need, Shape, admits
from tasks.methods.detect.rules import Rule, RuleRecognizer
from tasks.methods.sample import records

WORDS = st.sampled_from(["ssn", "name", "na", "mr", "@", "-", "ſ", "é", "é1", "ab"])
NEEDS = st.builds(
    Need,
    width=st.integers(0, 12),
    digits=st.integers(0, 6),
    digit_run=st.integers(0, 6),
    word_run=st.integers(0, 6),
    groups=st.frozensets(st.frozensets(st.sampled_from("@-:é1"), min_size=1, max_size=2), max_size=2),
    strings=st.frozensets(WORDS, max_size=3),
)
TEXTS = st.one_of(
    st.text(max_size=40), st.lists(st.sampled_from(["SSN", " ", "12", "Name", "@", "-", "İ", "K", "mr1"])).map("".join)
)


@settings(max_examples=300, deadline=None)
@given(needs=st.lists(NEEDS, max_size=70), text=TEXTS, wanted=st.one_of(st.just(-1), st.integers(0, 1 << 70)))
def test_the_admitted_are_those_that_are_admitted_one_by_one(needs: list[Need], text: str, wanted: int) -> None:
    expected = [i for i, need in enumerate(needs) if admits(need, Shape(text)) and wanted >> i & 1]
    assert Admission(needs).among(Shape(text), wanted) == expected


def test_on_sample_records_every_rule_is_asked_where_it_can_match() -> None:
    rules = [rule for part in (identifiers, people, organizations, addresses) for rule in part.RULES]
    needs = [rule.need if isinstance(rule, Rule) else ANYTHING for rule in rules]
    admission = Admission(needs)
    asked = 0
    for record in records("finance", 30, "en", 1):
        for line in str(record.fields["text"]).split("\n"):
            expected = [i for i, need in enumerate(needs) if admits(need, Shape(line))]
            assert admission.among(Shape(line)) == expected
            asked += len(expected)
    assert asked > 500


def test_a_recognizer_applies_the_rules_of_the_kinds_asked_for_alone() -> None:
    recognizer = RuleRecognizer("r", [Rule("A", r"x\d", 0.5), Rule("B", r"x\d\d", 0.6)], "en")
    text = "x12"
    assert [found.entity_type for found in recognizer.analyze(text, ["A", "B"])] == ["A", "B"]
    assert [found.entity_type for found in recognizer.analyze(text, ["B"])] == ["B"]
    assert recognizer.analyze(text, ["C"]) == []
