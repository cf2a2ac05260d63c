from __future__ import annotations

import string
import sys

import pytest
import regex

from tasks.methods.detect.literals import folded
from tasks.methods.detect.prefilter import ANYTHING, Shape, admits, need_of
from tasks.methods.detect.registry import recognizers
from tasks.methods.detect.rules import Rule
from tasks.methods.sample import records

VERSION1 = int(regex.VERSION1 | regex.MULTILINE)
DETECTORS = ("airlock-identifiers", "airlock-people", "airlock-places", "airlock-organizations", "airlock-gazetteer")
RULES = [rule for name in DETECTORS for rule in recognizers(name, "en")[0]._rules if isinstance(rule, Rule)]


def test_folding_knows_every_character_that_ignoring_case_takes_for_an_ascii_one() -> None:
    everything = "".join(chr(code) for code in range(sys.maxunicode + 1) if not 0xD800 <= code < 0xE000)
    for version in ("(?V0i)", "(?V1i)"):
        for letter in string.ascii_letters:
            taken = regex.findall(version + letter, everything)
            assert len(taken) >= 2
            assert {folded(character) for character in taken} == {letter.lower()}
        for pair in ("ss", "ff", "fi", "fl", "st"):
            assert {folded(found) for found in regex.findall(version + pair, "ß ẞ ﬀ ﬁ ﬂ ﬅ ﬆ " + pair.upper())} == {pair}


@pytest.mark.parametrize(
    ("pattern", "strings"),
    [
        (r"(?i:ssn|social security)[ ]?\d", {"ssn", "social security"}),
        (r"(?:Mr|Mrs)\.? \w+", {"mr ", "mr. ", "mrs ", "mrs. "}),
        (r"colou?r of \p{Lu}", {"color of ", "colour of "}),
        (r"(?<=from )\d+", {"from "}),
        (r"\d(?=[ ]rows)", {" rows"}),
        (r"\d(?![ ]rows)", set()),
        (r"(?:abc)?x*", set()),
        (r"(?:abc)+", {"abc"}),
        (r"(?:abc|\d)e", {"e"}),
        (r"Straße|weg", {"stra", "weg"}),
        (r"[^a]bc", {"bc"}),
        (r"(?P<v>key)[=:]", {"key=", "key:"}),
    ],
)
def test_strings_without_which_nothing_matches(pattern: str, strings: set[str]) -> None:
    assert need_of(pattern, VERSION1).strings == strings


@pytest.mark.parametrize("text", ["HAUPTSTRASSE 5", "Hauptstraße 5", "hauptſtraſſe 5", "HAUPTSTRAẞE 5"])
def test_other_cases_of_a_string_are_seen(text: str) -> None:
    pattern = r"(?i:hauptstrasse)[ ]\d"
    assert regex.search(pattern, text, regex.VERSION1)
    assert admits(need_of(pattern, VERSION1), Shape(text))


@pytest.mark.parametrize("pattern", [r"[a[bc]]x", r"[a--b]x", r"[]a[b]x", r"[[a]b]x", r"(?:a){e<=1}x", r"[[:alpha:]]x"])
def test_what_the_two_libraries_read_differently_needs_nothing(pattern: str) -> None:
    assert need_of(pattern, VERSION1) == ANYTHING


def test_look_arounds_count_their_digits_once() -> None:
    need = need_of(r"(?:(?=\d{6})\w){3}", VERSION1)
    assert need.digits == 6
    assert admits(need, Shape("a1234567"))
    assert not admits(need, Shape("a 12345"))


def test_nearly_every_rule_says_what_it_needs() -> None:
    assert sum(rule.need == ANYTHING for rule in RULES) <= len(RULES) // 50


def test_no_rule_finds_anything_in_a_text_that_it_skips() -> None:
    texts = [
        line
        for domain in ("healthcare", "finance", "government")
        for record in records(domain, 2, "en", 5)
        for line in (str(record.fields["text"]), *str(record.fields["text"]).split("\n")[:6])
    ]
    found = skipped = 0
    for text in [*texts, *map(str.upper, texts), *map(str.lower, texts)]:
        shape = Shape(text)
        for rule in RULES:
            if admits(rule.need, shape):
                found += bool(rule.find(text))
            else:
                skipped += 1
                assert rule.find(text) == []
    assert found > 100
    assert skipped > 2_000
