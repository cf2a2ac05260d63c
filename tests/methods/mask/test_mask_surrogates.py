"""Surrogates and the mentions of one person: consistent, plausible, and never the value itself."""

from __future__ import annotations

import re
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tasks.methods.detect.checksums import luhn
from tasks.methods.mask.document import Document
from tasks.methods.mask.keyed import MaskKey
from tasks.methods.mask.names import parse, persons
from tasks.methods.mask.operators import operator
from tasks.methods.mask.plan import Operation
from tasks.methods.mask.surrogates import _lists

KEY, OTHER = MaskKey(b"k" * 32), MaskKey(b"q" * 32)


def surrogate(kind: str, value: str, *names: str, key: MaskKey = KEY, **parameters: Any) -> str:
    document = Document("unit:a", [("PERSON", name, False) for name in (names or (value,))])
    return operator(kind, Operation("surrogate", f"<{kind}>", **parameters), key).text(value, document)


@pytest.mark.parametrize(
    ("mentions", "same"),
    [
        (["Maria Lopez", "LOPEZ", "Ms. Lopez's", "maria   lopez", "Lopez, Maria", "M. Lopez", "Maria C. Lopez"], True),
        (["José Núñez", "Jose Nunez", "Mr. Núñez"], True),
        (["James Jones", "James'", "Dr. James Jones, MD"], True),
        (["张伟", "张先生", "张 伟", "张伟医生"], True),
        (["Maria Lopez", "Carlos Lopez"], False),
        (["Maria Carmen Lopez", "Maria Elena Lopez"], False),
        (["Maria Lopez", "Garcia"], False),
        (["张伟", "李伟"], False),
    ],
)
def test_who_is_the_same_within_a_document(mentions: list[str], same: bool) -> None:
    found = persons([(mention, False) for mention in mentions])
    assert (len(set(found.values())) == 1) == same
    assert set(found) == set(mentions)


def test_a_surname_that_two_bear_is_nobodys() -> None:
    found = persons([("Maria Lopez", False), ("Carlos Lopez", False), ("Lopez", False), ("Ms. Lopez", False)])
    assert found["Lopez"] == found["Ms. Lopez"] == "lopez"


def test_a_cell_names_its_person() -> None:
    found = persons([("Maria Carmen Lopez", False), ("Maria Lopez", True), ("Lopez", False)])
    assert set(found.values()) == {"maria lopez"}


@given(st.lists(st.tuples(st.text(max_size=20), st.booleans()), max_size=12))
def test_every_mention_with_a_letter_has_a_person(mentions: list[tuple[str, bool]]) -> None:
    found = persons(mentions)
    assert set(found) == {text for text, _ in mentions if parse(text) is not None}


def test_numbers_count_persons_in_the_order_of_the_text() -> None:
    mentions = [("PERSON", name, False) for name in ("Bob Stone", "Maria Lopez", "Ms. Lopez", "Stone's")]
    document = Document("unit:a", mentions)
    numbered = operator("PERSON", Operation("numbered_tag", "<PERSON>"))
    assert [numbered.text(name, document) for _, name, _ in mentions] == [
        "<PERSON_1>", "<PERSON_2>", "<PERSON_2>", "<PERSON_1>",
    ]  # fmt: skip
    same_tag = operator("NRP", Operation("numbered_tag", "<PERSON>"))
    assert same_tag.text("Lopez", document) == "<PERSON_3>"


def test_a_person_keeps_names_gender_and_style() -> None:
    names = ("Maria Lopez", "MARIA LOPEZ", "Ms. Lopez's", "maria", "M. Lopez", "Lopez, Maria")
    full, upper, title, given, initial, turned = (surrogate("PERSON", name, *names) for name in names)
    first, last = full.split()
    assert upper == full.upper() and title == f"Ms. {last}'s" and given == first.lower()
    assert initial == f"{first[0]}. {last}" and turned == f"{last}, {first}"
    assert first in _lists("en_US")["female"]
    assert surrogate("PERSON", "Robert Lopez").split()[0] in _lists("en_US")["male"]
    assert surrogate("PERSON", "Maria Lopez", key=OTHER) != full
    assert re.fullmatch(r"[\u3400-\u9fff]{2,4}", surrogate("PERSON", "张伟"))
    assert surrogate("PERSON", "张先生", "张伟", "张先生") == surrogate("PERSON", "张伟")[:1] + "先生"
    assert surrogate("PERSON", "Maria Lopez", locale="de_DE") != full


@settings(max_examples=150, deadline=None)
@given(
    st.sampled_from(
        ["PERSON", "PHONE_NUMBER", "EMAIL_ADDRESS", "ADDRESS", "LOCATION", "US_SSN", "MEDICAL_RECORD_NUMBER"]
    ),
    st.one_of(st.text(max_size=30), st.from_regex(r"[A-Za-z0-9 .@-]{1,20}", fullmatch=True)),
)
def test_a_surrogate_is_never_the_value(kind: str, value: str) -> None:
    made = surrogate(kind, value)
    assert made == surrogate(kind, value)
    loose = ["".join(c for c in text.casefold() if c.isalnum()) for text in (made, value)]
    assert loose[0] != loose[1] or not loose[1]


@pytest.mark.parametrize("seed", range(20))
def test_no_word_of_a_name_stays(seed: int) -> None:
    lists = _lists("en_US")
    name = f"{lists['female'][seed]} {lists['male'][seed]} {lists['last'][seed]}"
    assert not set(name.lower().split()) & set(surrogate("PERSON", name).lower().split())


@pytest.mark.parametrize(
    ("kind", "value", "form"),
    [
        ("PHONE_NUMBER", "(217) 463-0142", r"\([2-9]\d\d\) 555-01\d\d"),
        ("PHONE_NUMBER", "+1 217.463.0142 ext 22", r"\+1 [2-9]\d\d\.555\.01\d\d ext \d\d"),
        ("PHONE_NUMBER", "463-0142", r"555-01\d\d"),
        ("PHONE_NUMBER", "07911 123456", r"07700 900\d\d\d"),
        ("PHONE_NUMBER", "+44 7911 123456", r"\+44 7700 900\d\d\d"),
        ("PHONE_NUMBER", "13812345678", r"12\d{9}"),
        ("PHONE_NUMBER", "+86 138 1234 5678", r"\+86 12\d \d{4} \d{4}"),
        ("PHONE_NUMBER", "+49 30 901820", r"\+1 [2-9]\d\d-555-01\d\d"),
        ("EMAIL_ADDRESS", "ann@lopez.org", r"user\d{8}@example\.(com|org|net)"),
        ("URL", "https://lopez.org/ann", r"https://www\.example\.(com|org|net)/\d{8}"),
        ("IP_ADDRESS", "10.1.2.3", r"(192\.0\.2|198\.51\.100|203\.0\.113)\.\d{1,3}"),
        ("IP_ADDRESS", "fe80::1", r"2001:db8:[0-9a-f:]+"),
        ("MAC_ADDRESS", "A4:5E:60:C8:1B:2F", r"00:00:5E:00:53:[0-9A-F]{2}"),
        ("US_SSN", "219-09-9999", r"(000|666)-\d\d-\d{4}"),
        ("ZIP_CODE", "02139-4307", r"00[0-3]\d\d-\d{4}"),
        ("IBAN_CODE", "DE89 3704 0044 0532 0130 00", r"ZZ00 \d{4} \d{4} \d{4} \d{4} \d\d"),
        ("CN_RESIDENT_ID", "11010519491231002X", r"99\d{16}"),
        ("MEDICAL_RECORD_NUMBER", "MRN-0012a", r"[A-Z]{3}-\d{4}[a-z]"),
        ("LICENSE_PLATE", "京A·12345", r"[\u3400-\u9fff][A-Z]·\d{5}"),
        ("AGE", "47 years", r"\d\d years"),
        ("COORDINATES", "52.5200, -13.4050", r"\d{1,2}\.\d{4}, -\d{1,3}\.\d{4}"),
        ("DATE_OF_BIRTH", "March 3rd, 1961", r"[A-Z][a-z]+ \d{1,2}(st|nd|rd|th), (19|20)\d\d"),
        ("DATE", "last week", r"<DATE>"),
        ("DATE", "2021", r"<DATE>"),
        ("USERNAME", "ann_l", r"user\d{8}"),
        ("PERSON", "—", r"<PERSON>"),
        ("PERSON", " ", r" "),
    ],
)  # fmt: skip
def test_surrogates_are_plausible_and_from_reserved_ranges(kind: str, value: str, form: str) -> None:
    assert re.fullmatch(form, surrogate(kind, value))


def test_a_card_fails_the_check_digit_and_writing_does_not_change_a_number() -> None:
    for number in range(50):
        card = surrogate("CREDIT_CARD", f"4111 1111 1111 {number:04d}")
        assert re.fullmatch(r"\d{4} \d{4} \d{4} \d{4}", card) and not luhn(card.replace(" ", ""))
    assert surrogate("PHONE_NUMBER", "217-463-0142") == surrogate("PHONE_NUMBER", "(217)463-0142").replace(
        "(", ""
    ).replace(")", "-")
