"""Generalising a value: a date to its year, an age to a band."""

from __future__ import annotations

import datetime
import re

_YEAR = re.compile(r"(?<!\d)(?:1[89]|20)\d\d(?!\d)")


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
