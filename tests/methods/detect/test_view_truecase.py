"""Text in one case: what is read in its place, character for character."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tasks.methods.detect.truecase import truecase


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("PATIENT MARY O'HARA-JONES OF BOSTON", "Patient Mary O'Hara-Jones of Boston"),
        ("call mary jones in boston", "Call Mary Jones in Boston"),
        ("Dear all,\nMARY JONES LEFT AT 5\nYours", "Dear all,\nMary Jones Left at 5\nYours"),
        ("STRASSE DER EINHEIT, ﬁlm", None),
        ("DISCHARGE SUMMARY", None),
        ("AB-12 CD-34 EF-56", None),
        ("Mary left", None),
        ("张三住在北京", None),
        ("", None),
    ],
)
def test_what_is_read(text: str, read: str | None) -> None:
    assert truecase(text) == read


def test_text_without_capitals_is_left_where_it_is_not_asked_for() -> None:
    assert truecase("call mary jones in boston", lower=False) is None
    assert truecase("CALL MARY JONES IN BOSTON", lower=False) is not None


@given(st.text(max_size=80).map(str.upper) | st.text(max_size=80).map(str.lower))
def test_no_character_changes_its_place(text: str) -> None:
    read = truecase(text)
    assert read is None or len(read) == len(text)
    if read is not None:
        assert all(a == b or a.isalpha() for a, b in zip(text, read, strict=True))
