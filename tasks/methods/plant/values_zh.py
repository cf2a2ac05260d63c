"""Values of every kind as Chinese texts write them."""

from __future__ import annotations

import datetime
import random

from tasks.methods.plant import values_own as own
from tasks.methods.plant.disguise import with_disguises
from tasks.methods.plant.value import Format, Formats
from tasks.methods.plant.values_any import ANY
from tasks.methods.sample import dates, zh_names, zh_numbers, zh_person, zh_places
from tasks.methods.sample.numbers import digits, letters
from tasks.methods.sample.zh_places import District

_LATEST = datetime.date(2025, 12, 31)


def _where(rng: random.Random) -> District:
    return rng.choice(zh_places.DISTRICTS)


def _place(rng: random.Random) -> own.ZhPlace:
    where = _where(rng)
    return own.zh_place(rng) if rng.random() < 0.5 else own.ZhPlace(where.province, where.city, where.district)


def _name(rng: random.Random) -> str:
    if rng.random() < 0.5:
        return zh_names.draw(rng).full
    return _family(rng).family + "".join(rng.choices(own.ZH_GIVEN, k=rng.choice((1, 2, 2, 2))))


def _born(rng: random.Random) -> datetime.date:
    return dates.between(rng, datetime.date(1935, 1, 1), datetime.date(2007, 12, 31))


def _day(rng: random.Random) -> datetime.date:
    return dates.between(rng, datetime.date(2012, 1, 1), _LATEST)


def _resident(rng: random.Random) -> str:
    return zh_numbers.resident_id(rng, _where(rng).code, _born(rng), rng.choice("fm"))


def _credit(rng: random.Random) -> str:
    return zh_numbers.credit_code(rng, _where(rng).code)


def _family(rng: random.Random) -> zh_names.ZhName:
    while not (name := zh_names.draw(rng)).family:
        pass
    return name


def _case(rng: random.Random) -> str:
    year, court = rng.randint(2012, 2025), _where(rng).plate[0] + digits(rng, 4)
    return f"（{year}）{court}{rng.choice(('民初', '刑初', '执', '行初', '民终'))}{rng.randint(11, 9899)}号"


def _door(rng: random.Random) -> str:
    return own.zh_door(rng) if rng.random() < 0.5 else zh_places.address(rng).door


def _age_in_words(rng: random.Random) -> str:
    tens, ones = divmod(rng.randint(21, 89), 10)
    words = "零一二三四五六七八九"
    return f"{words[tens]}十{words[ones] if ones else ''}"


def _grouped(value: str) -> str:
    return " ".join(value[i : i + 4] for i in range(0, len(value), 4))


_CHINESE: dict[str, Formats] = {
    "PERSON": (
        Format("full", 7, _name),
        Format("spaced", 0.4, lambda r: " ".join(_family(r).full)),
        Format("familiar", 0.8, lambda r: zh_names.address(r, _family(r))),
    ),
    "ADDRESS": (
        Format("whole", 4, lambda r: "".join(_place(r)) + _door(r)),
        Format("without the province", 2, lambda r: "".join(_place(r)[1:]) + _door(r)),
        Format("from the street on", 2, _door),
    ),
    "LOCATION": (
        Format("city", 4, lambda r: _place(r).city),
        Format("short city", 2, lambda r: _place(r).city.removesuffix("市")),
        Format("district", 2, lambda r: _place(r).district),
        Format("province and city", 2, lambda r: "".join(_place(r)[:2])),
    ),
    "ZIP_CODE": (Format("six digits", 5, lambda r: _where(r).postcode + f"{r.randint(1, 99):02d}"),),
    "PHONE_NUMBER": with_disguises(
        (
            Format("mobile", 4, zh_numbers.mobile),
            Format("mobile in groups", 2, lambda r: (lambda n: f"{n[:3]} {n[3:7]} {n[7:]}")(zh_numbers.mobile(r))),
            Format("mobile, hyphens", 1, lambda r: (lambda n: f"{n[:3]}-{n[3:7]}-{n[7:]}")(zh_numbers.mobile(r))),
            Format("international", 1, lambda r: f"+86 {zh_numbers.mobile(r)}"),
            Format("landline", 2, lambda r: zh_numbers.landline(r, _where(r).area)),
        )
    ),
    "DATE_OF_BIRTH": (
        Format("年月日", 4, lambda r: dates.written(_born(r), "年月日")),
        Format("ISO", 2, lambda r: _born(r).isoformat()),
        Format("dots", 1, lambda r: dates.written(_born(r), ".")),
        Format("in words", 0.7, lambda r: dates.written(_born(r), "漢字")),
    ),
    "DATE": (
        Format("年月日", 4, lambda r: dates.written(_day(r), "年月日")),
        Format("ISO", 2, lambda r: _day(r).isoformat()),
        Format("slashes", 1, lambda r: dates.written(_day(r), "/")),
        Format("in words", 0.7, lambda r: dates.written(_day(r), "漢字")),
    ),
    "AGE": (
        Format("岁", 5, lambda r: str(r.randint(18, 96)), after="岁"),
        Format("周岁", 1, lambda r: str(r.randint(18, 96)), after="周岁"),
        Format("in words", 1, _age_in_words, after="岁"),
    ),
    "TAX_ID": (Format("credit code", 3, _credit), Format("fifteen digits", 2, lambda r: _where(r).code + digits(r, 9))),
    "PASSPORT": (
        Format("ordinary", 4, zh_numbers.passport),
        Format("official", 1, lambda r: r.choice(("SE", "PE", "DE")) + digits(r, 7)),
    ),
    "LICENSE_PLATE": (
        Format("plain", 5, lambda r: zh_numbers.plate(r, _where(r).plate)),
        Format("small letters", 0.4, lambda r: zh_numbers.plate(r, _where(r).plate).lower()),
    ),
    "MEDICAL_RECORD_NUMBER": with_disguises(
        (
            Format("digits", 4, lambda r: digits(r, r.choice((7, 8, 10)))),
            Format("with letters", 3, lambda r: r.choice(("ZY", "MZ", "BL")) + digits(r, r.choice((7, 8, 9)))),
        )
    ),
    "CASE_NUMBER": (
        Format("court's", 4, _case),
        Format("file's", 2, lambda r: r.choice(("SB", "DB", "AJ", "XF")) + f"{r.randint(2012, 2025)}{digits(r, 6)}"),
    ),
    "ACCOUNT_NUMBER": with_disguises(
        (
            Format("digits", 4, lambda r: str(r.randint(1, 9)) + digits(r, r.choice((11, 13, 15, 17)))),
            Format("groups", 1, lambda r: _grouped(str(r.randint(1, 9)) + digits(r, 15))),
            Format("last digits", 1, lambda r: digits(r, 4), before="尾号"),
        )
    ),
    "CREDIT_CARD": with_disguises(
        (Format("in one", 4, zh_numbers.union_card), Format("groups", 3, lambda r: _grouped(zh_numbers.union_card(r))))
    ),
    "CN_RESIDENT_ID": with_disguises(
        (
            Format("in one", 6, _resident),
            Format("groups", 1, lambda r: (lambda n: f"{n[:6]} {n[6:14]} {n[14:]}")(_resident(r))),
            Format("small x", 0.3, lambda r: _resident(r).lower()),
        )
    ),
    "CN_CREDIT_CODE": with_disguises((Format("in one", 5, _credit), Format("small letters", 0.3, lambda r: _credit(r).lower()))),
    "ORGANIZATION": (
        Format("company", 4, lambda r: zh_person.company(r, _where(r))),
        Format("hospital", 3, lambda r: zh_person.hospital(r, _where(r))),
    ),
    "HEALTH_PLAN_NUMBER": (Format("insurance card", 4, lambda r: letters(r, 1) + digits(r, 9)),),
    "DRIVERS_LICENSE": (Format("file number", 4, lambda r: _where(r).code + digits(r, 6)),),
}  # fmt: skip

CHINESE: dict[str, Formats] = {**ANY, **_CHINESE}
"""Formats by kind."""
