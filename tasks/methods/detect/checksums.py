"""Check digits that decide whether a number is what it looks like."""

from __future__ import annotations

_RESIDENT_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_CREDIT_ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"
_CREDIT_WEIGHTS = tuple(pow(3, i, 31) for i in range(17))


def digits(text: str) -> str:
    """The decimal digits in ``text``, as ASCII."""
    return "".join(str(int(c)) for c in text if c.isdecimal())


def luhn(text: str) -> bool:
    """Luhn's MOD 10 check (ISO/IEC 7812-1, annex B) over the digits of ``text``.

    >>> luhn("4111 1111 1111 1111"), luhn("4111 1111 1111 1112")
    (True, False)
    """
    number = digits(text)
    total = 0
    for place, character in enumerate(reversed(number)):
        value = int(character) * (2 if place % 2 else 1)
        total += value - 9 if value > 9 else value
    return len(number) > 1 and total % 10 == 0 and len(set(number)) > 1


def aba(text: str) -> bool:
    """The check of a US bank's routing number (American Bankers Association): 3, 7, 1 times the digits, MOD 10.

    >>> aba("021000021"), aba("021000022")
    (True, False)
    """
    number = digits(text)
    return (
        len(number) == 9
        and number != "0" * 9
        and sum(weight * int(c) for weight, c in zip((3, 7, 1) * 3, number, strict=True)) % 10 == 0
    )


def resident_id(text: str) -> bool:
    """The last character of a Chinese resident id (GB 11643-1999): ISO 7064 MOD 11-2, and a possible birth date.

    >>> resident_id("11010519491231002X"), resident_id("110105194912310021")
    (True, False)
    """
    number = text.upper()
    if len(number) != 18 or not number[:17].isdecimal():
        return False
    month, day = int(number[10:12]), int(number[12:14])
    if not (1 <= month <= 12 and 1 <= day <= 31):
        return False
    total = sum(weight * int(c) for weight, c in zip(_RESIDENT_WEIGHTS, number[:17], strict=True))
    return "10X98765432"[total % 11] == number[17]


def credit_code(text: str) -> bool:
    """The last character of a Chinese unified social credit code (GB 32100-2015): MOD 31.

    >>> credit_code("91350100M000100Y43"), credit_code("91350100M000100Y44")
    (True, False)
    """
    code = text.upper()
    if len(code) != 18 or any(c not in _CREDIT_ALPHABET for c in code):
        return False
    total = sum(weight * _CREDIT_ALPHABET.index(c) for weight, c in zip(_CREDIT_WEIGHTS, code[:17], strict=True))
    return _CREDIT_ALPHABET[(31 - total % 31) % 31] == code[17]


def resident_id_shape(text: str) -> bool:
    """Whether it has the parts of a Chinese resident id, of 18 characters or of 15 (GB 11643-1989, no check digit).

    The parts are a code of a province (GB/T 2260) and a possible birth date; the check character isn't asked for, as
    a mistyped id still points at a person.

    >>> resident_id_shape("110105491231002"), resident_id_shape("990105491231002")
    (True, False)
    """
    if len(text) not in (15, 18) or not text[: min(len(text), 17)].isdecimal():
        return False
    year, rest = (1900 + int(text[6:8]), text[8:12]) if len(text) == 15 else (int(text[6:10]), text[10:14])
    days = (31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)
    month, day = int(rest[:2]), int(rest[2:])
    return text[:2] in _PROVINCES and 1900 <= year < 2100 and 1 <= month <= 12 and 1 <= day <= days[month - 1]


def hong_kong_id(text: str) -> bool:
    """The check digit of a Hong Kong identity card: MOD 11, letters from A = 10, a missing first letter 36.

    >>> hong_kong_id("G123456(A)"), hong_kong_id("G123456(7)")
    (True, False)
    """
    number = "".join(c for c in text.upper() if c.isascii() and c.isalnum())
    letters = len(number) - 7
    if letters not in (1, 2) or not number[:letters].isalpha() or not number[letters:-1].isdecimal():
        return False
    values = [36] * (2 - letters) + [int(c, 36) for c in number]
    return sum(weight * value for weight, value in zip((9, 8, 7, 6, 5, 4, 3, 2, 1), values, strict=True)) % 11 == 0


def taiwan_id(text: str) -> bool:
    """The check digit of a Taiwanese identity card: the letter is a number of two digits, weights 1, 9 to 1, 1, MOD 10.

    >>> taiwan_id("A123456789"), taiwan_id("A123456788")
    (True, False)
    """
    number = text.upper()
    if len(number) != 10 or number[0] not in _TAIWAN_LETTERS or not number[1:].isdecimal():
        return False
    place = _TAIWAN_LETTERS.index(number[0]) + 10
    values = [place // 10, place % 10, *map(int, number[1:])]
    weights = (1, 9, 8, 7, 6, 5, 4, 3, 2, 1, 1)
    return sum(weight * value for weight, value in zip(weights, values, strict=True)) % 10 == 0


_PROVINCES = frozenset(
    str(code)
    for codes in ((11, 15), (21, 23), (31, 37), (41, 46), (50, 54), (61, 65), (71, 71), (81, 83), (91, 91))
    for code in range(codes[0], codes[1] + 1)
)
"""The first two digits of a resident id: a province, Hong Kong, Macau or Taiwan, or a foreigner's permit."""
_TAIWAN_LETTERS = "ABCDEFGHJKLMNPQRSTUVXYWZIO"
"""In the order of their numbers, which begin with 10."""


def alphanumeric(text: str) -> str:
    """The ASCII letters and digits in ``text``, letters in capitals."""
    return "".join(c for c in text.upper() if c.isascii() and c.isalnum())


def iban(text: str) -> bool:
    """The check of an IBAN (ISO 13616-1, ISO 7064 MOD 97-10) however its characters are grouped.

    >>> iban("GB82 WEST 1234 5698 7654 32"), iban("GB82 WEST 1234 5698 7654 33")
    (True, False)
    """
    code = alphanumeric(text)
    if not (15 <= len(code) <= 34 and code[:2].isalpha() and code[2:4].isdigit()):
        return False
    return int("".join(str(int(c, 36)) for c in code[4:] + code[:4])) % 97 == 1


_VIN_VALUES = dict(zip("ABCDEFGHJKLMNPRSTUVWXYZ", (*range(1, 9), *range(1, 6), 7, 9, *range(2, 10)), strict=True))
_VIN_WEIGHTS = (8, 7, 6, 5, 4, 3, 2, 10, 0, 9, 8, 7, 6, 5, 4, 3, 2)


def vin(text: str) -> bool:
    """The check digit of a vehicle's number in North America (49 CFR 565.15(c)).

    >>> vin("1M8GDM9AXKP042788"), vin("1M8GDM9A1KP042788")
    (True, False)
    """
    code = text.upper()
    if len(code) != 17 or any(not c.isdigit() and c not in _VIN_VALUES for c in code):
        return False
    values = (int(c) if c.isdigit() else _VIN_VALUES[c] for c in code)
    rest = sum(weight * value for weight, value in zip(_VIN_WEIGHTS, values, strict=True)) % 11
    return code[8] == "0123456789X"[rest]


def nhs(text: str) -> bool:
    """The check digit of an NHS number (NHS Data Dictionary): MOD 11.

    >>> nhs("943 476 5919"), nhs("943 476 5918")
    (True, False)
    """
    number = digits(text)
    if len(number) != 10:
        return False
    rest = -sum((10 - place) * int(c) for place, c in enumerate(number[:9])) % 11
    return rest < 10 and rest == int(number[9])


def npi(text: str) -> bool:
    """The check digit of a US provider's identifier (45 CFR 162.406): Luhn's, with 80840 before the number.

    >>> npi("1234567893"), npi("1234567894")
    (True, False)
    """
    number = digits(text)
    return len(number) == 10 and number[0] in "12" and luhn("80840" + number)


def dea(text: str) -> bool:
    """The check digit of a US prescriber's registration with the Drug Enforcement Administration.

    >>> dea("BB1388568"), dea("BB1388569")
    (True, False)
    """
    number = digits(text)
    if len(number) != 7:
        return False
    return (sum(map(int, number[0:6:2])) + 2 * sum(map(int, number[1:6:2]))) % 10 == int(number[6])


def imei(text: str) -> bool:
    """The check digit of a mobile device's number (3GPP TS 23.003, annex B): 15 digits, Luhn's check.

    >>> imei("49-015420-323751-8"), imei("490154203237519")
    (True, False)
    """
    return len(digits(text)) == 15 and luhn(text)
