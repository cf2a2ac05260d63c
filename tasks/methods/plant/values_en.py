"""Values of every kind as English texts write them."""

from __future__ import annotations

import datetime
import random

from tasks.methods.plant import values_own as own
from tasks.methods.plant.disguise import with_cases, with_disguises
from tasks.methods.plant.value import Format, Formats
from tasks.methods.plant.values_any import ANY
from tasks.methods.sample import dates, names, numbers, organizations, places
from tasks.methods.sample.numbers import digits, letters

_TITLES = "Dr. Mr. Mrs. Ms. Miss Prof. Professor Rev. Reverend Father Sister Judge Captain Sgt. Lieutenant Sir Dame Rabbi".split()
_PEOPLES = (
    "Guatemalan Somali Ukrainian Filipino Lebanese Nigerian Korean Syrian Peruvian Hungarian Ethiopian Vietnamese Turkish "
    "Armenian Brazilian Moroccan Norwegian Pakistani Samoan Cuban"
).split()
_FAITHS = (
    "Catholic Muslim Jewish Hindu Buddhist Sikh Methodist Baptist Lutheran Mormon Quaker Mennonite Presbyterian Adventist "
    "Protestant Orthodox"
).split()
_VIEWS = "Republican Democrat Libertarian socialist Marxist conservative anarchist".split()
_LATEST = datetime.date(2025, 12, 31)


def _name(rng: random.Random) -> names.Name:
    return own.name(rng) if rng.random() < 0.5 else names.draw(rng)


def _day(rng: random.Random, first: int = 2012) -> datetime.date:
    return dates.between(rng, datetime.date(first, 1, 1), _LATEST)


def _born(rng: random.Random) -> datetime.date:
    return dates.between(rng, datetime.date(1931, 1, 1), datetime.date(2007, 12, 31))


def _written(rng: random.Random, day: datetime.date) -> str:
    return dates.written(day, rng.choice(dates.EN_STYLES))


def _city(rng: random.Random) -> tuple[str, str]:
    if rng.random() < 0.5:
        return own.city(rng)
    where = rng.choice(places.CITIES)
    return where.name, where.state


def _address(rng: random.Random) -> tuple[str, str]:
    """Street, and town with its code."""
    if rng.random() < 0.5:
        return own.street(rng), f"{', '.join(own.city(rng))} {digits(rng, 5)}"
    where = places.address(rng)
    return where.street, f"{where.city.name}, {where.city.state} {where.zip}"


def _street(rng: random.Random) -> str:
    if rng.random() < 0.5:
        return own.street(rng)
    where = places.address(rng)
    return where.street + (f", {where.unit}" if where.unit else "")


def _phone(rng: random.Random) -> tuple[str, str, str]:
    return rng.choice(places.CITIES).area, "555", f"01{digits(rng, 2)}"


def _mrn(rng: random.Random) -> str:
    return digits(rng, rng.choice((6, 7, 8, 9)))


def _case(rng: random.Random) -> str:
    return rng.choice(("CV", "FA", "DR", "CR", "SNAP", "HB", "CS")) + f"-{rng.randint(2012, 2025)}-{digits(rng, 5)}"


def _license(rng: random.Random) -> str:
    return (
        rng.choice(("RN", "MD", "PE", "LPN", "CPA", "PT"))
        + rng.choice(("", "-", " "))
        + digits(rng, rng.choice((5, 6, 7)))
    )


def _driver(rng: random.Random) -> str:
    return rng.choice((letters(rng, 1) + digits(rng, 7), letters(rng, 1) + digits(rng, 12), letters(rng, 2) + digits(rng, 6),
                       digits(rng, 8)))  # fmt: skip


def _driver_parted(rng: random.Random) -> str:
    return f"{letters(rng, 1)}{digits(rng, 3)}-{digits(rng, 4)}-{digits(rng, 4)}"


def _member(rng: random.Random) -> str:
    return rng.choice((letters(rng, 3) + digits(rng, 9), letters(rng, 1) + digits(rng, 8), digits(rng, 10) + "-01"))


def _medicare(rng: random.Random) -> str:
    """A Medicare number in the form of 42 CFR 401's beneficiary identifier: C A AN N A AN N A A N N."""
    a = lambda: rng.choice("ACDEFGHJKMNPQRTUVWXY")  # noqa: E731
    n = lambda: rng.choice("0123456789")  # noqa: E731
    return f"{rng.randint(1, 9)}{a()}{a()}{n()}-{a()}{n()}{n()}-{a()}{a()}{n()}{n()}"


def _nhs(rng: random.Random) -> str:
    """Ten digits, the last by modulus 11 (NHS Data Dictionary)."""
    while True:
        body = rng.choice("4567") + digits(rng, 8)
        check = -sum(int(c) * w for c, w in zip(body, range(10, 1, -1), strict=True)) % 11
        if check < 10:
            return body + str(check)


def _account(rng: random.Random) -> str:
    return str(rng.randint(1, 9)) + digits(rng, rng.choice((7, 8, 9, 10, 11)))


_ssn = numbers.ssn
_ENGLISH: dict[str, Formats] = {
    "PERSON": with_cases(
        (
            Format("first and last", 6, lambda r: _name(r).full),
            Format("with an initial", 1.5, lambda r: (lambda n: f"{n.first} {n.middle}. {n.last}")(_name(r))),
            Format("last, first", 1.5, lambda r: (lambda n: f"{n.last}, {n.first}")(_name(r))),
            Format("initial and last", 0.7, lambda r: (lambda n: f"{n.first[0]}. {n.last}")(_name(r))),
            Format("nickname and last", 0.7, lambda r: (lambda n: f"{n.nick or n.first} {n.last}")(_name(r))),
        )
    ),
    "ADDRESS": (
        Format("one line", 4, lambda r: ", ".join(_address(r))),
        Format("street", 3, _street),
        Format("street and city", 1.5, lambda r: f"{_street(r)}, {_city(r)[0]}"),
        Format("two lines", 1, lambda r: "\n".join(_address(r))),
        Format("small letters", 0.5, lambda r: _street(r).lower()),
    ),
    "LOCATION": (
        Format("city", 4, lambda r: _city(r)[0]),
        Format("city and state", 3, lambda r: ", ".join(_city(r))),
        Format("state", 1.5, lambda r: r.choice(places.CITIES).state_name),
        Format("county", 1, lambda r: f"{places.county(r)} County"),
        Format("abroad", 1, lambda r: r.choice(own.ABROAD)),
        Format("small letters", 0.4, lambda r: _city(r)[0].lower()),
    ),
    "ZIP_CODE": (
        Format("five digits", 6, lambda r: places.address(r).zip),
        Format("nine digits", 2, lambda r: f"{places.address(r).zip}-{digits(r, 4)}"),
    ),
    "PHONE_NUMBER": with_disguises(
        (
            Format("parentheses", 3, lambda r: (lambda p: f"({p[0]}) {p[1]}-{p[2]}")(_phone(r))),
            Format("hyphens", 3, lambda r: "-".join(_phone(r))),
            Format("dots", 1, lambda r: ".".join(_phone(r))),
            Format("in one", 1, lambda r: "".join(_phone(r))),
            Format("international", 1, lambda r: "+1 " + " ".join(_phone(r))),
            Format("with an extension", 0.7, lambda r: "-".join(_phone(r)), after=" ext. 214"),
            Format("British", 0.7, lambda r: f"07700 900{digits(r, 3)}"),
        )
    ),
    "DATE_OF_BIRTH": (
        Format("numbers", 3, lambda r: dates.written(_born(r), "mdy/")),
        Format("month in words", 3, lambda r: dates.written(_born(r), "long")),
        Format("ISO", 1.5, lambda r: _born(r).isoformat()),
        Format("other", 2, lambda r: _written(r, _born(r))),
    ),
    "DATE": (
        Format("numbers", 3, lambda r: dates.written(_day(r), "mdy/")),
        Format("month in words", 3, lambda r: dates.written(_day(r), "long")),
        Format("ISO", 1.5, lambda r: _day(r).isoformat()),
        Format("other", 2, lambda r: _written(r, _day(r))),
    ),
    "AGE": (
        Format("number", 5, lambda r: str(r.randint(18, 96))),
        Format("years", 2, lambda r: str(r.randint(18, 96)), after=" years old"),
        Format("hyphens", 2, lambda r: str(r.randint(18, 96)), after="-year-old"),
        Format("y/o", 1, lambda r: str(r.randint(18, 96)), after=" y/o"),
    ),
    "US_SSN": with_disguises(
        (
            Format("hyphens", 6, _ssn),
            Format("spaces", 1, lambda r: _ssn(r).replace("-", " ")),
            Format("in one", 1.5, lambda r: _ssn(r).replace("-", "")),
        )
    ),
    "TAX_ID": (Format("employer's", 3, numbers.ein), Format("person's", 3, numbers.itin)),
    "PASSPORT": (
        Format("digits", 3, lambda r: str(r.randint(1, 7)) + digits(r, 8)),
        Format("letter and digits", 3, lambda r: letters(r, 1) + digits(r, 8)),
    ),
    "DRIVERS_LICENSE": (Format("in one", 5, _driver), Format("hyphens", 2, _driver_parted)),
    "LICENSE_NUMBER": (Format("with its profession", 5, _license), Format("digits", 1.5, lambda r: digits(r, r.choice((6, 7))))),
    "LICENSE_PLATE": (
        Format("plain", 6, numbers.plate),
        Format("small letters", 0.5, lambda r: numbers.plate(r).lower()),
    ),
    "MEDICAL_RECORD_NUMBER": with_disguises(
        (Format("digits", 5, _mrn), Format("with a letter", 2, lambda r: r.choice(("M", "H-", "MR", "E")) + _mrn(r)))
    ),
    "HEALTH_PLAN_NUMBER": (Format("member", 4, _member), Format("Medicare", 2, _medicare)),
    "CASE_NUMBER": (
        Format("with a year", 5, _case),
        Format("digits", 2, lambda r: digits(r, r.choice((7, 8, 9)))),
        Format("docket", 1.5, lambda r: f"{r.randint(10, 25)}-{r.choice(('cv', 'cr', 'bk'))}-{digits(r, 5)}"),
    ),
    "ACCOUNT_NUMBER": with_disguises(
        (
            Format("digits", 5, _account),
            Format("hyphens", 1, lambda r: f"{digits(r, 4)}-{digits(r, 6)}"),
            Format("last digits", 1, lambda r: digits(r, 4), before="****"),
        )
    ),
    "ROUTING_NUMBER": (Format("digits", 5, numbers.routing),),
    "TITLE": (Format("as written", 5, lambda r: r.choice(_TITLES)),),
    "UK_NHS": with_disguises(
        (
            Format("groups", 5, lambda r: (lambda n: f"{n[:3]} {n[3:6]} {n[6:]}")(_nhs(r))),
            Format("in one", 2, _nhs),
            Format("hyphens", 1, lambda r: (lambda n: f"{n[:3]}-{n[3:6]}-{n[6:]}")(_nhs(r))),
        )
    ),
    "ORGANIZATION": with_cases(
        (
            Format("rare", 4, own.organization),
            Format("employer", 3, organizations.employer),
            Format("clinic", 2, organizations.hospital),
            Format("bank", 2, organizations.bank),
            Format("school", 1, organizations.school),
            Format("shop", 1, organizations.shop),
            Format("office", 1, organizations.agency),
        )
    ),
    "NRP": (
        Format("people", 4, lambda r: r.choice(_PEOPLES)),
        Format("faith", 3, lambda r: r.choice(_FAITHS)),
        Format("politics", 1.5, lambda r: r.choice(_VIEWS)),
    ),
}  # fmt: skip

ENGLISH: dict[str, Formats] = {**ANY, **_ENGLISH}
"""Formats by kind."""
