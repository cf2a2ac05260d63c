from __future__ import annotations

import datetime
import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tasks.methods.detect.spans import Span
from tasks.methods.mask.headers import kind_of_name, looks_like_a_row, names_a_person
from tasks.methods.mask.infer import guess_column, guess_columns

_PATTERNS = {
    "EMAIL_ADDRESS": r"\S+@\S+\.\w+",
    "PHONE_NUMBER": r"\(?\d{3}\)?[ -]\d{3}-\d{4}",
    "US_SSN": r"\d{3}-\d{2}-\d{4}",
    "DATE": r"\d{4}-\d{2}-\d{2}",
    "PERSON": r"(?:Ann|Bo|Cy|Dee) (?:Lee|Ray|Poe)",
}


def find(texts: list[str]) -> list[list[Span]]:
    """A detector whose rules can be read."""
    return [
        [Span(*m.span(), kind, 0.9, "test") for kind, pattern in _PATTERNS.items() for m in re.finditer(pattern, text)]
        for text in texts
    ]


NAMES = [f"{a} {b}" for a in ("Ann", "Bo", "Cy", "Dee") for b in ("Lee", "Ray", "Poe")]
PHONES = [f"555-{k}-1{k}" for k in range(100, 140)]
MAILS = [f"u{k}@example.org" for k in range(40)]


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("patient_name", "PERSON"), ("FirstName", "PERSON"), ("姓名", "PERSON"), ("SSN", "US_SSN"),
        ("homePhone", "PHONE_NUMBER"), ("手机号", "PHONE_NUMBER"), ("Contact E-Mail", ""), ("e-mail", "EMAIL_ADDRESS"),
        ("billing_address_1", "ADDRESS"), ("ip_address", "IP_ADDRESS"), ("ZIP Code", "ZIP_CODE"),
        ("dob", "DATE_OF_BIRTH"),
        ("created_at", "DATE"), ("file_name", ""), ("product name", ""), ("身份证号", "CN_RESIDENT_ID"), ("x", ""),
    ],
)  # fmt: skip
def test_names_are_read_as_words(name: str, kind: str) -> None:
    assert kind_of_name(name) == kind


def test_a_header_that_is_a_row_is_told() -> None:
    assert looks_like_a_row(["Ann Lee", "ann@example.org"]) and looks_like_a_row(["id", "3/4/80"])
    assert looks_like_a_row(["a", ""]) and looks_like_a_row(["555-123-4567"])
    assert not looks_like_a_row(["address_1", "phone2", "邮箱", "2020 total"])


def test_the_cells_decide_and_the_name_confirms() -> None:
    guess = guess_column("phone", PHONES, find)
    assert (guess.role, guess.kind, guess.type, guess.confidence, guess.warning) == (
        "structured", "PHONE_NUMBER", "string", "high", "",
    )  # fmt: skip
    assert guess_column("kontakt", MAILS, find).kind == "EMAIL_ADDRESS"


def test_a_name_that_lies_is_overruled_with_a_warning() -> None:
    guess = guess_column("favourite_color", PHONES, find)
    assert guess.kind == "PHONE_NUMBER"
    guess = guess_column("gender", MAILS, find)
    assert guess.kind == "EMAIL_ADDRESS" and "suggests GENDER" in guess.warning and guess.confidence == "medium"
    # Called a phone, but yes or no: not taken for one.
    guess = guess_column("phone", ["yes", "no"] * 30, find)
    assert guess.kind == "CATEGORY" and "suggests PHONE_NUMBER" in guess.warning and guess.confidence == "low"
    # A harmless name over social security numbers.
    assert guess_column("count", [f"123-45-{k}" for k in range(6000, 6050)], find).kind == "US_SSN"


def test_the_name_says_which_where_the_cells_cannot() -> None:
    days = [f"19{y}-03-0{d}" for y in range(50, 90) for d in (1, 2)]
    assert (guess_column("dob", days, find).kind, guess_column("visit", days, find).kind) == ("DATE_OF_BIRTH", "DATE")
    assert guess_column("dob", days, find).type == "date"
    assert guess_column("mrn", [f"A{k}" for k in range(70)], find).kind == "MEDICAL_RECORD_NUMBER"


def test_mixed_cells_are_masked_as_text() -> None:
    guess = guess_column("remark", [*NAMES, *["none"] * 30, *[f"see {k}" for k in range(30)]], find)
    assert guess.role == "text" and guess.confidence == "low" and guess.warning


def test_a_few_names_in_a_category_are_no_category() -> None:
    guess = guess_column("status", ["open", "closed"] * 100 + ["Ann Lee"] * 10, find)
    assert guess.role == "text"


def test_running_text_is_text_whatever_it_is_called() -> None:
    notes = [f"{name} came in on a Monday and asked about the bill number {k}" for k, name in enumerate(NAMES * 3)]
    assert guess_column("phone", notes, find).role == "text"
    chinese = [f"患者于今日上午来院就诊，主诉头痛{k}天，建议住院观察治疗。" for k in range(30)]
    assert guess_column("备注", chinese, find).role == "text"


@pytest.mark.parametrize(
    ("cells", "type_"),
    [
        (["1", "-20"], "integer"), (["007", "12"], "string"), (["1", "2.5"], "number"), (["true", "FALSE"], "boolean"),
        ([1, 2], "integer"), ([1, 2.5], "number"), ([True, False], "boolean"), (["9" * 30, "1"], "string"),
        (["2020-01-31", "2021-02-01"], "date"), (["2020-01-31T10:00:00Z"], "datetime"), (["3/4/80"], "string"),
        ([datetime.date(2020, 1, 1)], "date"), ([datetime.datetime(2020, 1, 1)], "datetime"), (["1", 2], "string"),
    ],
)  # fmt: skip
def test_types_are_those_that_every_cell_has(cells: list[Any], type_: str) -> None:
    assert guess_column("x", cells, lambda texts: [[] for _ in texts]).type == type_


def test_a_persons_key_repeats_or_at_least_varies() -> None:
    keys = [f"P{k % 30:03}" for k in range(90)]
    guesses = guess_columns({"user_id": [f"U{k}" for k in range(90)], "patient_id": keys, "t": ["x"] * 90}, find)
    assert [g.role for g in guesses][:2] == ["structured", "person"] and "patient_id" in guesses[0].warning
    constant = guess_column("patient_id", ["P1"] * 50, find)
    assert constant.role == "structured" and "same value" in constant.warning
    gaps = guess_column("patient_id", [*keys, None], find)
    assert gaps.role == "person" and "empty" in gaps.warning
    assert names_a_person("CustomerID") and names_a_person("客户编号") and not names_a_person("order_id")


def test_what_nobody_can_name_stays_undeclared() -> None:
    guess = guess_column("blob", [f"q{k}z" for k in range(99)], find)
    assert (guess.role, guess.kind, guess.confidence) == ("structured", "", "low") and "delete" in guess.warning


def test_empty_and_nested_columns_are_left_out() -> None:
    assert guess_column("a", [None, "", "  "], find).role == ""
    assert guess_column("a", [["Ann Lee"]], find).role == "" and guess_column("a", [], find).role == ""


_CELLS = st.lists(
    st.one_of(
        st.none(), st.text(max_size=30), st.integers(), st.floats(), st.booleans(), st.sampled_from(NAMES + MAILS)
    ),
    max_size=40,
)


@given(st.text(max_size=15), _CELLS)
def test_any_column_gets_a_suggestion_that_holds_no_cell(name: str, cells: list[Any]) -> None:
    guess = guess_column(name, cells, find)
    assert guess.role in ("", "text", "structured", "label", "person")
    said = guess.reason + guess.warning
    assert not any(isinstance(cell, str) and cell in NAMES + MAILS and cell in said for cell in cells)


@given(_CELLS, st.randoms())
def test_the_order_of_rows_says_nothing(cells: list[Any], draw: Any) -> None:
    other = list(cells)
    draw.shuffle(other)
    assert guess_column("x", cells, find) == guess_column("x", other, find)
