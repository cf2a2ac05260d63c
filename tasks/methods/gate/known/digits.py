"""Numbers read by their digits alone, however they are set off."""

from __future__ import annotations

import re
from collections.abc import Iterator

LEAST = 7
"""Digits from which a number is looked for by its digits alone: shorter ones meet by chance."""

MOST = 24
"""Digits of the longest number looked for; no identifier has more."""

_BESIDE = 6
"""Characters that may stand beside a number's digits: a country's letters, an extension."""

_RUN = re.compile(r"[0-9]+(?: [0-9]+)*")
_GROUP = re.compile(r"[0-9]+")


def windows(text: str) -> Iterator[tuple[str, int, int]]:
    """Every number of :data:`LEAST` to :data:`MOST` digits in a folded text: its digits, start and end.

    Neighbouring groups of digits are read together, from the start of one to the end of another.

    >>> list(windows(" ssn 219 09 9999 "))
    [('219099999', 5, 16)]
    """
    for run in _RUN.finditer(text):
        if run.end() - run.start() < LEAST:
            continue
        groups = [match.span() for match in _GROUP.finditer(text, run.start(), run.end())]
        for first, (start, _) in enumerate(groups):
            number = ""
            for left, right in groups[first:]:
                number += text[left:right]
                if len(number) > MOST:
                    break
                if len(number) >= LEAST:
                    yield number, start, right


def number_of(form: str) -> str:
    """The digits of a folded value where it is a number: enough of them in a row, and hardly anything else. Else empty.

    >>> number_of("1 217 555 0142 ext 12"), number_of("apartment 12 of house 3456789")
    ('12175550142', '')
    """
    number = max((number for number, _, _ in windows(f" {form} ")), key=len, default="")
    return number if len(form) - form.count(" ") - len(number) <= _BESIDE else ""
