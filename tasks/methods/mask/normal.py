"""One form for values that are written differently, so that equal values get equal hashes in text and in tables."""

from __future__ import annotations

import unicodedata

from tasks.methods.detect.view import view
from tasks.methods.mask.dates import iso_date
from tasks.methods.mask.names import POSSESSIVE, parse

_DATES = frozenset({"DATE", "DATE_OF_BIRTH"})
_WORDS = frozenset({"ADDRESS", "LOCATION", "ORGANIZATION", "NRP", "TITLE", "AGE", "AMOUNT", "SECRET", "CRYPTO", "URL"})
_AS_WRITTEN = frozenset({"SECRET", "CRYPTO"})
"""Kinds in which case is part of the value."""


def normalise(kind: str, value: str, day_first: bool = False) -> str:
    """The form of a value that is hashed.

    A person's name: see :class:`tasks.methods.mask.names.Name`. A date that names its day, month and year: ISO 8601.
    A telephone number: its digits, without the 1 before a North American one. An e-mail address, link or user name:
    without case. A number or code: letters and digits alone. Everything else: case and spacing don't count.

    >>> normalise("PHONE_NUMBER", "(217) 555-0142") == normalise("PHONE_NUMBER", "+1 217.555.0142")
    True
    >>> normalise("DATE", "March 3rd, 2021"), normalise("US_SSN", "219-09-9999"), normalise("ZIP_CODE", "2139")
    ('2021-03-03', '219099999', '02139')
    """
    value = view(value).text
    text = unicodedata.normalize("NFKC", value).strip()
    if kind == "PERSON":
        name = parse(value)
        return name.key if name else text.casefold()
    if kind in _DATES and (date := iso_date(text, day_first)) is not None:
        return date
    digits = "".join(c for c in text if c.isdecimal())
    if kind == "PHONE_NUMBER" and len(digits) >= 7:
        return digits[1:] if len(digits) == 11 and digits[0] == "1" else digits
    if kind == "ZIP_CODE" and text == digits and 3 <= len(digits) <= 5:
        return digits.zfill(5)
    if kind in _AS_WRITTEN:
        return text
    if kind in ("EMAIL_ADDRESS", "USERNAME"):
        return "".join(text.casefold().split()).lstrip("@")
    if digits and kind not in _WORDS and (letters := "".join(c for c in text if c.isalnum())):
        return letters.casefold()
    return " ".join(POSSESSIVE.sub("", text).casefold().split())
