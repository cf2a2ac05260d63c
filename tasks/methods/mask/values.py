"""Generalising a value: a date to its year, an age to a band, a ZIP code to a region, a number to its end."""

from __future__ import annotations

import datetime
import re

_YEAR = re.compile(r"(?<!\d)(?:1[89]|20)\d\d(?!\d)")
_ZIP = re.compile(r"(?<![\w-])(\d{5})(?:-?\d{4})?(?![\w-])")

RESTRICTED_ZIP3 = frozenset(
    "036 059 063 102 203 556 692 790 821 823 830 831 878 879 884 890 893".split()  # noqa: SIM905
)
"""Three-digit ZIP areas of 20,000 people or fewer by the Census of 2000 (45 CFR 164.514(b)(2)(i)(B); the list is in
OCR's "Guidance Regarding Methods for De-identification", 2012, section 3)."""


def year_in(text: str) -> int | None:
    """The year a written date names in full, or ``None``.

    >>> year_in("March 3rd, 2021"), year_in("3/4/21")
    (2021, None)
    """
    match = _YEAR.search(text)
    return int(match.group()) if match else None


def year_of(value: datetime.date | str) -> int | None:
    """The year of a cell: of a date, or of a written one."""
    return value.year if isinstance(value, datetime.date) else year_in(str(value))


def age_band(age: float) -> str:
    """Ten years, and everything from 90 on in one band (45 CFR 164.514(b)(2)(i)(C)).

    >>> age_band(34), age_band(90), age_band(104)
    ('30-39', '90+', '90+')
    """
    if age >= 90:
        return "90+"
    low = max(int(age), 0) // 10 * 10
    return f"{low}-{low + 9}"


def age_band_in(text: str) -> str | None:
    """The band of a written age in years; ``None`` for what is no plain age.

    >>> age_band_in("47 years"), age_band_in("6 months"), age_band_in("ninety")
    ('40-49', None, None)
    """
    figures = "".join(c for c in text if c.isdecimal())
    plain = 1 <= len(figures) <= 3 and not any(word in text.lower() for word in ("mo", "week", "wk"))
    return age_band(int(figures)) if plain else None


def zip3(text: str) -> str | None:
    """The first three digits of a ZIP code, 000 for an area of few people; ``None`` for what is no ZIP code.

    >>> zip3("02139-4307"), zip3("MA 02139"), zip3("05901"), zip3("SW1A 2AA")
    ('021**', '021**', '000**', None)
    """
    found = _ZIP.findall(text)
    if len(found) != 1:
        return None
    area = found[0][:3]
    return ("000" if area in RESTRICTED_ZIP3 else area) + "**"


def ending(text: str, keep: int) -> str:
    """``****`` and the last characters of a value: letters and digits alone, as many as asked for.

    The stars are always four, so that the length doesn't show. A value too short to have more hidden than shown
    becomes stars alone.

    >>> ending("4111 1111 1111 1111", 4), ending("AB-1234", 4), ending("12345", 2)
    ('****1111', '****', '****45')
    """
    letters = [c for c in text if c.isalnum()]
    return "****" + ("".join(letters[-keep:]) if len(letters) > 2 * keep else "")
