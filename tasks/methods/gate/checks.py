"""Check digits and other arithmetic by which a number proves to be what it looks like."""

from __future__ import annotations

import hashlib
import ipaddress

_RESIDENT_FACTORS = tuple(pow(2, 17 - place, 11) for place in range(17))
_CREDIT_ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"
_CREDIT_FACTORS = tuple(pow(3, place, 31) for place in range(17))
_IBAN_LENGTHS = {
    countries[place : place + 2]: length
    for length, countries in (
        (15, "NO"), (16, "BE"), (18, "DKFOFIGLNLSD"), (19, "MKSI"), (20, "ATBAEEKZLTLUXKMN"), (21, "CHHRLILV"),
        (22, "BGBHCRDEGBGEIEMERSVA"), (23, "AEGIILIQOMTLSO"), (24, "ADCZESMDPKROSASESKTNVGSTDZ"), (25, "PTLY"),
        (26, "ISTR"), (27, "BIDJFRGRITMCMRSM"), (28, "ALAZBYCYDOGTHULBNIPLSV"), (29, "BREGPSQAUA"), (30, "JOKWMUYE"),
        (31, "MTSC"), (32, "LC"), (33, "RU"),
    )
    for place in range(0, len(countries), 2)
}  # fmt: skip
_JCB = ("2131", "1800")
_MAESTRO = ("5018", "5020", "5038", "5893", "6304", "6759", "6761", "6762", "6763")
_BASE58 = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
_VIN_VALUES = {
    **{str(digit): digit for digit in range(10)},
    **dict(zip("ABCDEFGHJKLMNPRSTUVWXYZ", (*range(1, 9), *range(1, 6), 7, 9, *range(2, 10)), strict=True)),
}
_VIN_WEIGHTS = (8, 7, 6, 5, 4, 3, 2, 10, 0, 9, 8, 7, 6, 5, 4, 3, 2)
_ROUTING_FACTORS = (3, 7, 1, 3, 7, 1, 3, 7, 1)


def digits(text: str) -> str:
    """The ASCII digits of ``text``."""
    return "".join(char for char in text if "0" <= char <= "9")


def luhn(text: str) -> bool:
    """Whether the digits of ``text`` pass the Luhn test (ISO/IEC 7812-1, annex B) and are not all the same.

    >>> luhn("4111 1111 1111 1111"), luhn("4111 1111 1111 1112")
    (True, False)
    """
    number = digits(text)
    total = sum(sum(divmod(2 * int(d), 10)) if place % 2 else int(d) for place, d in enumerate(reversed(number)))
    return len(set(number)) > 1 and total % 10 == 0


def card(text: str) -> bool:
    """Whether ``text`` is a payment card's number: length and leading digits of a known network, and the Luhn test."""
    number = digits(text)
    lengths = {"2": (16,), "3": (14, 15, 16), "4": (13, 16, 19), "5": (16,), "6": (16, 17, 18, 19), "1": (15,)}
    known = len(number) in lengths.get(number[:1], ()) or (number[:4] in _JCB and len(number) == 15)
    return (known or (number[:4] in _MAESTRO and 12 <= len(number) <= 19)) and luhn(number)


def iban(text: str) -> int:
    """How many characters at the start of ``text`` are an IBAN; 0 where none are.

    ISO 13616: MOD 97-10 over the rearranged characters, with the length that the country's registry entry gives. A
    spaced number runs into the next word, so the rest of the text is not looked at.

    >>> iban("GB82 WEST 1234 5698 7654 32 now"), iban("GB82 WEST 1234 5698 7654 33")
    (27, 0)
    """
    places = [place for place, char in enumerate(text) if char.isascii() and char.isalnum()]
    compact = "".join(text[place] for place in places).upper()
    length = _IBAN_LENGTHS.get(compact[:2], 0)
    if not length or len(compact) < length:
        return 0
    number = compact[4:length] + compact[:4]
    return places[length - 1] + 1 if int("".join(str(int(char, 36)) for char in number)) % 97 == 1 else 0


def us_ssn(text: str) -> bool:
    """Whether the Social Security Administration may give the number, an ITIN's 9xx area included."""
    number = digits(text)
    return len(number) == 9 and number[:3] not in ("000", "666") and number[3:5] != "00" and number[5:] != "0000"


def routing_number(text: str) -> bool:
    """Whether ``text`` is a US bank's routing number (ABA check digit)."""
    number = digits(text)
    return (
        len(number) == 9
        and number != "0" * 9
        and not sum(f * int(d) for f, d in zip(_ROUTING_FACTORS, number, strict=True)) % 10
    )


def cn_resident_id(text: str) -> bool:
    """Whether ``text`` is a resident identity number of China: GB 11643-1999, ISO 7064 MOD 11-2, a birth date inside.

    >>> cn_resident_id("11010519491231002X"), cn_resident_id("110105194912310021")
    (True, False)
    """
    number = "".join(char for char in text.upper() if char in "0123456789X")
    if len(number) != 18 or not number[:17].isdigit():
        return False
    year, month, day = int(number[6:10]), int(number[10:12]), int(number[12:14])
    total = sum(f * int(d) for f, d in zip(_RESIDENT_FACTORS, number[:17], strict=True))
    return 1800 <= year <= 2199 and 1 <= month <= 12 and 1 <= day <= 31 and "10X98765432"[total % 11] == number[17]


def cn_credit_code(text: str) -> bool:
    """Whether ``text`` is a unified social credit code of China (GB 32100-2015, check character MOD 31).

    >>> cn_credit_code("91350100M000100Y43")
    True
    """
    code = text.upper()
    if len(code) != 18 or any(char not in _CREDIT_ALPHABET for char in code):
        return False
    total = sum(f * _CREDIT_ALPHABET.index(char) for f, char in zip(_CREDIT_FACTORS, code[:17], strict=True))
    return _CREDIT_ALPHABET[-total % 31] == code[17]


def vin(text: str) -> bool:
    """Whether ``text`` is a vehicle identification number (ISO 3779) with its check digit (49 CFR 565.15)."""
    number = text.upper()
    if len(number) != 17 or any(char not in _VIN_VALUES for char in number):
        return False
    total = sum(_VIN_VALUES[char] * weight for char, weight in zip(number, _VIN_WEIGHTS, strict=True)) % 11
    return number[8] == ("X" if total == 10 else str(total))


def uk_nhs(text: str) -> bool:
    """Whether ``text`` is an NHS number: ten digits, the last by MOD 11.

    >>> uk_nhs("943 476 5919")
    True
    """
    number = digits(text)
    if len(number) != 10:
        return False
    check = -sum(int(d) * (10 - place) for place, d in enumerate(number[:9])) % 11
    return check != 10 and check == int(number[9])


def wallet(text: str) -> bool:
    """Whether ``text`` is a wallet's address: Base58Check, or by shape for the bech32 and hexadecimal forms."""
    if text.startswith(("0x", "bc1")):
        return True
    number = 0
    for char in text:
        if char not in _BASE58:
            return False
        number = number * 58 + _BASE58.index(char)
    raw = number.to_bytes(25, "big") if number < 1 << 200 else b""
    return bool(raw) and hashlib.sha256(hashlib.sha256(raw[:21]).digest()).digest()[:4] == raw[21:]


def ip_address(text: str) -> bool:
    """Whether ``text`` is an IPv4 or IPv6 address that can belong to somebody."""
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return False
    return not (address.is_unspecified or address.is_loopback)


def phone(text: str) -> bool:
    """Whether ``text`` has as many digits as a telephone number (ITU-T E.164: 7 to 15), not all the same."""
    number = digits(text)
    return (11 if text.startswith("00") else 7) <= len(number) <= 15 and len(set(number)) > 1
