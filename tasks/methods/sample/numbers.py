"""Numbers that identify, with the check digits that real ones have, and the ways people write them.

Phones come from ranges set aside for fiction (North American 555-01xx; Ofcom's 020 7946 0xxx, 01632 960xxx and
07700 900xxx), addresses on the internet from RFC 5737, RFC 3849 and RFC 2606. Social security numbers, cards, accounts
and Chinese numbers have no such ranges that detectors accept: those are uniformly random within the valid form, and
any likeness to a number in use is chance.
"""

from __future__ import annotations

import random
import string

_SSN_KNOWN = {"078051120", "219099999", "457555462", "123456789", "111111111", "222222222", "333333333"}


def digits(rng: random.Random, count: int) -> str:
    """``count`` random digits."""
    return "".join(rng.choices(string.digits, k=count))


def letters(rng: random.Random, count: int) -> str:
    """``count`` random capitals without I and O."""
    return "".join(rng.choices("ABCDEFGHJKLMNPQRSTUVWXYZ", k=count))


def luhn_digit(body: str) -> str:
    """The check digit that follows ``body`` (ISO/IEC 7812-1, annex B).

    >>> luhn_digit("7992739871")
    '3'
    """
    total = 0
    for place, char in enumerate(reversed(body)):
        value = int(char) * (1 if place % 2 else 2)
        total += value - 9 if value > 9 else value
    return str(-total % 10)


def card(rng: random.Random) -> str:
    """A payment card number with a valid Luhn digit, 15 or 16 digits."""
    prefix, length = rng.choice((("4", 16), ("4", 16), (str(rng.randint(51, 55)), 16), ("6011", 16), ("37", 15)))
    body = prefix + digits(rng, length - 1 - len(prefix))
    return body + luhn_digit(body)


def card_written(rng: random.Random, number: str) -> str:
    """A card as people write it: in groups, with hyphens, or in one."""
    gap = rng.choice((" ", " ", "-", ""))
    groups = (4, 6, 5) if len(number) == 15 else (4, 4, 4, 4) if len(number) == 16 else (4, 4, 4, 4, len(number) - 16)
    out, at = [], 0
    for size in groups:
        out.append(number[at : at + size])
        at += size
    return gap.join(out)


_IBAN = {
    "GB": "aaaannnnnnnnnnnnnn", "DE": "nnnnnnnnnnnnnnnnnn", "FR": "nnnnnnnnnnnnnnnnnnnnnnn", "NL": "aaaannnnnnnnnn",
    "ES": "nnnnnnnnnnnnnnnnnnnn", "BE": "nnnnnnnnnnnn", "AT": "nnnnnnnnnnnnnnnn", "CH": "nnnnnnnnnnnnnnnnn",
    "IE": "aaaannnnnnnnnnnnnn", "PL": "nnnnnnnnnnnnnnnnnnnnnnnn", "SE": "nnnnnnnnnnnnnnnnnnnn", "DK": "nnnnnnnnnnnnnn",
    "PT": "nnnnnnnnnnnnnnnnnnnnn", "IT": "annnnnnnnnnnnnnnnnnnnnn",
}  # fmt: skip


def iban(rng: random.Random) -> str:
    """An IBAN whose check digits satisfy MOD 97-10 (ISO 13616, ISO/IEC 7064)."""
    country = rng.choice(tuple(_IBAN))
    body = "".join(letters(rng, 1) if kind == "a" else digits(rng, 1) for kind in _IBAN[country])
    value = int("".join(str(int(c, 36)) for c in body + country + "00"))
    return f"{country}{98 - value % 97:02d}{body}"


def iban_written(rng: random.Random, number: str) -> str:
    """In groups of four, or in one."""
    return number if rng.random() < 0.4 else " ".join(number[i : i + 4] for i in range(0, len(number), 4))


def routing(rng: random.Random) -> str:
    """A nine-digit ABA routing number with its checksum (weights 3, 7, 1)."""
    body = f"{rng.choice((*range(1, 13), *range(21, 33))):02d}" + digits(rng, 6)
    return body + str(-sum(int(c) * w for c, w in zip(body, (3, 7, 1, 3, 7, 1, 3, 7), strict=True)) % 10)


def ssn(rng: random.Random) -> str:
    """A social security number of a form that can be issued (area not 000, 666 or 9xx)."""
    while True:
        area = rng.randint(1, 899)
        number = f"{area:03d}{rng.randint(1, 99):02d}{rng.randint(1, 9999):04d}"
        if area != 666 and number not in _SSN_KNOWN:
            return f"{number[:3]}-{number[3:5]}-{number[5:]}"


def ssn_written(rng: random.Random, number: str) -> str:
    """With hyphens (mostly), spaces, or in one."""
    return number.replace("-", rng.choice(("-", "-", "-", "-", " ", "")))


def ein(rng: random.Random) -> str:
    """An employer's tax number, ``NN-NNNNNNN``, with a prefix that is in use."""
    return f"{rng.choice((12, 20, 26, 27, 33, 36, 41, 45, 46, 52, 58, 61, 74, 81, 84, 92))}-{digits(rng, 7)}"


def itin(rng: random.Random) -> str:
    """An individual taxpayer's number, ``9NN-NN-NNNN``."""
    return f"9{digits(rng, 2)}-{rng.choice((*range(70, 89), 90, 91, 92, *range(94, 100)))}-{digits(rng, 4)}"


def phone(rng: random.Random, area: str) -> str:
    """Ten digits of a fictional North American number, or (one in twelve) a fictional British one with ``+44``."""
    if rng.random() < 1 / 12:
        prefix = rng.choice(("2079460", "1632960", "7700900"))
        return "+44" + prefix + digits(rng, 3)
    return area + "55501" + digits(rng, 2)


def phone_written(rng: random.Random, number: str) -> str:
    """One of a dozen ways to write a number that :func:`phone` made."""
    if number.startswith("+44"):
        rest = number[3:]
        parts = (rest[:2], rest[2:6], rest[6:]) if rest.startswith("2") else (rest[:4], rest[4:7], rest[7:])
        return rng.choice(("+44 ", "0", "0", "+44 (0)", "0044 ")) + " ".join(parts)
    a, b, c = number[:3], number[3:6], number[6:]
    forms = (
        f"({a}) {b}-{c}", f"({a}) {b}-{c}", f"{a}-{b}-{c}", f"{a}-{b}-{c}", f"{a}.{b}.{c}", f"{a} {b} {c}",
        f"+1 {a} {b} {c}", f"+1-{a}-{b}-{c}", f"1-{a}-{b}-{c}", f"{a}{b}{c}", f"({a}){b}-{c}", f"{a}/{b}-{c}",
        f"{a}-{b}-{c} ext. {rng.randint(11, 899)}",
    )  # fmt: skip
    return rng.choice(forms)


def phone_column(number: str) -> str:
    """The form that a system's column holds: ``206-555-0143``, or ``+44…`` as it is."""
    return number if number.startswith("+") else f"{number[:3]}-{number[3:6]}-{number[6:]}"


def plate(rng: random.Random) -> str:
    """A vehicle plate of a usual North American form."""
    a, n = letters(rng, 3), digits(rng, 4)
    return rng.choice((f"{a} {n}", f"{a}-{n}", f"{n[0]}{a}{n[1:]}", f"{a}{n[:3]}"))


def passport(rng: random.Random) -> str:
    """A passport number: nine digits, or a letter and eight."""
    return rng.choice((digits(rng, 9), letters(rng, 1) + digits(rng, 8)))


def ip(rng: random.Random) -> str:
    """An address of the documentation ranges, or a private one."""
    last = rng.randint(2, 254)
    if rng.random() < 0.12:
        return f"2001:db8:{rng.randint(1, 65535):x}:{rng.randint(1, 65535):x}::{rng.randint(1, 65535):x}"
    return rng.choice((f"192.0.2.{last}", f"198.51.100.{last}", f"203.0.113.{last}", f"10.{last % 60}.14.{last}"))


def money(rng: random.Random, low: float, high: float) -> float:
    """An amount, log-uniform between the bounds, with cents more often than not."""
    amount = low * (high / low) ** rng.random()
    return round(amount, 2) if rng.random() < 0.7 else float(round(amount))


def money_written(rng: random.Random, amount: float) -> str:
    """Dollars as written in running text."""
    whole = amount == int(amount)
    forms = (f"${amount:,.2f}", f"${amount:,.2f}", f"${amount:,.0f}" if whole else f"${amount:.2f}")
    return rng.choice((*forms, f"{amount:,.2f} USD", f"{amount:,.0f} dollars" if whole else f"${amount:,.2f}"))
