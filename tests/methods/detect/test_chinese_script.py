"""Text in traditional characters, read by the rules for simplified ones."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tasks.methods.detect.chinese import RULES
from tasks.methods.detect.chinese_script import simplified


@pytest.mark.parametrize(
    ("kind", "value", "text"),
    [
        ("PERSON", "張志明", "申請人：張志明，現住台北"),
        ("PERSON", "歐陽菲菲", "我叫歐陽菲菲，請多指教"),
        ("PERSON", "劉", "劉先生您好"),
        ("PERSON", "陳", "由陳醫生看診"),
        ("PERSON", "黃麗華", "聯繫人：黃麗華（妻子）的電話"),
        ("PHONE_NUMBER", "23456789", "聯絡電話：23456789，辦公時間"),
        ("PHONE_NUMBER", "0912-345-678", "手機0912-345-678打不通"),
        ("PASSPORT", "P1234567", "護照號碼：P1234567"),
        ("ACCOUNT_NUMBER", "012345678901", "銀行賬戶012345678901"),
        ("MEDICAL_RECORD_NUMBER", "A1234567", "病歷號碼A1234567"),
        ("DATE_OF_BIRTH", "1962年3月14日", "出生於1962年3月14日"),
        ("DATE_OF_BIRTH", "民國五十一年三月十四日", "生日：民國五十一年三月十四日"),
        ("AGE", "47", "今年47歲"),
        ("ADDRESS", "台北市信義區市府路1號12樓", "地址：台北市信義區市府路1號12樓"),
        ("ADDRESS", "九龍彌敦道100號", "住在香港九龍彌敦道100號"),
        ("LOCATION", "義大利", "她在義大利讀書"),
        ("LOCATION", "紐西蘭", "她到紐西蘭去了"),
        ("LICENSE_PLATE", "粵Z1234港", "兩地牌粵Z1234港過關"),
        ("CN_RESIDENT_ID", "A123456789", "身分證字號A123456789"),
        ("SECRET", "Ab#12345", "密碼：Ab#12345"),
    ],
)
def test_traditional_characters(kind: str, value: str, text: str) -> None:
    at = text.index(value)
    found = {i for rule in RULES if rule.entity == kind for a, b, _ in rule.find(text) for i in range(a, b)}
    assert set(range(at, at + len(value))) - {i for i, c in enumerate(text) if not c.isalnum()} <= found


@given(st.text(max_size=60))
def test_no_character_moves(text: str) -> None:
    other = simplified(text)
    assert len(other) == len(text)
    assert simplified(other) == other
    assert all(a == b or "\u4e00" <= a <= "\u9fff" for a, b in zip(text, other, strict=True))
