"""The view: what detectors read, and the way back to what was written."""

from __future__ import annotations

import html
import re
import unicodedata
from collections.abc import Callable
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tasks.methods.detect.view import view

ODD = (
    "１２３ＡＢｃ＠．－％＆；＃\u200b\u200c\u200d\u00ad\ufeff\u202e\ufe0f\u20e3\u0301\u0308\u0336\u00a0\u2003\u2028\u2011–—’“"
    "٣४𝟗①ﬁℌ½²™…\x00\x07\x1b\x85\ud800\udc00оаесАВЕЯжοΣ中张，：（。한ᄒ\u1161\u11ab👨🏽😀&%;#x4amp\\u0 @.-"
)
texts = st.text(st.sampled_from(ODD) | st.characters(codec=None), max_size=60)
encoded = st.lists(
    st.sampled_from(
        [
            "&amp;",
            "&#64;",
            "&#x31;",
            "&nbsp;",
            "&lt",
            "&#65297;",
            "%40",
            "%25",
            "%E5%BC%A0",
            "%FF",
            "\\u5f20",
            "a",
            "1 ",
        ]
    ),
    max_size=12,
).map("".join)


@given(st.one_of(texts, encoded))
@settings(max_examples=400, deadline=None)
def test_every_span_lies_in_the_original_and_both_ends_never_go_back(text: str) -> None:
    seen = view(text)
    places = [seen.span(k, k + 1) for k in range(len(seen.text))]
    for (low, high), (next_low, next_high) in zip(places, places[1:], strict=False):
        assert low <= next_low and high <= next_high
    assert all(0 <= low < high <= len(text) for low, high in places)


@given(st.one_of(texts, encoded), st.data())
@settings(max_examples=200, deadline=None)
def test_a_span_covers_the_characters_it_was_made_of(text: str, data: st.DataObject) -> None:
    seen = view(text)
    if not seen.text:
        return
    start = data.draw(st.integers(0, len(seen.text) - 1))
    end = data.draw(st.integers(start + 1, len(seen.text)))
    places = [seen.span(k, k + 1) for k in range(start, end)]
    assert seen.span(start, end) == (min(low for low, _ in places), max(high for _, high in places))


@given(texts)
@settings(max_examples=400, deadline=None)
def test_the_view_of_a_view_is_the_same(text: str) -> None:
    once = view(text).text
    assert view(once).text == once


@given(st.text(st.sampled_from("abc XYZ 0189 .,;:!?'\"()-_@/\n\t")))
def test_plain_text_is_not_copied(text: str) -> None:
    seen = view(text)
    assert seen.text is text
    assert not seen.layers


@pytest.mark.parametrize(
    "text",
    [
        "Москва, рот и нос", "Το όνομά μου", "AT&T grew 5% & more", "Jane saw рот in Россия", "100% 20", "&unknown; &",
        "C:\\users\\ann", "50%FF", "см. рис. 5", "张三，电话：（010）62345678。",
    ],
)  # fmt: skip
def test_what_is_no_disguise_stays(text: str) -> None:
    assert view(text).text == text


@pytest.mark.parametrize(
    ("text", "seen"),
    [
        ("id １２\u200b３", "id 123"),
        ("٠٥٠ ١٢٣", "050 123"),
        ("5️⃣5️⃣5️⃣", "555"),
        ("a&amp;amp;#64;b.org", "a@b.org"),
        ("a%252540b.org", "a@b.org"),
        ("a&commat;b&period;org", "a@b.org"),
        ("%E5%BC%A0%E4%B8%89", "张三"),
        ("\\u5f20\\u4e09 \\ud83d\\ude00", "张三 😀"),
        ("j\u043ehn@\u0435\u0445\u0430m\u0440l\u0435.\u0441\u043em", "john@example.com"),
        ("John \u0421\u043e\u0440\u0435 called", "John Cope called"),
        ("O’Brien “x”", 'O\'Brien "x"'),
        ("Jose\u0301", "José"),
        ("J\u0336o\u0336e\u0336", "Joe"),
        ("J\x00o\x00e\x00", "Joe"),
        ("\x1b[31mJoe\x1b[0m", "Joe"),
        ("555\u2011123\u2014456", "555-123-456"),
        ("john＠example。com", "john@example.com"),
        ("\ud83d\ude00 \ud800", "😀 \ufffd"),
        ("see https://x.org/a%20b%40c d", "see https://x.org/a%20b@c d"),
    ],
)
def test_what_is_read(text: str, seen: str) -> None:
    assert view(text).text.replace("  ", " ") == seen


def _wide(text: str, _: Random) -> str:
    return "".join(chr(ord(c) + 0xFEE0) if "!" <= c <= "~" else c for c in text)


def _scattered(marks: str) -> Callable[[str, Random], str]:
    def disguise(text: str, random: Random) -> str:
        inside = "".join(c + random.choice(["", random.choice(marks)]) for c in text[:-1])
        return inside + text[-1]

    return disguise


def _digits(text: str, random: Random) -> str:
    zero = random.choice("٠۰०০０𝟎𝟘")
    return "".join(chr(ord(zero) + int(c)) if c.isascii() and c.isdigit() else c for c in text)


def _entities(text: str, random: Random) -> str:
    forms = ("{c}", "&#{n};", "&#x{n:x};")
    return "".join(random.choice(forms).format(c=html.escape(c), n=ord(c)) for c in text)


def _percent(text: str, random: Random) -> str:
    # A percent sign or an ampersand of an earlier step is escaped again, as a program would.
    return "".join("".join(f"%{b:02X}" for b in c.encode()) if c in "@%&;#" or not c.isascii() else c for c in text)


def _marked(text: str, random: Random) -> str:
    return "".join(c + random.choice(["", "\u0336"]) if c.isalnum() else c for c in text)


def _dashes(text: str, random: Random) -> str:
    return text.replace("-", random.choice("‐‑‒–−－")).replace(" ", random.choice("\u00a0\u2009\u3000"))


def _lookalike(text: str, random: Random) -> str:
    return text.replace("o", "\u043e").replace("e", "\u0435") if text.isascii() else text


STEPS = (
    _lookalike, _wide, _scattered("\u200b\u200d\u00ad\ufeff\u2060\u202a"), _digits, _entities, _percent, _marked,
    _dashes,
)  # fmt: skip
RULE = re.compile(r"[\w.]+@[\w.]+\.[a-z]{3}|\d{3}-\d{2}-\d{4}|\d{4}(?: \d{4}){3}|\d{3}-\d{3}-\d{4}")


@given(
    value=st.sampled_from(["john.doe@example.com", "536-22-1187", "4111 1111 1111 1111", "217-555-0199"]),
    chosen=st.lists(st.sampled_from(range(len(STEPS))), min_size=1, max_size=2, unique=True),
    before=st.sampled_from(["", "call ", "Ünïcode &amp; 😀 ", "客户：", "100% ", "Москва: "]),
    after=st.sampled_from(["", " now", "，谢谢", " &lt;", " 👨\u200d👩\u200d👧"]),
    seed=st.integers(0, 99),
)
@settings(max_examples=500, deadline=None)
def test_a_disguised_value_is_found_at_its_exact_place(
    value: str, chosen: list[int], before: str, after: str, seed: int
) -> None:
    random, written = Random(seed), value
    for k in sorted(chosen):
        written = STEPS[k](written, random)
    written = written.rstrip("\u200b\u200d\u00ad\ufeff\u2060\u202a")
    seen = view(before + written + after)
    found = [seen.span(*match.span()) for match in RULE.finditer(seen.text)]
    assert found == [(len(before), len(before) + len(written))]


@pytest.mark.parametrize(
    "piece", ["&amp;", "%25", "a%20", "e\u0301", "\u200b", "\\u0041", "&#38;", "://a%20 ", "１", "оa"]
)
def test_long_text_of_one_kind_is_read(piece: str) -> None:
    text = piece * 50_000
    seen = view(text)
    if seen.text:
        assert seen.span(0, len(seen.text))[1] <= len(text)


def test_a_span_outside_the_view_is_refused() -> None:
    with pytest.raises(ValueError, match="at least one"):
        view("ab").span(1, 1)


def test_accents_stay_on_their_letters() -> None:
    assert unicodedata.is_normalized("NFC", view("A\u030angstro\u0308m").text)
