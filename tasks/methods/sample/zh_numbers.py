"""Chinese numbers that identify, with their check characters, and the ways people write them."""

from __future__ import annotations

import datetime
import random

from tasks.methods.sample.dates import birthday
from tasks.methods.sample.numbers import digits, letters, luhn_digit

_CREDIT = "0123456789ABCDEFGHJKLMNPQRTUWXY"
_MOBILE = (
    "130 131 132 133 135 136 137 138 139 147 150 151 152 155 156 157 158 159 166 173 176 177 178 180 181 182 183 185 186 "
    "187 188 189 191 195 198 199"
).split()


def resident_check(body: str) -> str:
    """The check character of a resident id's first 17 digits (GB 11643, ISO/IEC 7064 MOD 11-2).

    >>> resident_check("11010519491231002")
    'X'
    """
    total = sum(int(c) * (2 ** (17 - i) % 11) for i, c in enumerate(body))
    return "10X98765432"[total % 11]


def resident_id(rng: random.Random, region: str, born: datetime.date, gender: str) -> str:
    """An 18-character resident id of that region, birth date and gender (odd sequence numbers are men's)."""
    sequence = rng.randrange(2, 999, 2) + (gender == "m")
    body = f"{region}{born:%Y%m%d}{sequence:03d}"
    return body + resident_check(body)


def any_birthday(rng: random.Random) -> datetime.date:
    """A birth date of an adult."""
    return birthday(rng, 19, 88)


def credit_check(body: str) -> str:
    """The check character of a unified social credit code's first 17 (GB 32100).

    >>> credit_check("91350100M000100Y4")
    '3'
    """
    total = sum(_CREDIT.index(c) * pow(3, i, 31) for i, c in enumerate(body))
    return _CREDIT[-total % 31]


def credit_code(rng: random.Random, region: str) -> str:
    """A unified social credit code of a company registered in ``region``; its organisation code is valid as well."""
    organisation = rng.choice(("MA", digits(rng, 2))) + digits(rng, 6)
    weights = (3, 7, 9, 10, 5, 8, 4, 2)
    rest = -sum(int(c, 36) * w for c, w in zip(organisation, weights, strict=True)) % 11
    body = "91" + region + organisation + ("X" if rest == 10 else str(rest))
    return body + credit_check(body)


def union_card(rng: random.Random) -> str:
    """A bank card of 16 or 19 digits that begins with 62, with a valid Luhn digit."""
    body = "62" + digits(rng, rng.choice((13, 16, 16)))
    return body + luhn_digit(body)


def card_written(rng: random.Random, number: str) -> str:
    """In one (mostly) or in groups of four."""
    return number if rng.random() < 0.6 else " ".join(number[i : i + 4] for i in range(0, len(number), 4))


def mobile(rng: random.Random) -> str:
    """Eleven digits of a mobile number. China reserves none for fiction: these are random."""
    return rng.choice(_MOBILE) + digits(rng, 8)


def mobile_written(rng: random.Random, number: str) -> str:
    """One of the usual ways to write a mobile number."""
    a, b, c = number[:3], number[3:7], number[7:]
    return rng.choice(
        (number, number, number, f"{a} {b} {c}", f"{a}-{b}-{c}", f"+86 {number}", f"+86 {a} {b} {c}", f"86-{number}")
    )


def landline(rng: random.Random, area: str) -> str:
    """A fixed-line number with its area code."""
    number = str(rng.randint(2, 8)) + digits(rng, 7 if len(area) == 3 or rng.random() < 0.6 else 6)
    return rng.choice(
        (f"{area}-{number}", f"{area}-{number}", f"({area}){number}", f"{area}{number}", f"（{area}）{number}")
    )


def plate(rng: random.Random, prefix: str) -> str:
    """A vehicle plate of the province and city in ``prefix``, ``浙A12345``, or the longer one of an electric car."""
    tail = letters(rng, 1) + digits(rng, 4) if rng.random() < 0.5 else digits(rng, 5)
    if rng.random() < 0.2:
        tail = rng.choice("DF") + digits(rng, 5)
    return prefix + rng.choice(("", "", "·")) + tail


def passport(rng: random.Random) -> str:
    """An ordinary passport number: E and eight digits, or E, a letter and seven."""
    return rng.choice(("E" + digits(rng, 8), "E" + letters(rng, 1) + digits(rng, 7)))
