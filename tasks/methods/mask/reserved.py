"""Surrogates for numbers, addresses and codes, from ranges that belong to nobody wherever such a range exists.

| kind | range |
|---|---|
| telephone, North America | 555-0100 to 555-0199 (ATIS-0300115: fictional use) |
| telephone, United Kingdom | 07700 900000 to 900999 (Ofcom: drama) |
| telephone, China | 12x xxxx xxxx, which no mobile network has |
| telephone elsewhere | a North American one |
| e-mail, link | example.com, .org and .net (RFC 2606) |
| IP address | 192.0.2/24, 198.51.100/24, 203.0.113/24, 2001:db8::/32 (RFC 5737, RFC 3849) |
| MAC address | 00-00-5E-00-53-xx (RFC 7042) |
| US SSN | area 000 or 666, which are never given out (SSA, POMS RM 10201.035) |
| payment card | a wrong Luhn digit |
| IBAN | country ZZ, check digits 00 |
| ZIP code | 000xx to 003xx, not in use |
| Chinese resident id | region 99, which GB/T 2260 hasn't |
| other codes | no range exists: letters for letters and digits for digits |
"""

from __future__ import annotations

import re
from collections.abc import Callable

from tasks.methods.mask.keyed import Draw

_EXTENSION = re.compile(r"\s*(?:ext\.?|x|#|转)\s*\d+\s*$", re.IGNORECASE)
_FIGURE = re.compile(r"\d+")
_PROVINCES = "京津沪渝冀晋辽吉黑苏浙皖闽赣鲁豫鄂湘粤琼川贵云陕甘青台蒙桂宁新藏"
_DOMAINS = ("example.com", "example.org", "example.net")
_CARD_STARTS = "3456"


def _fill(value: str, digits: str) -> str:
    """The digits of ``value`` replaced one for one."""
    figures = iter(digits)
    return "".join(next(figures) if c.isdecimal() else c for c in value)


def _figures(value: str) -> str:
    return "".join(c for c in value if c.isdecimal())


def scramble(draw: Draw, value: str) -> str:
    """Letters for letters and digits for digits; the rest stays."""
    out = []
    for c in value:
        if c.isdecimal():
            out.append(str(draw.below(10)))
        elif c in _PROVINCES:
            out.append(draw.pick(_PROVINCES))
        elif c.isalpha():
            letter = chr(ord("a") + draw.below(26))
            out.append(letter.upper() if c.isupper() or not c.isascii() else letter)
        else:
            out.append(c)
    return "".join(out)


def _phone(draw: Draw, value: str) -> str:
    extension = match.group() if (match := _EXTENSION.search(value)) else ""
    main = value.removesuffix(extension)
    figures = _figures(main)
    line = f"555{100 + draw.below(100):04d}"
    area = f"{2 + draw.below(8)}{draw.below(9)}{draw.below(10)}"
    chinese = figures.removeprefix("86") if figures.startswith("86") and len(figures) == 13 else figures
    plain = figures == main.strip().removeprefix("+")
    if len(chinese) == 11 and re.match(r"1[3-9]", chinese) and (chinese != figures or plain or "-" in main[3:4]):
        number = figures[: len(figures) - 11] + "12" + draw.digits(9)
    elif len(figures) == 7:
        number = line
    elif len(figures) == 10 and figures[0] not in "01" and "+" not in main:
        number = area + line
    elif len(figures) == 11 and figures[0] == "1":
        number = "1" + area + line
    elif figures.startswith("447") and len(figures) == 12:
        number = "447700900" + draw.digits(3)
    elif figures.startswith("07") and len(figures) == 11:
        number = "07700900" + draw.digits(3)
    else:
        return f"+1 {area}-555-{line[3:]}" + _fill(extension, draw.digits(len(_figures(extension))))
    return _fill(main, number) + _fill(extension, draw.digits(len(_figures(extension))))


def _email(draw: Draw, value: str) -> str:
    return f"user{draw.digits(8)}@{draw.pick(_DOMAINS)}"


def _url(draw: Draw, value: str) -> str:
    scheme = match.group() if (match := re.match(r"[a-z]+://", value, re.IGNORECASE)) else ""
    return f"{scheme}www.{draw.pick(_DOMAINS)}/{draw.digits(8)}"


def _ip(draw: Draw, value: str) -> str:
    if ":" in value:
        return f"2001:db8:{draw.below(1 << 16):x}:{draw.below(1 << 16):x}::{1 + draw.below(1 << 16):x}"
    return f"{draw.pick(('192.0.2', '198.51.100', '203.0.113'))}.{1 + draw.below(254)}"


def _mac(draw: Draw, value: str) -> str:
    code = f"00005e0053{draw.below(256):02x}"
    code = code.upper() if value.upper() == value else code
    if sum(c.isalnum() for c in value) != len(code):
        return "-".join(code[i : i + 2] for i in range(0, 12, 2))
    letters = iter(code)
    return "".join(next(letters) if c.isalnum() else c for c in value)


def _ssn(draw: Draw, value: str) -> str:
    number = f"{draw.pick(('000', '666'))}{1 + draw.below(99):02d}{1 + draw.below(9999):04d}"
    if len(_figures(value)) == 9:
        return _fill(value, number)
    return f"{number[:3]}-{number[3:5]}-{number[5:]}"


def _card(draw: Draw, value: str) -> str:
    count = len(_figures(value))
    if count < 12:
        return scramble(draw, value)
    digits = draw.pick(_CARD_STARTS) + draw.digits(count - 2)
    right = next(d for d in "0123456789" if _luhn(digits + d))
    return _fill(value, digits + str((int(right) + 1 + draw.below(9)) % 10))


def _luhn(digits: str) -> bool:
    doubled = [int(d) * (1 + i % 2) for i, d in enumerate(reversed(digits))]
    return sum(d - 9 if d > 9 else d for d in doubled) % 10 == 0


def _iban(draw: Draw, value: str) -> str:
    letters = iter("ZZ00" + scramble(draw, "".join(c for c in value if c.isalnum())[4:]))
    return "".join(next(letters, "0") if c.isalnum() else c for c in value)


def _zip(draw: Draw, value: str) -> str:
    count = len(_figures(value))
    if count not in (5, 9) or any(c.isalpha() for c in value):
        return scramble(draw, value)
    return _fill(value, f"00{draw.below(4)}{draw.digits(count - 3)}")


def _resident(draw: Draw, value: str) -> str:
    """A resident id: region, date of birth, three digits, check digit; nothing of the old one is in it."""
    if len(re.sub(r"[^0-9Xx]", "", value)) != 18:
        return scramble(draw, value)
    born = f"{1950 + draw.below(60)}{1 + draw.below(12):02d}{1 + draw.below(28):02d}"
    figures = iter(f"99{draw.digits(4)}{born}{draw.digits(4)}")
    return "".join(next(figures) if c.isdecimal() or c in "Xx" else c for c in value)


def _age(draw: Draw, value: str) -> str:
    return _FIGURE.sub(lambda _: str(18 + draw.below(72)), value) if _figures(value) else str(18 + draw.below(72))


def _coordinates(draw: Draw, value: str) -> str:
    limits = iter((90, 180))

    def another(match: re.Match[str]) -> str:
        places = len(match.group(1) or "")
        limit = next(limits, 60)
        return f"{draw.below(limit)}" + (f".{draw.digits(places - 1)}" if places > 1 else "")

    return re.sub(r"\d+(\.\d+)?", another, value)


RULES: dict[str, Callable[[Draw, str], str]] = {
    "PHONE_NUMBER": _phone,
    "EMAIL_ADDRESS": _email,
    "URL": _url,
    "IP_ADDRESS": _ip,
    "MAC_ADDRESS": _mac,
    "US_SSN": _ssn,
    "CREDIT_CARD": _card,
    "IBAN_CODE": _iban,
    "ZIP_CODE": _zip,
    "CN_RESIDENT_ID": _resident,
    "AGE": _age,
    "COORDINATES": _coordinates,
}
"""How a surrogate of a kind is made from a draw and the shape of the value."""
