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
