"""The gate's own rules: what they find, what they leave, and that places map back."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tasks.methods.gate import checks
from tasks.methods.gate.finding import Finding, without_overlaps
from tasks.methods.gate.rules import default_rules
from tasks.methods.gate.view import normalise

RULES = default_rules()

LEAKS = [
    ("EMAIL_ADDRESS", "write to ", "morgan.hale@example.org", " today"),
    ("EMAIL_ADDRESS", "请联系", "zhang.san@example.cn", "或"),
    ("EMAIL_ADDRESS", "write to ", "morgan (at) example (dot) org", ""),
    ("PHONE_NUMBER", "reach me on ", "415-555-0134", "."),
    ("PHONE_NUMBER", "reach me on ", "(415) 555 0134", "."),
    ("PHONE_NUMBER", "reach me on ", "+44 20 7946 0958", "."),
    ("PHONE_NUMBER", "手机", "13800138000", "。"),
    ("PHONE_NUMBER", "my phone: ", "4 1 5 5 5 5 0 1 3 4", ""),
    ("CREDIT_CARD", "card ", "4111 1111 1111 1111", " was charged"),
    ("CREDIT_CARD", "card ", "４１１１１１１１１１１１１１１１", " was charged"),
    ("CREDIT_CARD", "card ", "4\u200b1111111\u200b11111111", " was charged"),
    ("IBAN_CODE", "to ", "GB82 WEST 1234 5698 7654 32", " now"),
    ("IBAN_CODE", "to ", "DE89370400440532013000", ""),
    ("US_SSN", "it is ", "078-05-1120", ""),
    ("US_SSN", "SSN ", "078051120", ""),
    ("CN_RESIDENT_ID", "身份证号", "11010519491231002X", "。"),
    ("CN_CREDIT_CODE", "代码", "91350100M000100Y43", ""),
    ("IP_ADDRESS", "服务器", "192.0.2.20", "上"),
    ("IP_ADDRESS", "版本服务器：", "192.0.2.20", "。"),
    ("IP_ADDRESS", "第2台主机是", "192.0.2.20", "，版本未知"),
    ("IP_ADDRESS", "the new version runs on ", "192.0.2.20", "."),
    ("IP_ADDRESS", "from ", "2001:db8::ff00:42:8329", " at 10:30"),
    ("URL", "see ", "https://morgan:pw@example.org/me", "."),
    ("MEDICAL_RECORD_NUMBER", "MRN: ", "00482913", ""),
    ("MEDICAL_RECORD_NUMBER", "病历号：", "20231188", ""),
    ("ACCOUNT_NUMBER", "account number is ", "8830021947", "."),
    ("ACCOUNT_NUMBER", "the card ending in ", "4411", " was used"),
    ("ADDRESS", "I moved to ", "12 Oak Street", " in May"),
    ("ADDRESS", "send it to ", "P.O. Box 4411", ""),
    ("ADDRESS", "near ", "Springfield, IL 62701", ""),
    ("ADDRESS", "", "北京市朝阳区建国路88号3单元501室", ""),
    ("DATE_OF_BIRTH", "DOB: ", "03/04/1961", ""),
    ("DATE_OF_BIRTH", "She was born on ", "March 4, 1961", ""),
    ("DATE_OF_BIRTH", "出生日期：", "1961年3月4日", ""),
    ("PERSON", "seen by Dr. ", "Morgan Hale", " on"),
    ("PERSON", "姓名：", "张伟", "，"),
    ("ROUTING_NUMBER", "routing number ", "021000021", ""),
    ("TAX_ID", "EIN ", "12-3456789", ""),
    ("PASSPORT", "passport no. ", "C01234567", ""),
    ("DRIVERS_LICENSE", "driver's license: ", "D1234567", ""),
    ("LICENSE_PLATE", "车牌", "京A12345", ""),
    ("LICENSE_NUMBER", "NPI ", "1234567893", ""),
    ("MAC_ADDRESS", "from ", "00:1b:63:84:45:e6", ""),
    ("VEHICLE_ID", "VIN ", "1M8GDM9AXKP042788", ""),
    ("DEVICE_ID", "IMEI ", "490154203237518", ""),
    ("HEALTH_PLAN_NUMBER", "member id ", "XQ 88301", ""),
    ("CASE_NUMBER", "case number ", "CR-2023-0417", ""),
    ("CRYPTO", "to ", "1BvBMSEYstWetqTFn5Au4m4GFg7xJaNVN2", ""),
    ("UK_NHS", "NHS ", "943 476 5919", ""),
    ("ZIP_CODE", "zip code ", "62701", ""),
    ("USERNAME", "username: ", "mhale_77", ""),
]

HARMLESS = [
    "I paid $1,200.00 on the 3rd and 415 dollars later, 10 minutes away by car.",
    "The order 123456789012 left at 10:30:00, version 1.2.3.4, 98.6 degrees, 120/80.",
    "Card 4111 1111 1111 1112 fails the check, so does 078-00-1120.",
    "Take 2 tablets 3 times a day for 14 days; the account was closed in 2019.",
    "We drove 5 miles down the road and 3 blocks from the court.",
    "He has had muscle aches since 2022. He takes acetaminophen 1000 mg on account of it in 2024.",
    "Seen 2021 at St. Blaise. He lives with his son.",
    "就诊日期：2023，住院花了22847.00元，款项退回账户。2022年患者：好的，谢谢。",
    "请于3天内缴费120元，编号见附件。",
    "系统版本1.2.3.4已发布，固件版本号为：10.0.0.1，软件版本是 2.3.4.5。",
    "详见第4.1.2.3节和第 3.2.1.0 条；10.1.0.2版修复了问题。",
    "Firmware: 10.2.0.1, build 4.3.2.1 and section 4.1.2.3 of the manual.",
    "The phone was returned in 2021 and the doctor called twice.",
]


@pytest.mark.parametrize(("entity", "before", "value", "after"), LEAKS)
def test_finds_the_value_and_its_place(entity: str, before: str, value: str, after: str) -> None:
    text = before + value + after
    places = [text[f.start : f.end] for f in RULES.detect([text])[0] if f.entity == entity]
    assert any(value in place or (place in value and len(place) >= 0.6 * len(value)) for place in places)


@pytest.mark.parametrize("text", HARMLESS)
def test_leaves_what_is_harmless(text: str) -> None:
    assert RULES.detect([text]) == [[]]


def test_a_number_alone_counts_in_a_column_of_its_kind() -> None:
    assert RULES.detect(["8830021947"]) == [[]]
    assert [f.entity for f in RULES.detect(["8830021947"], "ACCOUNT_NUMBER")[0]] == ["ACCOUNT_NUMBER"]


@given(st.text(max_size=80))
def test_the_view_maps_every_character_back(text: str) -> None:
    view = normalise(text)
    assert not view.places or len(view.places) == len(view.text)
    for k in range(len(view.text)):
        start, end = view.span(k, k + 1)
        assert end == start + 1
        assert view.text[k] in normalise(text[start]).text
    assert view.text.isascii() or normalise(view.text).text is not None


@given(
    st.text(alphabet=st.characters(blacklist_categories=("Cs", "Nd", "L")), max_size=20),
    st.lists(st.sampled_from(["", "\u200b", "\u2060", "\ufeff", "\u00ad"]), min_size=11, max_size=11),
    st.booleans(),
)
def test_disguises_move_no_place(before: str, hidden: list[str], wide: bool) -> None:
    number = "13800138000"
    shown = "".join(h + (chr(ord(d) + 0xFEE0) if wide else d) for h, d in zip(hidden, number, strict=True)).lstrip(
        "".join(hidden)
    )
    text = f"{before}手机{shown}好"
    hits = [f for f in RULES.detect([text])[0] if f.entity == "PHONE_NUMBER"]
    assert any(
        "".join(unicodedata.normalize("NFKC", c) for c in text[f.start : f.end] if c.isdigit()) == number for f in hits
    )
    assert any(text[f.start : f.end] == shown for f in hits)


@given(st.lists(st.text(max_size=60), max_size=5))
def test_a_text_is_judged_alone(texts: list[str]) -> None:
    together = RULES.detect(texts)
    assert together == [RULES.detect([text])[0] for text in texts]
    assert all(0 <= f.start < f.end <= len(t) for t, fs in zip(texts, together, strict=True) for f in fs)


def test_overlaps_of_one_kind_become_the_longest() -> None:
    a, b, c = Finding(0, 4, "X", "d"), Finding(2, 9, "X", "d"), Finding(2, 9, "Y", "d")
    assert without_overlaps([a, b, c]) == [b, c]


@given(st.integers(min_value=0, max_value=10**15 - 1))
def test_exactly_one_last_digit_passes_luhn(body: int) -> None:
    assert sum(checks.luhn(f"{body:015d}{d}") for d in range(10)) == (0 if body == 0 else 1)
