"""Hashes, tokens, the vault's cells and the offsets of dates: what they promise, over wild input."""

from __future__ import annotations

import datetime
import itertools
import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tasks.methods.mask.cipher import Seal, Tokens
from tasks.methods.mask.dates import iso_date, shift_written
from tasks.methods.mask.document import Document
from tasks.methods.mask.keyed import HASH_DIGITS, MOST_DAYS, Draw, MaskKey
from tasks.methods.mask.normal import normalise
from tasks.methods.mask.operators import operator
from tasks.methods.mask.plan import Operation

KEY, OTHER = MaskKey(b"k" * 32), MaskKey(b"q" * 32)
ANYTHING = st.text(st.characters(), max_size=60)
DATES = st.dates(datetime.date(1931, 1, 1), datetime.date(2060, 12, 31))


def written(date: datetime.date, form: str) -> str:
    plain = {"%-m": str(date.month), "%-d": str(date.day)}
    for mark, figure in plain.items():
        form = form.replace(mark, figure)
    return date.strftime(form)


@given(ANYTHING, st.sampled_from(["<PERSON>", "<NAME>", "<US_SSN>"]))
def test_a_token_opens_to_the_letter_under_its_own_key_only(value: str, tag: str) -> None:
    tokens, others = Tokens(KEY.subkey("encrypt")), Tokens(OTHER.subkey("encrypt"))
    token = tokens.seal(tag, value)
    assert tokens.open(token) == tokens.open(token.upper()) == value
    assert others.open(token) is None and others.seal(tag, value) != token == tokens.seal(tag, value)
    assert tokens.open(token.replace(tag[1:-1], "OTHER")) is None
    assert tokens.open("<PERSON:a2>") is None and tokens.open(value) is None


@given(ANYTHING, st.integers(0, 1 << 50), ANYTHING, ANYTHING)
def test_a_sealed_cell_opens_in_its_place_only_and_hides_its_length(
    value: str, record: int, column: str, token: str
) -> None:
    seal = Seal(b"v" * 32)
    sealed = seal.close(value, record, column, token)
    assert seal.open(sealed, record, column, token) == value
    assert seal.open(sealed, record + 1, column, token) is None
    assert seal.open(sealed, record, column + "x", token) is None
    assert seal.open(sealed, record, column, token + "x") is None
    assert Seal(b"w" * 32).open(sealed, record, column, token) is None
    assert (len(sealed) - 16) % 32 == 0
    encoded = value.encode("utf-8", "surrogatepass")
    assert len(encoded) < 4 or encoded not in sealed


@given(ANYTHING, ANYTHING)
def test_equal_values_have_equal_hashes_and_others_do_not(one: str, other: str) -> None:
    hash_ = operator("CASE_NUMBER", Operation("hash", "<CASE>"), KEY)
    first, second = (hash_.text(value, Document("")) for value in (one, other))
    assert (first == second) == (normalise("CASE_NUMBER", one) == normalise("CASE_NUMBER", other))
    assert operator("CASE_NUMBER", Operation("hash", "<CASE>"), OTHER).text(one, Document("")) != first


def test_parts_of_a_digest_do_not_run_together() -> None:
    assert KEY.digest("hash", "ab", "c") != KEY.digest("hash", "a", "bc") != KEY.digest("has", "h", "a", "bc")
    assert KEY.value_hash("PERSON", "x") != KEY.value_hash("US_SSN", "x")
    assert b"k" * 32 not in repr(KEY).encode()


@pytest.mark.parametrize(("values", "most"), [(300_000, 1e-13), (10**8, 1e-8)])
def test_accidental_collisions_are_negligible(values: int, most: float) -> None:
    """The birthday bound: n(n-1)/2 pairs, each equal with probability 16 to the minus digits."""
    assert math.comb(values, 2) / 16**HASH_DIGITS < most


def test_offsets_are_within_half_a_year_and_never_nothing() -> None:
    days = {KEY.days(f"unit:{i}") for i in range(20_000)}
    assert days == set(range(-MOST_DAYS, MOST_DAYS + 1)) - {0}
    assert KEY.days("unit:1") != OTHER.days("unit:1") or KEY.days("unit:2") != OTHER.days("unit:2")


def test_draws_are_as_they_were() -> None:
    """Hashes and surrogates must stay the same from release to release."""
    draw = Draw(bytes(range(32)))
    assert [draw.below(1000) for _ in range(6)] == DRAWN
    assert KEY.value_hash("PERSON", "maria lopez") == "124c223e5f1afdfee13b"


DRAWN = [221, 783, 105, 392, 120, 598]

UNAMBIGUOUS = [
    "%Y-%m-%d", "%Y/%m/%d", "%d.%m.%Y", "%Y%m%d", "%B %-d, %Y", "%-d %B %Y", "%d-%b-%Y", "%b. %-d, %Y",
    "%Y年%-m月%-d日", "%Y-%m-%d 10:30", "%Y-%m-%dT10:30:00Z", "%A, %B %-d, %Y", "%B %-d, %Y at 4:05 pm",
]  # fmt: skip
"""Ways in which every date is written in one way only: a reader can tell each figure's part and padding."""


@settings(max_examples=60)
@given(DATES, st.integers(-MOST_DAYS, MOST_DAYS))
def test_a_shifted_date_is_written_as_it_was(date: datetime.date, days: int) -> None:
    for form in UNAMBIGUOUS:
        moved = date + datetime.timedelta(days=days)
        if "%b" in form and 5 in (moved.month, date.month):
            continue  # May is its own abbreviation
        assert shift_written(written(date, form), days) == written(moved, form), form
        if "%m" in form and ":" not in form:
            assert iso_date(written(date, form)) == date.isoformat()


@given(DATES, DATES, st.text(min_size=1, max_size=8))
def test_intervals_stay_whatever_the_forms(one: datetime.date, two: datetime.date, unit: str) -> None:
    shift = operator("DATE", Operation("shift_date", "<DATE>"), KEY)
    document = Document(f"unit:{unit}")
    for first, second in itertools.product(("%Y-%m-%d", "%B %-d, %Y"), ("%d.%m.%Y", "%Y年%-m月%-d日")):
        a, b = (iso_date(shift.text(written(d, f), document)) for d, f in ((one, first), (two, second)))
        assert a is not None and b is not None and a != one.isoformat()
        assert datetime.date.fromisoformat(b) - datetime.date.fromisoformat(a) == two - one


@pytest.mark.parametrize(
    ("text", "moved"),
    [
        ("3/4/21", "3/14/21"),
        ("12/28/2021", "01/07/2022"),
        ("25/12/2021", "04/01/2022"),
        ("MARCH 3RD, 2021", "MARCH 13TH, 2021"),
        ("3rd of march", "13th of march"),
        ("Sept. 28, '21", "Oct. 8, '21"),
        ("Mon 3/1", "Thu 3/11"),
        ("3月4日 周三", "3月14日 周六"),
        ("from 3/4/21 to 3/9/21", "from 3/14/21 to 3/19/21"),
        ("2021", "2021"),
        ("Dec 25, 9999", None),
        ("last spring", None),
        ("March 3-5, 2021", None),
        ("2/30/2021", None),
        ("seen by Ann on 3/4/21", None),
        ("room 12, 3/4/21", None),
        ("", None),
    ],
)
def test_forms_that_people_use_and_what_cannot_be_read(text: str, moved: str | None) -> None:
    assert shift_written(text, 10) == moved


def test_day_first() -> None:
    assert shift_written("03/04/2021", 10, day_first=True) == "13/04/2021"
    assert iso_date("03/04/2021", day_first=True) == "2021-04-03" != iso_date("03/04/2021")


@given(ANYTHING, st.integers(-400, 400))
def test_no_text_breaks_the_reader(text: str, days: int) -> None:
    moved = shift_written(text, days)
    assert moved is None or any(c.isdecimal() for c in moved)
