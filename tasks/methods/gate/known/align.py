"""What a masker that gives no places hid, told from a text before and after it."""

from __future__ import annotations

import re
from collections.abc import Collection
from difflib import SequenceMatcher

ALIASES = {
    "ADDR": "ADDRESS",
    "DATE_TIME": "DATE",
    "DOB": "DATE_OF_BIRTH",
    "DRIVER_LICENSE": "DRIVERS_LICENSE",
    "EMAIL": "EMAIL_ADDRESS",
    "FIRST_NAME": "PERSON",
    "FULL_NAME": "PERSON",
    "GPE": "LOCATION",
    "IBAN": "IBAN_CODE",
    "IP": "IP_ADDRESS",
    "LAST_NAME": "PERSON",
    "LOC": "LOCATION",
    "MRN": "MEDICAL_RECORD_NUMBER",
    "NAME": "PERSON",
    "ORG": "ORGANIZATION",
    "PATIENT": "PERSON",
    "PER": "PERSON",
    "PHONE": "PHONE_NUMBER",
    "SSN": "US_SSN",
    "STREET_ADDRESS": "ADDRESS",
    "SURNAME": "PERSON",
    "US_BANK_NUMBER": "ACCOUNT_NUMBER",
    "US_DRIVER_LICENSE": "DRIVERS_LICENSE",
    "US_PASSPORT": "PASSPORT",
    "ZIP": "ZIP_CODE",
    "ZIPCODE": "ZIP_CODE",
}
"""What other maskers call our kinds."""

_MARK = re.compile(r"[<\[{]{1,2} ?(?P<kind>[A-Za-z][A-Za-z_]{1,39})[^<>\[\]{}\n]{0,64}[>\]}]{1,2}|\*{2,}|\u2588+|X{4,}")
_TOKEN = re.compile(r"\w+|[^\w\s]")
_LONGEST = 20_000
"""Tokens up to which texts that don't fit piece by piece are compared: that time can grow with their square."""


def masked_away(raw: str, masked: str, kinds: Collection[str] = ()) -> list[tuple[int, int, str]]:
    """Where the values stood in ``raw`` that ``masked`` no longer shows.

    The text between marks such as ``<PERSON>`` is looked for in its order; what lies between its pieces was hidden
    there. Where that doesn't fit, or there is no mark, the two texts are compared word by word.

    Args:
        raw: the text before masking.
        masked: the text after it.
        kinds: kinds that a mark's name may mean, as it stands or by :data:`ALIASES`.

    Returns:
        start, end and kind of each; the kind is empty where no mark names one of ``kinds``.

    >>> masked_away("Ask Ana Ruiz, 34.", "Ask <PERSON>, <AGE>.", ["PERSON"])
    [(4, 12, 'PERSON'), (14, 16, '')]
    """
    if raw == masked:
        return []
    marks = list(_MARK.finditer(masked))
    found = _between(raw, masked, marks, kinds) if marks else None
    return _compared(raw, masked, kinds) if found is None else found


def _between(
    raw: str, masked: str, marks: list[re.Match[str]], kinds: Collection[str]
) -> list[tuple[int, int, str]] | None:
    """The stretches between the literal pieces, each piece at its first place; ``None`` where they don't fit."""
    edges = [0, *(edge for mark in marks for edge in mark.span()), len(masked)]
    pieces = [masked[edges[n] : edges[n + 1]] for n in range(0, len(edges), 2)]
    if not raw.startswith(pieces[0]) or not raw.endswith(pieces[-1]):
        return None
    found, start, end = [], len(pieces[0]), len(raw) - len(pieces[-1])
    kind = _kind(marks[0], kinds)
    for mark, piece in zip(marks[1:], pieces[1:-1], strict=True):
        if not piece:  # two marks in a row: nobody knows where one value ends
            kind = kind if kind == _kind(mark, kinds) else ""
            continue
        place = raw.find(piece, start, end)
        if place < 0:
            return None
        found.append((start, place, kind))
        start, kind = place + len(piece), _kind(mark, kinds)
    if start > end:
        return None
    return [(a, b, kind) for a, b, kind in [*found, (start, end, kind)] if raw[a:b].strip()]


def _compared(raw: str, masked: str, kinds: Collection[str]) -> list[tuple[int, int, str]]:
    before, after = list(_TOKEN.finditer(raw)), list(_TOKEN.finditer(masked))
    if len(before) + len(after) > _LONGEST:
        return []
    matcher = SequenceMatcher(None, [token.group() for token in before], [token.group() for token in after])
    found = []
    for what, a, b, c, d in matcher.get_opcodes():
        if what in ("replace", "delete"):
            mark = (
                _MARK.search(masked[after[max(c - 1, 0)].start() : after[min(d, len(after) - 1)].end()])
                if after
                else None
            )
            found.append((before[a].start(), before[b - 1].end(), _kind(mark, kinds) if mark else ""))
    return found


def _kind(mark: re.Match[str], kinds: Collection[str]) -> str:
    name = (mark.group("kind") or "").upper().strip("_")
    return next((kind for kind in (name, ALIASES.get(name, "")) if kind in kinds), "")
