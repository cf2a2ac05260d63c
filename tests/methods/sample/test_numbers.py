"""Check digits of the numbers in samples, by their standards and against published examples."""

from __future__ import annotations

import re
import unicodedata
from collections import defaultdict
from functools import lru_cache

import pytest

from tasks.methods.sample import DOMAINS, numbers, records, zh_numbers
from tasks.methods.sample.leaks import planted
from tasks.methods.sample.stream import stream


def luhn(number: str) -> bool:
    doubled = [int(c) * (2 if i % 2 else 1) for i, c in enumerate(reversed(number))]
    return sum(d // 10 + d % 10 for d in doubled) % 10 == 0


def mod97(number: str) -> bool:
    return int("".join(str(int(c, 36)) for c in number[4:] + number[:4])) % 97 == 1


def aba(number: str) -> bool:
    d = [int(c) for c in number]
    return (3 * (d[0] + d[3] + d[6]) + 7 * (d[1] + d[4] + d[7]) + d[2] + d[5] + d[8]) % 10 == 0


def mod11_2(number: str) -> bool:
    total = 0
    for char in number[:-1]:
        total = (total + int(char)) * 2 % 11
    return (total + (10 if number[-1] == "X" else int(number[-1]))) % 11 == 1


def mod31(number: str) -> bool:
    alphabet = "0123456789ABCDEFGHJKLMNPQRTUWXY"
    weights = (1, 3, 9, 27, 19, 26, 16, 17, 20, 29, 25, 13, 8, 24, 10, 30, 28)
    total = sum(alphabet.index(c) * w for c, w in zip(number, weights, strict=False))
    return (total + alphabet.index(number[17])) % 31 == 0


@lru_cache
def _found(lang: str) -> dict[str, list[str]]:
    found: dict[str, list[str]] = defaultdict(list)
    for domain in DOMAINS:
        for record in records(domain, 400, lang, seed=8):
            for column, spans in record.spans.items():
                for span in spans:
                    found[span.entity].append(str(record.fields[column])[span.start : span.end])
    return found


def values(lang: str, entity: str) -> list[str]:
    return _found(lang)[entity]


def bare(value: str) -> str:
    return "".join(c for c in unicodedata.normalize("NFKC", value) if c.isalnum())


@pytest.mark.parametrize(
    ("lang", "entity", "valid"),
    [
        ("en", "CREDIT_CARD", luhn),
        ("zh", "CREDIT_CARD", luhn),
        ("en", "IBAN_CODE", mod97),
        ("en", "ROUTING_NUMBER", aba),
        ("zh", "CN_RESIDENT_ID", mod11_2),
        ("zh", "CN_CREDIT_CODE", mod31),
    ],
)
def test_numbers_in_records_pass_their_checks(lang: str, entity: str, valid) -> None:
    found = [bare(v) for v in values(lang, entity)]
    assert len(found) > 20
    assert all(valid(v) for v in found)


def test_the_checks_agree_with_published_examples() -> None:
    assert luhn("4111111111111111") and numbers.luhn_digit("411111111111111") == "1"
    assert mod97("GB82WEST12345698765432")
    assert aba("021000021")
    assert mod11_2("11010519491231002X") and zh_numbers.resident_check("11010519491231002") == "X"
    assert mod31("91350100M000100Y43") and zh_numbers.credit_check("91350100M000100Y4") == "3"


def test_social_security_numbers_could_be_issued() -> None:
    for value in values("en", "US_SSN"):
        number = bare(value)
        assert re.fullmatch(r"\d{9}", number)
        assert number[:3] not in ("000", "666") and number[0] != "9"
        assert number[3:5] != "00" and number[5:] != "0000"


def test_phones_are_from_ranges_for_fiction() -> None:
    for value in values("en", "PHONE_NUMBER"):
        number = re.sub(r"\D", "", value.casefold().partition(" ext")[0])
        american = re.fullmatch(r"1?\d{3}55501\d\d", number)
        british = re.fullmatch(r"(00)?(440?|0)(2079460|1632960|7700900)\d{3}", number)
        assert american or british


def test_mail_and_network_addresses_are_reserved_ones() -> None:
    for lang in ("en", "zh"):
        for value in values(lang, "EMAIL_ADDRESS"):
            assert re.search(r"@([a-z]+\.)*example\.(com|org|net)$", value.lower())
        for value in values(lang, "IP_ADDRESS"):
            assert value.startswith(("192.0.2.", "198.51.100.", "203.0.113.", "10.", "2001:db8:"))
        for value in values(lang, "URL"):
            assert re.match(r"(https?://)?\w+\.example\.(com|org|net)/", value)


def test_a_resident_id_tells_birth_and_gender() -> None:
    for record in records("government", 300, "zh", seed=3):
        number = str(record.fields["national_id"])
        assert number[6:14] == str(record.fields["birth_date"]).replace("-", "")
        text = str(record.fields["text"])
        gender = re.search(r"性别：(男|女)", text)
        if gender:
            assert int(number[16]) % 2 == (gender.group(1) == "男")


def test_an_organisation_code_inside_a_credit_code_is_valid() -> None:
    rng = stream("organisation")
    for _ in range(300):
        code = zh_numbers.credit_code(rng, "330106")[8:17]
        total = sum(int(c, 36) * w for c, w in zip(code, (3, 7, 9, 10, 5, 8, 4, 2), strict=False))
        assert (total + (10 if code[8] == "X" else int(code[8]))) % 11 == 0


def test_written_forms_keep_the_digits() -> None:
    rng = stream("written")
    for _ in range(500):
        card, iban, phone = numbers.card(rng), numbers.iban(rng), numbers.phone(rng, "206")
        assert bare(numbers.card_written(rng, card)) == card
        assert bare(numbers.iban_written(rng, iban)) == iban
        if not phone.startswith("+"):
            written = numbers.phone_written(rng, phone).partition(" ext")[0]
            assert re.sub(r"\D", "", written)[-10:] == phone


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_a_planted_leak_is_valid_once_it_is_normalised(lang: str) -> None:
    checks = {"CREDIT_CARD": luhn, "CN_RESIDENT_ID": mod11_2, "US_SSN": lambda v: len(v) == 9 and v.isdigit()}
    for number in range(40):
        lead, value = planted(stream("leak", lang, number), lang, number)
        assert not lead.entity
        assert checks[value.entity](bare(value.text))
